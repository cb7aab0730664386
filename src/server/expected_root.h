// The roots that `immudb verify --expect` names.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::server {

struct ExpectedRoot {
  std::string database;  // Empty: none was named.
  TreeHead head;
};

// Reads `ROOT@SIZE` or `NAME=ROOT@SIZE`, several separated by commas: ROOT is 64 hexadecimal
// digits, SIZE a number of entries from 1 on. An empty text expects nothing.
// Errors: kInvalidArgument, naming the part that is none.
Result<std::vector<ExpectedRoot>> ParseExpectedRoots(std::string_view text);

}  // namespace immudb::server
