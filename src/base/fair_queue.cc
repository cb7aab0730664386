#include "base/fair_queue.h"

#include <iterator>
#include <utility>

#include "base/check.h"

namespace immudb {

void FairQueue::Push(std::string_view group, std::uint64_t member, Task task) {
  auto found = by_name_.find(group);
  if (found == by_name_.end()) {
    groups_.push_back({.name = std::string(group), .members = {}, .by_id = {}, .size = 0});
    found = by_name_.emplace(groups_.back().name, std::prev(groups_.end())).first;
  }
  Group& of_group = *found->second;
  auto known = of_group.by_id.find(member);
  if (known == of_group.by_id.end()) {
    of_group.members.push_back({.id = member, .tasks = {}});
    known = of_group.by_id.emplace(member, std::prev(of_group.members.end())).first;
  }
  known->second->tasks.push(std::move(task));
  ++of_group.size;
  ++size_;
}

FairQueue::Task FairQueue::Pop() {
  IMMUDB_CHECK(size_ > 0);
  const auto group = groups_.begin();
  const auto member = group->members.begin();
  Task task = std::move(member->tasks.front());
  member->tasks.pop();
  --group->size;
  --size_;
  if (member->tasks.empty()) {
    group->by_id.erase(member->id);
    group->members.erase(member);
  } else {
    group->members.splice(group->members.end(), group->members, member);
  }
  if (group->members.empty()) {
    by_name_.erase(group->name);
    groups_.erase(group);
  } else {
    groups_.splice(groups_.end(), groups_, group);
  }
  return task;
}

std::size_t FairQueue::SizeOf(std::string_view group) const {
  const auto found = by_name_.find(group);
  return found == by_name_.end() ? 0 : found->second->size;
}

}  // namespace immudb
