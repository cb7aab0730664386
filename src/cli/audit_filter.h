// Which events of the audit trail are asked for, and how they are shown.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "cli/printer.h"
#include "immudb/client_types.h"
#include "immudb/result.h"

namespace immudb::cli {

struct AuditFilter {
  std::int64_t since_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_us = std::numeric_limits<std::int64_t>::max();
  std::string user = {};  // Empty: all; so with the others.
  std::string event = {};
  std::string database = {};
};

// Reads a time: a date, a date with a time (UTC), or how long ago, before `now_us`: 90s, 30m, 12h,
// 7d. Errors: kInvalidArgument, naming the text.
Result<std::int64_t> ParseMoment(std::string_view text, std::int64_t now_us);

// The line of an entry if the filter lets it pass. An entry that is no event of a known form passes
// a filter that asks for nothing. As JSON: the event with its index.
std::optional<std::string> AuditLine(const AuditEntry& entry, const AuditFilter& filter,
                                     const Style& style);

}  // namespace immudb::cli
