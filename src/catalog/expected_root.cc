#include "catalog/expected_root.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/hex.h"

namespace immudb::catalog {
namespace {

Result<ExpectedRoot> ParseOne(std::string_view text, Sizes sizes) {
  const std::string_view forms = sizes == Sizes::kRequired
                                     ? "not ROOT@SIZE or NAME=ROOT@SIZE"
                                     : "none of ROOT, ROOT@SIZE, NAME=ROOT and NAME=ROOT@SIZE";
  const Error none =
      Fail(Code::kInvalidArgument, "\"{}\" is {}, with 64 hexadecimal digits", text, forms);
  ExpectedRoot expected;
  if (const std::size_t equals = text.find('='); equals != std::string_view::npos) {
    expected.database = text.substr(0, equals);
    if (expected.database.empty()) return none;
    text.remove_prefix(equals + 1);
  }
  const std::size_t at = text.find('@');
  const Result<Bytes> root = FromHex(text.substr(0, at));
  if (!root || root->size() != expected.root.size()) return none;
  std::copy(root->begin(), root->end(), expected.root.begin());
  if (at == std::string_view::npos) {
    if (sizes == Sizes::kRequired) return none;
    return expected;
  }
  const std::string_view number = text.substr(at + 1);
  const char* const end = number.data() + number.size();
  TreeSize size{};
  const auto [stop, fault] = std::from_chars(number.data(), end, size.value);
  if (fault != std::errc() || stop != end || size.value == 0) return none;
  expected.size = size;
  return expected;
}

}  // namespace

Result<std::vector<ExpectedRoot>> ParseExpectedRoots(std::string_view text, Sizes sizes) {
  std::vector<ExpectedRoot> roots;
  if (text.empty()) return roots;
  for (;;) {
    const std::size_t comma = text.find(',');
    IMMUDB_ASSIGN(ExpectedRoot root, ParseOne(text.substr(0, comma), sizes));
    roots.push_back(std::move(root));
    if (comma == std::string_view::npos) return roots;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace immudb::catalog
