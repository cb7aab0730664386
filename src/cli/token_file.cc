#include "cli/token_file.h"

#include <array>

#include "base/encoding.h"
#include "base/error.h"

namespace immudb::cli {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kFileBytesMax = 64u << 10;

}  // namespace

Bytes EncodeTokenFile(const Session& session) {
  Bytes bytes(kLengthBytes);
  PutBigU64(bytes.data(), session.database.size());
  bytes.insert(bytes.end(), session.database.begin(), session.database.end());
  bytes.insert(bytes.end(), session.token.begin(), session.token.end());
  return bytes;
}

Result<Session> DecodeTokenFile(BytesView bytes) {
  if (bytes.size() <= kLengthBytes) return Fail(Code::kCorrupted, "the token file is too short");
  const std::uint64_t length = GetBigU64(bytes.data());
  const BytesView rest = bytes.subspan(kLengthBytes);
  if (length >= rest.size()) return Fail(Code::kCorrupted, "the token file holds no token");
  const BytesView name = rest.first(static_cast<std::size_t>(length));
  const BytesView token = rest.subspan(static_cast<std::size_t>(length));
  return Session{{token.begin(), token.end()}, {name.begin(), name.end()}};
}

std::string TokenPath(std::string_view name, const process::Environment& environment) {
  if (name.find('/') != std::string_view::npos) return std::string(name);
  return io::JoinPath(environment("HOME").value_or("."), name);
}

Result<std::optional<Session>> ReadTokenFile(io::FileSystem& files, const std::string& path) {
  const Result<Bytes> bytes = io::ReadFile(files, path, kFileBytesMax);
  if (!bytes) {
    const Code code = bytes.error().code;
    if (code == Code::kNotFound || code == Code::kLimitExceeded) return std::optional<Session>();
    return bytes.error();
  }
  Result<Session> session = DecodeTokenFile(*bytes);
  if (!session) return std::optional<Session>();
  return std::optional<Session>(*std::move(session));
}

}  // namespace immudb::cli
