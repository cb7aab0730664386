#include "backup/expectation.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/hex.h"
#include "crypto/sha256.h"

namespace immudb::backup {
namespace {

Result<ExpectedState> ParseOne(std::string_view text) {
  const Error none = Fail(
      Code::kInvalidArgument,
      "\"{}\" is none of ROOT, ROOT@SIZE, NAME=ROOT and NAME=ROOT@SIZE, with 64 hexadecimal digits",
      text);
  ExpectedState expected;
  if (const std::size_t equals = text.find('='); equals != std::string_view::npos) {
    expected.database = text.substr(0, equals);
    if (expected.database.empty()) return none;
    text.remove_prefix(equals + 1);
  }
  const std::size_t at = text.find('@');
  const Result<Bytes> root = FromHex(text.substr(0, at));
  if (!root || root->size() != expected.root.size()) return none;
  std::copy(root->begin(), root->end(), expected.root.begin());
  if (at == std::string_view::npos) return expected;
  const std::string_view number = text.substr(at + 1);
  const char* const end = number.data() + number.size();
  TreeSize size{};
  const auto [stop, fault] = std::from_chars(number.data(), end, size.value);
  if (fault != std::errc() || stop != end || size.value == 0) return none;
  expected.size = size;
  return expected;
}

bool IsEqual(BytesView a, BytesView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

Result<std::vector<ExpectedState>> ParseExpectedStates(std::string_view text) {
  std::vector<ExpectedState> states;
  if (text.empty()) return states;
  for (;;) {
    const std::size_t comma = text.find(',');
    IMMUDB_ASSIGN(ExpectedState state, ParseOne(text.substr(0, comma)));
    states.push_back(std::move(state));
    if (comma == std::string_view::npos) return states;
    text.remove_prefix(comma + 1);
  }
}

Status CheckSigned(const ledger::SnapshotManifest& manifest, BytesView pinned_key) {
  const std::string& origin = manifest.meta.origin;
  if (manifest.signature.empty()) {
    return Fail(Code::kTampered, "the snapshot of {} is not signed", origin);
  }
  const Digest fingerprint = crypto::Sha256(manifest.public_key);
  if (!IsEqual(pinned_key, manifest.public_key) && !IsEqual(pinned_key, fingerprint)) {
    return Fail(Code::kTampered, "the snapshot of {} is signed with another key", origin);
  }
  if (!ledger::HasSoundSignature(manifest)) {
    return Fail(Code::kTampered, "the signature of the snapshot of {} is wrong", origin);
  }
  return {};
}

}  // namespace immudb::backup
