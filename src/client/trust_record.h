// What is kept of one database of one server between calls, and its form in a file:
// docs/formats/client_state.md. Pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::client {

// Whose state it is: the identity of the server as configured, never as the server says.
struct TrustSubject {
  std::string server;
  std::string database;
  bool operator==(const TrustSubject&) const = default;
};

// Why the first state was believed.
enum class TrustOrigin : std::uint8_t { kFirstUse, kGiven, kSigned };

struct TrustRecord {
  TrustSubject subject;
  TreeHead head;
  TrustOrigin origin = TrustOrigin::kFirstUse;
  std::int64_t since_unix_s = 0;
  bool operator==(const TrustRecord&) const = default;
};

// The file's name without its directory and ending.
std::string TrustFileName(const TrustSubject& subject);

// Requires: record.head.size > 0.
std::string EncodeTrustRecord(const TrustRecord& record);

// Errors: kUnsupported for another version of the format; kCorrupted for everything that
// EncodeTrustRecord would not have written for this subject.
Result<TrustRecord> DecodeTrustRecord(std::string_view text, const TrustSubject& subject);

}  // namespace immudb::client
