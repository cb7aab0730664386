#include "server/verification.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/hex.h"
#include "catalog/data_directory.h"
#include "catalog/names.h"
#include "catalog/signed_root.h"
#include "catalog/stored_databases.h"
#include "io/read_only_file_system.h"
#include "ledger/inspection.h"

namespace immudb::server {
namespace {

using catalog::StoredDatabase;

// Goes as fast as it can.
class SilentObserver : public InspectionObserver {
 public:
  Status AfterRead(std::uint64_t /*bytes*/) override { return {}; }
  void AfterEntries(std::uint64_t /*count*/) override {}
};

void AddFinding(InspectionReport& report, InspectedPart part, std::string text) {
  ++report.finding_count;
  report.findings.insert(report.findings.begin(), {part, std::move(text), std::nullopt});
}

bool IsExpectedOf(const catalog::ExpectedRoot& expected, const std::string& database,
                  bool is_only) {
  return expected.database.empty() ? is_only : expected.database == database;
}

// Where one database is looked at, or there is one beside the audit trail only, a root that names
// none is meant for it.
Result<std::vector<StoredDatabase>> Choose(std::vector<StoredDatabase> all,
                                           const VerificationRequest& request) {
  std::vector<StoredDatabase> chosen;
  for (StoredDatabase& database : all) {
    if (request.database.empty() || database.name == request.database) {
      chosen.push_back(std::move(database));
    }
  }
  if (chosen.empty()) {
    return Fail(Code::kNotFound, "there is no database {} in {}", request.database,
                request.directory);
  }
  return chosen;
}

bool IsOnly(const std::vector<StoredDatabase>& chosen, const std::string& name) {
  const auto is_other = [&name](const StoredDatabase& database) {
    return database.name != name && database.name != catalog::kSystemDatabase;
  };
  return std::none_of(chosen.begin(), chosen.end(), is_other) &&
         (name != catalog::kSystemDatabase || chosen.size() == 1);
}

Status CheckExpected(const std::vector<StoredDatabase>& chosen,
                     const std::vector<catalog::ExpectedRoot>& expected) {
  for (const catalog::ExpectedRoot& root : expected) {
    const bool has_place =
        std::any_of(chosen.begin(), chosen.end(), [&](const StoredDatabase& database) {
          return IsExpectedOf(root, database.name, IsOnly(chosen, database.name));
        });
    if (has_place) continue;
    if (root.database.empty()) {
      return Fail(Code::kInvalidArgument,
                  "flag --expect: there are several databases; write NAME=ROOT@SIZE");
    }
    return Fail(Code::kInvalidArgument, "flag --expect: database {} is not looked at",
                root.database);
  }
  return {};
}

Result<VerifiedDatabase> VerifyDatabase(const VerificationContext& context,
                                        const StoredDatabase& database,
                                        std::vector<RecordedRoot> recorded) {
  VerifiedDatabase verified{.name = database.name, .report = {}};
  const std::int64_t start_ns = context.clock.MonotonicNs();
  const Result<std::optional<TreeHead>> signed_root =
      catalog::ReadSignedRoot(context.files, database.path);
  const bool is_fault = !signed_root && (signed_root.error().code == Code::kCorrupted ||
                                         signed_root.error().code == Code::kLimitExceeded);
  if (!signed_root && !is_fault) return signed_root.error();
  if (signed_root && *signed_root) recorded.push_back({**signed_root, "the root signed last"});
  SilentObserver observer;
  IMMUDB_ASSIGN(verified.report,
                ledger::InspectLedger({context.files, context.random, observer}, database.path,
                                      {.recorded = std::move(recorded)}));
  if (is_fault) AddFinding(verified.report, InspectedPart::kRoot, signed_root.error().message);
  const std::string& origin = verified.report.origin;
  if (!origin.empty() && !origin.ends_with("/" + database.name)) {
    AddFinding(verified.report, InspectedPart::kMeta,
               Text("{} holds the ledger {}, and not that of database {}", database.path, origin,
                    database.name));
  }
  verified.duration_ns = context.clock.MonotonicNs() - start_ns;
  return verified;
}

}  // namespace

bool Verification::is_whole() const {
  return fault.empty() &&
         std::all_of(databases.begin(), databases.end(),
                     [](const VerifiedDatabase& database) { return database.report.is_whole(); });
}

Result<Verification> Verify(const VerificationContext& context,
                            const VerificationRequest& request) {
  // Nothing below can change a byte, whatever it does.
  io::ReadOnlyFileSystem files(context.files);
  const VerificationContext read_only{files, context.random, context.clock};
  IMMUDB_ASSIGN(const std::unique_ptr<catalog::DataDirectory> directory,
                catalog::DataDirectory::TakeToRead(files, request.directory));
  Verification verification{.directory = request.directory, .fault = {}, .databases = {}};
  Result<std::vector<StoredDatabase>> all = catalog::ListStoredDatabases(*directory);
  if (!all) {
    if (all.error().code != Code::kCorrupted) return std::move(all).error();
    verification.fault = all.error().message;
    return verification;
  }
  IMMUDB_ASSIGN(const std::vector<StoredDatabase> chosen, Choose(*std::move(all), request));
  IMMUDB_TRY(CheckExpected(chosen, request.expected));
  for (const StoredDatabase& database : chosen) {
    std::vector<RecordedRoot> recorded;
    for (const catalog::ExpectedRoot& root : request.expected) {
      const bool is_meant = IsExpectedOf(root, database.name, IsOnly(chosen, database.name));
      if (is_meant)
        recorded.push_back({{.size = root.size.value(), .root = root.root}, "--expect"});
    }
    IMMUDB_ASSIGN(VerifiedDatabase verified,
                  VerifyDatabase(read_only, database, std::move(recorded)));
    verification.databases.push_back(std::move(verified));
  }
  return verification;
}

}  // namespace immudb::server
