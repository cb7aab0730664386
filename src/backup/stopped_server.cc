#include "backup/stopped_server.h"

#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/hex.h"
#include "catalog/catalog.h"
#include "crypto/random.h"
#include "immudb/engine.h"
#include "io/exchange.h"
#include "io/posix_file_system.h"

namespace immudb::backup {
namespace {

constexpr std::size_t kChunkBytes = 1u << 20;

}  // namespace

struct StoppedServer::Parts {
  io::PosixFileSystem files;
  crypto::SystemRandom random;
  SystemClock clock;
  std::string reader;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<catalog::Catalog> catalog;

  Status Copy(const std::string& database, const Sink& take);
};

Result<std::unique_ptr<StoppedServer>> StoppedServer::Open(const std::string& directory,
                                                           std::string reader) {
  auto parts = std::make_unique<Parts>();
  parts->reader = std::move(reader);
  // A folder that is not there is not made.
  if (const auto ours = catalog::DataDirectory::TakeToRead(parts->files, directory); !ours) {
    return ours.error();
  }
  IMMUDB_ASSIGN(parts->engine, Engine::Create({}));
  IMMUDB_ASSIGN(parts->catalog, catalog::Catalog::Open({.files = parts->files,
                                                        .engine = *parts->engine,
                                                        .random = parts->random,
                                                        .clock = parts->clock},
                                                       directory));
  return std::unique_ptr<StoppedServer>(new StoppedServer(std::move(parts)));
}

StoppedServer::StoppedServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

StoppedServer::~StoppedServer() = default;

Supply StoppedServer::supply() {
  Supply supply{.databases = parts_->catalog->DatabaseNames(), .copy = {}};
  supply.databases.emplace_back(catalog::kSystemDatabase);
  supply.copy = [this](const std::string& database, const Sink& take) {
    return parts_->Copy(database, take);
  };
  return supply;
}

// As a server does it: recorded before the first byte is read.
Status StoppedServer::Parts::Copy(const std::string& database, const Sink& take) {
  catalog::LedgerHandle handle;
  if (database != catalog::kSystemDatabase) {
    IMMUDB_ASSIGN(handle, catalog->OpenDatabase(database));
  }
  const Ledger& ledger = handle == nullptr ? catalog->audit_ledger() : *handle;
  IMMUDB_ASSIGN(const TreeHead head, ledger.Head());
  IMMUDB_ASSIGN(const auto source, catalog->OpenSnapshot(database, head));
  IMMUDB_TRY(
      catalog->audit().AppendAndWait({.kind = catalog::EventKind::kSnapshotTaken,
                                      .actor = "",
                                      .subject = "",
                                      .address = "",
                                      .reason = "",
                                      .database = database,
                                      .detail = Text("{}@{}, of a stopped server, by {}",
                                                     ToHex(head.root), head.size.value, reader)}));
  for (;;) {
    IMMUDB_ASSIGN(const Bytes bytes, source->Read(kChunkBytes));
    if (bytes.empty()) return {};
    IMMUDB_TRY(take(bytes));
  }
}

Result<RestoredBackup> RestoreOnThisMachine(const RestorationRequest& request,
                                            ArchiveReader& archive) {
  io::PosixFileSystem files;
  crypto::SystemRandom random;
  const SystemClock clock;
  IMMUDB_ASSIGN(const std::unique_ptr<Engine> engine, Engine::Create({}));
  return RestoreBackup({.files = files,
                        .random = random,
                        .clock = clock,
                        .engine = *engine,
                        .exchange = io::ExchangePaths},
                       request, archive);
}

}  // namespace immudb::backup
