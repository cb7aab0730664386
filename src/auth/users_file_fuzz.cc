// A fuzz target: the bytes of a users file. What is accepted says what its encoding says.
//
// The first byte chooses whether the checksum is made to fit, which chance never does.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "auth/users_file.h"
#include "base/check.h"
#include "base/file_frame.h"
#include "base/testing/fuzz_target.h"

namespace immudb::auth {

void FuzzUsersFile(BytesView bytes) {
  FuzzInput input(bytes);
  const bool seals = input.Byte() % 2 == 0;
  Bytes file(input.rest().begin(), input.rest().end());
  if (seals) EndFramedFile(file);
  const Result<std::vector<User>> users = DecodeUsers(file);
  if (!users) {
    IMMUDB_CHECK(users.error().code == Code::kCorrupted ||
                 users.error().code == Code::kUnsupported);
    return;
  }
  const auto is_before = [](const User& a, const User& b) { return a.name < b.name; };
  IMMUDB_CHECK(std::is_sorted(users->begin(), users->end(), is_before));
  Bytes encoded = EncodeUsers(*users);
  const Result<std::vector<User>> again = DecodeUsers(encoded);
  IMMUDB_CHECK(again.has_value());
  IMMUDB_CHECK(*again == *users);
  // The two differ at most in what a reader passes over: features, and bytes that are zero today.
  IMMUDB_CHECK(encoded.size() == file.size());
  for (Bytes* each : {&file, &encoded}) {
    std::fill_n(&(*each)[12], 8, std::uint8_t{0});
    std::fill_n(&(*each)[kFrameHeaderBytes + 4], 4, std::uint8_t{0});
    each->resize(each->size() - kFrameTrailerBytes);
  }
  IMMUDB_CHECK(file == encoded);
}

}  // namespace immudb::auth

IMMUDB_FUZZ_TARGET(UsersFileFuzzTest, "auth_users_file", immudb::auth::FuzzUsersFile)
