// The users of a server: what the users file holds, ready to be asked, and changed file first.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/user.h"
#include "base/mutex.h"
#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::auth {

// Where the users file is kept. Makes `file` the content, durably and all at once; after an error
// the content is the old one, or either if the error names the directory's sync.
using StoreUsers = std::function<Status(BytesView file)>;

// A change is stored before anyone sees it. Changes wait for each other, and while a change is
// being stored nobody else waits.
//
// Thread-safe.
class UserRegistry {
 public:
  // A registry without users; each change goes to `store`.
  explicit UserRegistry(StoreUsers store) : store_(std::move(store)) {}

  // Reads the content of a users file. Errors: as DecodeUsers; the registry is unchanged.
  Status Load(BytesView file);

  // The user `name` as of now, or null.
  std::shared_ptr<const User> Find(std::string_view name) const;

  // All of them as of now, by name in byte order.
  std::vector<std::shared_ptr<const User>> List() const;

  // Errors: kExists `user already exists`; those of the store, and then nothing was changed.
  Status Create(User user);

  // Replaces the user of that name and ends his sessions: his version grows, whatever `user` says.
  // Errors: kNotFound; those of the store, and then nothing was changed.
  Status Replace(User user);

  // Lets `change` decide about and edit the user as he is now; no other change comes between. His
  // sessions end: his version grows. Name, creator and time of creation stay, whatever it does.
  // Errors: kNotFound; those of `change` and of the store, and then nothing was changed.
  Status Change(std::string_view name, const std::function<Status(User&)>& change);

  // Replaces a verifier by another of the same password; sessions go on.
  // Errors: kConflict if the verifier is not `from` any more; as Replace.
  Status RefreshVerifier(std::string_view name, std::string_view from, std::string to);

 private:
  using Users = std::map<std::string, std::shared_ptr<const User>, std::less<>>;

  std::shared_ptr<const Users> users() const;
  Status Publish(Users users, User changed) IMMUDB_REQUIRES(change_mutex_);

  const StoreUsers store_;
  // Held while the file is written: two changes may not start from the same state. Only changes
  // take it.
  Mutex change_mutex_;
  mutable Mutex mutex_;
  // Shared by this registry and by those who read it just now.
  std::shared_ptr<const Users> users_ IMMUDB_GUARDED_BY(mutex_) = std::make_shared<const Users>();
};

}  // namespace immudb::auth
