#include "auth/user_registry.h"

#include <utility>
#include <vector>

#include "auth/users_file.h"
#include "base/error.h"

namespace immudb::auth {

Status UserRegistry::Load(BytesView file) {
  IMMUDB_ASSIGN(std::vector<User> decoded, DecodeUsers(file));
  Users users;
  for (User& user : decoded) {
    std::string name = user.name;
    users.emplace(std::move(name), std::make_shared<const User>(std::move(user)));
  }
  const MutexLock lock(mutex_);
  users_ = std::make_shared<const Users>(std::move(users));
  return {};
}

std::shared_ptr<const UserRegistry::Users> UserRegistry::users() const {
  const MutexLock lock(mutex_);
  return users_;
}

std::shared_ptr<const User> UserRegistry::Find(std::string_view name) const {
  const std::shared_ptr<const Users> now = users();
  const auto found = now->find(name);
  return found == now->end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const User>> UserRegistry::List() const {
  const std::shared_ptr<const Users> now = users();
  std::vector<std::shared_ptr<const User>> list;
  list.reserve(now->size());
  for (const auto& [name, user] : *now) list.push_back(user);
  return list;
}

Status UserRegistry::Create(User user) {
  const MutexLock changing(change_mutex_);
  Users next = *users();
  if (next.contains(user.name)) return Fail(Code::kExists, "user already exists");
  return Publish(std::move(next), std::move(user));
}

Status UserRegistry::Replace(User user) {
  const MutexLock changing(change_mutex_);
  Users next = *users();
  const auto found = next.find(user.name);
  if (found == next.end()) return Fail(Code::kNotFound, "user {} not found", user.name);
  user.version = found->second->version + 1;
  return Publish(std::move(next), std::move(user));
}

Status UserRegistry::Change(std::string_view name, const std::function<Status(User&)>& change) {
  const MutexLock changing(change_mutex_);
  Users next = *users();
  const auto found = next.find(name);
  if (found == next.end()) return Fail(Code::kNotFound, "user {} not found", name);
  const User& before = *found->second;
  User user = before;
  IMMUDB_TRY(change(user));
  user.name = before.name;
  user.created_by = before.created_by;
  user.created_at_us = before.created_at_us;
  user.version = before.version + 1;
  return Publish(std::move(next), std::move(user));
}

Status UserRegistry::RefreshVerifier(std::string_view name, std::string_view from, std::string to) {
  const MutexLock changing(change_mutex_);
  Users next = *users();
  const auto found = next.find(name);
  if (found == next.end()) return Fail(Code::kNotFound, "user {} not found", name);
  if (found->second->verifier != from) {
    return Fail(Code::kConflict, "the password of user {} was changed meanwhile", name);
  }
  User user = *found->second;
  user.verifier = std::move(to);
  return Publish(std::move(next), std::move(user));
}

Status UserRegistry::Publish(Users users, User changed) {
  std::string name = changed.name;
  users.insert_or_assign(std::move(name), std::make_shared<const User>(std::move(changed)));
  std::vector<User> all;
  all.reserve(users.size());
  for (const auto& [key, user] : users) all.push_back(*user);
  IMMUDB_TRY(store_(EncodeUsers(all)));
  const MutexLock lock(mutex_);
  users_ = std::make_shared<const Users>(std::move(users));
  return {};
}

}  // namespace immudb::auth
