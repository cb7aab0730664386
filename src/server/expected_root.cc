#include "server/expected_root.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/hex.h"

namespace immudb::server {
namespace {

Result<ExpectedRoot> ParseOne(std::string_view text) {
  const Error none = Fail(Code::kInvalidArgument,
                          "flag --expect: \"{}\" is not ROOT@SIZE or NAME=ROOT@SIZE", text);
  ExpectedRoot expected;
  if (const std::size_t equals = text.find('='); equals != std::string_view::npos) {
    expected.database = text.substr(0, equals);
    if (expected.database.empty()) return none;
    text.remove_prefix(equals + 1);
  }
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return none;
  const Result<Bytes> root = FromHex(text.substr(0, at));
  if (!root || root->size() != expected.head.root.size()) return none;
  std::copy(root->begin(), root->end(), expected.head.root.begin());
  const std::string_view size = text.substr(at + 1);
  const char* const end = size.data() + size.size();
  const auto parsed = std::from_chars(size.data(), end, expected.head.size.value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || expected.head.size.value == 0) return none;
  return expected;
}

}  // namespace

Result<std::vector<ExpectedRoot>> ParseExpectedRoots(std::string_view text) {
  std::vector<ExpectedRoot> roots;
  if (text.empty()) return roots;
  for (;;) {
    const std::size_t comma = text.find(',');
    IMMUDB_ASSIGN(ExpectedRoot root, ParseOne(text.substr(0, comma)));
    roots.push_back(std::move(root));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return roots;
}

}  // namespace immudb::server
