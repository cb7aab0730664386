// The roots that somebody has kept elsewhere and names with `--expect`.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::catalog {

struct ExpectedRoot {
  std::string database;  // Empty: none was named.
  Digest root{};
  std::optional<TreeSize> size;  // Nothing: none was named.
};

enum class Sizes : std::uint8_t { kRequired, kOptional };

// Reads `ROOT@SIZE` or `NAME=ROOT@SIZE`, where sizes are optional also `ROOT` or `NAME=ROOT`;
// several are separated by commas: ROOT is 64 hexadecimal digits, SIZE a number of entries from 1
// on. An empty text expects nothing.
// Errors: kInvalidArgument, naming the part that is none.
Result<std::vector<ExpectedRoot>> ParseExpectedRoots(std::string_view text, Sizes sizes);

}  // namespace immudb::catalog
