// Tasks in turn: first among groups, then among the members of a group, then in the order in which
// a member gave them. Who has many tasks waits behind his own, not others behind his.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>

namespace immudb {

// Not thread-safe.
class FairQueue {
 public:
  using Task = std::function<void()>;

  void Push(std::string_view group, std::uint64_t member, Task task);

  // Takes the next task. Requires: not empty.
  Task Pop();

  std::size_t size() const { return size_; }
  std::size_t SizeOf(std::string_view group) const;

 private:
  struct Member {
    std::uint64_t id = 0;
    std::queue<Task, std::list<Task>> tasks;  // Never empty.
  };
  struct Group {
    std::string name;
    std::list<Member> members;  // Whose turn it is comes first. Never empty.
    std::unordered_map<std::uint64_t, std::list<Member>::iterator> by_id;
    std::size_t size = 0;
  };

  std::list<Group> groups_;  // Likewise.
  std::unordered_map<std::string_view, std::list<Group>::iterator> by_name_;
  std::size_t size_ = 0;
};

}  // namespace immudb
