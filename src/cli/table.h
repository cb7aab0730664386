// Lists with numbered rows, for people.
//
// Source: the layout of immudb 0.8.1: a caption, a header between lines of dashes, cells on the
// left, two blanks behind each, the last one of a line too.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace immudb::cli {

// How long the dashes of a column are.
enum class Dashes : bool { kAsTheHeader, kAsTheColumn };

struct Table {
  std::string caption = {};
  std::vector<std::string_view> header = {};
  std::vector<std::vector<std::string>> rows = {};  // Each as long as the header.
  Dashes dashes = Dashes::kAsTheHeader;
};

// Returns the lines of the table; of one without rows, nothing.
std::string TableText(const Table& table);

}  // namespace immudb::cli
