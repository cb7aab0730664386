// Verifying a data directory that no server serves: what `immudb verify` does, without its command
// line.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/expected_root.h"
#include "crypto/random.h"
#include "immudb/inspection.h"
#include "immudb/result.h"
#include "io/file_system.h"

namespace immudb::server {

struct VerificationRequest {
  std::string directory;
  std::string database;  // Empty: all.
  // Each with a size; one without a name is for the only database looked at.
  std::vector<catalog::ExpectedRoot> expected;
};

struct VerifiedDatabase {
  std::string name;
  InspectionReport report;
  std::int64_t duration_ns = 0;
};

struct Verification {
  std::string directory;
  // What is wrong with the directory itself, so that its databases cannot be told; else empty.
  std::string fault;
  std::vector<VerifiedDatabase> databases;

  bool is_whole() const;
};

// What a verification works with; all of it must outlive the call.
struct VerificationContext {
  io::FileSystem& files;
  crypto::RandomSource& random;
  const Clock& clock;
};

// Looks at each database of the directory, of which no byte is changed and which no server may
// serve meanwhile. What is wrong is a finding and no error.
// Errors: kInvalidArgument (a root is expected of a database that is not looked at, or of none in
// particular of several); kNotFound (no data directory, no such database); kUnavailable (a server
// has it); as ledger::InspectLedger.
Result<Verification> Verify(const VerificationContext& context, const VerificationRequest& request);

// What was found, for people: a few lines for each database.
std::string VerificationText(const Verification& verification);

// The same as one JSON object, on one line.
std::string VerificationJson(const Verification& verification);

}  // namespace immudb::server
