#include "auth/users_file.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/file_frame.h"

namespace immudb::auth {
namespace {

constexpr FileFrame kFrame{.name = "the users file", .magic = "IMMUUSRS", .version = 1};
constexpr std::size_t kOwnHeaderBytes = 8;  // The count of users, and four bytes of zero.
constexpr std::uint8_t kFlagActive = 1;

template <typename T>
void Append(Bytes& out, T value) {
  std::array<std::uint8_t, sizeof(T)> bytes{};
  PutLittle(bytes.data(), value);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void AppendText(Bytes& out, std::string_view text) {
  IMMUDB_CHECK(text.size() <= std::numeric_limits<std::uint16_t>::max());
  Append(out, static_cast<std::uint16_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
}

void AppendUser(Bytes& out, const User& user) {
  AppendText(out, user.name);
  Append<std::uint8_t>(out, user.active ? kFlagActive : 0);
  Append(out, user.version);
  Append(out, user.created_at_us);
  AppendText(out, user.created_by);
  AppendText(out, user.verifier);
  IMMUDB_CHECK(user.grants.size() <= std::numeric_limits<std::uint16_t>::max());
  Append(out, static_cast<std::uint16_t>(user.grants.size()));
  for (const Grant& grant : user.grants) {
    AppendText(out, grant.database);
    Append(out, grant.code);
  }
}

Error Damaged(std::string_view what) {
  return Fail(Code::kCorrupted, "the users file is damaged: {}", what);
}

// Takes values from the front of a byte sequence that is no longer trusted to hold them.
class Cursor {
 public:
  explicit Cursor(BytesView rest) : rest_(rest) {}

  bool done() const { return rest_.empty(); }

  template <typename T>
  Result<T> Number() {
    if (rest_.size() < sizeof(T)) return Damaged("a record is cut off");
    const T value = GetLittle<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }

  Result<std::string> String() {
    IMMUDB_ASSIGN(const std::uint16_t length, Number<std::uint16_t>());
    if (rest_.size() < length) return Damaged("a text is cut off");
    std::string text(rest_.begin(), rest_.begin() + length);
    rest_ = rest_.subspan(length);
    return text;
  }

 private:
  BytesView rest_;
};

Result<User> ReadUser(Cursor& cursor) {
  User user;
  IMMUDB_ASSIGN(user.name, cursor.String());
  IMMUDB_ASSIGN(const auto flags, cursor.Number<std::uint8_t>());
  if (flags > kFlagActive) return Damaged("a user has unknown flags");
  user.active = flags == kFlagActive;
  IMMUDB_ASSIGN(user.version, cursor.Number<std::uint64_t>());
  IMMUDB_ASSIGN(user.created_at_us, cursor.Number<std::int64_t>());
  IMMUDB_ASSIGN(user.created_by, cursor.String());
  IMMUDB_ASSIGN(user.verifier, cursor.String());
  IMMUDB_ASSIGN(const auto grants, cursor.Number<std::uint16_t>());
  for (std::uint16_t i = 0; i < grants; ++i) {
    Grant grant;
    IMMUDB_ASSIGN(grant.database, cursor.String());
    IMMUDB_ASSIGN(grant.code, cursor.Number<std::uint32_t>());
    user.grants.push_back(std::move(grant));
  }
  return user;
}

}  // namespace

Bytes EncodeUsers(std::span<const User> users) {
  std::vector<const User*> sorted;
  sorted.reserve(users.size());
  for (const User& user : users) sorted.push_back(&user);
  std::sort(sorted.begin(), sorted.end(),
            [](const User* a, const User* b) { return a->name < b->name; });

  Bytes out = BeginFramedFile(kFrame);
  Append(out, static_cast<std::uint64_t>(sorted.size()));  // The count and the zeros.
  const User* previous = nullptr;
  for (const User* user : sorted) {
    IMMUDB_CHECK(previous == nullptr || previous->name != user->name);
    AppendUser(out, *user);
    previous = user;
  }
  EndFramedFile(out);
  return out;
}

Result<std::vector<User>> DecodeUsers(BytesView file) {
  IMMUDB_ASSIGN(const BytesView body, ReadFramedFile(file, kFrame));
  if (body.size() < kOwnHeaderBytes) return Damaged("it is too short");
  std::vector<User> users;
  Cursor cursor(body.subspan(kOwnHeaderBytes));
  const std::uint32_t count = GetU32(body.data());
  for (std::uint32_t i = 0; i < count; ++i) {
    IMMUDB_ASSIGN(User user, ReadUser(cursor));
    if (!users.empty() && user.name <= users.back().name) return Damaged("names are out of order");
    users.push_back(std::move(user));
  }
  if (!cursor.done()) return Damaged("bytes follow the last user");
  return users;
}

}  // namespace immudb::auth
