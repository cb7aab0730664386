// The part of MemoryFileSystem that only tests call: faults, crashes, snapshots.

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/error.h"
#include "io/memory_file_system.h"

namespace immudb::io {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

Fate Choose(CrashPolicy policy, std::mt19937_64& random) {
  switch (policy) {
    case CrashPolicy::kKeepAll: return Fate::kKept;
    case CrashPolicy::kDropAll: return Fate::kDropped;
    case CrashPolicy::kRandom: break;
  }
  return static_cast<Fate>(random() % kFates);
}

}  // namespace

void MemoryFileSystem::Settle(Node& node, const FateChooser& choose, std::mt19937_64& random) {
  for (const PendingChange& change : node.changes) {
    const Fate fate = choose();
    if (fate == Fate::kDropped) continue;
    MemoryContent& disk = node.durable_content;
    if (change.is_truncation) {
      disk.Resize(change.offset);
      continue;
    }
    const std::uint64_t end = change.offset + change.data.size();
    if (!change.data.empty() && disk.size() < end) disk.Resize(end);
    if (fate == Fate::kKept) {
      disk.Write(change.offset, change.data);
      disk.ShareWith(node.content, change.offset, end);
      continue;
    }
    std::uint64_t begin = change.offset;
    while (begin < end) {  // A torn write has any subset of its sectors.
      const std::uint64_t sector_end = std::min(end, (begin / kSectorBytes + 1) * kSectorBytes);
      if ((random() & 1u) != 0) {
        disk.Write(begin,
                   BytesView(change.data).subspan(begin - change.offset, sector_end - begin));
      }
      begin = sector_end;
    }
  }
  node.changes.clear();
}

void MemoryFileSystem::SettleNames(Node& node, const FateChooser& choose) {
  for (const PendingName& change : node.name_changes) {
    // A name is there or not: torn means kept.
    if (choose() == Fate::kDropped) continue;
    if (!change.removed.empty()) node.durable_names.erase(change.removed);
    if (!change.added.empty()) node.durable_names[change.added] = change.node;
  }
  node.name_changes.clear();
}

std::uint64_t MemoryFileSystem::operations() const {
  const MutexLock lock(mutex_);
  return operations_;
}

void MemoryFileSystem::FailAt(std::uint64_t number, Fault fault, FaultRepeat repeat) {
  const MutexLock lock(mutex_);
  faults_[number] = {.fault = fault, .repeat = repeat};
}

void MemoryFileSystem::ClearFaults() {
  const MutexLock lock(mutex_);
  faults_.clear();
  power_lost_ = false;
}

void MemoryFileSystem::SetFaultHook(FaultHook hook) {
  const MutexLock lock(mutex_);
  hook_ = std::move(hook);
}

void MemoryFileSystem::SetCapacityBytes(std::optional<std::uint64_t> bytes) {
  const MutexLock lock(mutex_);
  capacity_bytes_ = bytes;
}

std::uint64_t MemoryFileSystem::UsedBytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [id, directory] : state_.nodes) {
    for (const auto& [name, child] : directory.names) {
      bytes += state_.nodes.at(child).content.size();
    }
  }
  return bytes;
}

std::uint64_t MemoryFileSystem::used_bytes() const {
  const MutexLock lock(mutex_);
  return UsedBytes();
}

void MemoryFileSystem::CloseAll() {
  ++generation_;
  locks_.clear();
  faults_.clear();
  power_lost_ = false;
}

void MemoryFileSystem::Crash(CrashPolicy policy, std::uint64_t seed) {
  const MutexLock lock(mutex_);
  std::mt19937_64 random(seed);
  const FateChooser choose = [&] { return Choose(policy, random); };
  for (auto& [id, node] : state_.nodes) {
    Settle(node, choose, random);
    SettleNames(node, choose);
  }
  LosePower();
}

void MemoryFileSystem::LosePower() {
  for (auto& [id, node] : state_.nodes) {
    node.content = node.durable_content;
    node.names = node.durable_names;
  }
  CloseAll();
}

std::set<MemoryFileSystem::NodeId> MemoryFileSystem::Reachable() const {
  std::set<NodeId> reachable{kRoot};
  std::vector<NodeId> open{kRoot};
  const auto add = [&](NodeId node) {
    if (reachable.insert(node).second) open.push_back(node);
  };
  while (!open.empty()) {
    const Node& node = state_.nodes.at(open.back());
    open.pop_back();
    for (const auto& [name, child] : node.names) add(child);
    for (const auto& [name, child] : node.durable_names) add(child);
    for (const PendingName& change : node.name_changes) {
      if (!change.added.empty()) add(change.node);
    }
  }
  return reachable;
}

std::size_t MemoryFileSystem::unsynced_changes() const {
  const MutexLock lock(mutex_);
  std::size_t count = 0;
  for (const NodeId id : Reachable()) {
    const Node& node = state_.nodes.at(id);
    count += node.changes.size() + node.name_changes.size();
  }
  return count;
}

void MemoryFileSystem::Crash(std::span<const Fate> fates, std::uint64_t seed) {
  const MutexLock lock(mutex_);
  std::mt19937_64 random(seed);
  std::size_t next = 0;
  const FateChooser choose = [&] {
    IMMUDB_CHECK(next < fates.size());
    return fates[next++];
  };
  for (const NodeId id : Reachable()) {
    Node& node = state_.nodes.at(id);
    Settle(node, choose, random);
    SettleNames(node, choose);
  }
  IMMUDB_CHECK(next == fates.size());
  LosePower();
}

void MemoryFileSystem::KillProcess() {
  const MutexLock lock(mutex_);
  CloseAll();
}

MemoryFileSystem::Snapshot MemoryFileSystem::TakeSnapshot() const {
  const MutexLock lock(mutex_);
  Snapshot snapshot;
  snapshot.state_ = state_;
  return snapshot;
}

void MemoryFileSystem::Restore(const Snapshot& snapshot) {
  const MutexLock lock(mutex_);
  state_ = snapshot.state_;
  CloseAll();
}

Result<Bytes> MemoryFileSystem::ReadAll(const std::string& path) const {
  const MutexLock lock(mutex_);
  IMMUDB_ASSIGN(const NodeId node, Find(path));
  return state_.nodes.at(node).content.ToBytes();
}

Status MemoryFileSystem::Corrupt(const std::string& path, std::uint64_t offset, std::uint8_t mask) {
  const MutexLock lock(mutex_);
  IMMUDB_ASSIGN(const NodeId id, Find(path));
  Node& node = state_.nodes.at(id);
  if (offset >= node.content.size()) {
    return Fail(Code::kInvalidArgument, "{}: offset {} is beyond the end", path, offset);
  }
  for (MemoryContent* content : {&node.content, &node.durable_content}) {
    std::array<std::uint8_t, 1> byte{};
    if (content->Read(offset, byte) == 0) continue;
    byte[0] ^= mask;
    content->Write(offset, byte);
  }
  for (PendingChange& change : node.changes) {
    const std::uint64_t inside = offset - change.offset;  // Wraps if before it.
    if (inside < change.data.size()) change.data[inside] ^= mask;
  }
  return {};
}

std::vector<std::string> MemoryFileSystem::AllFiles(const std::string& directory) const {
  const MutexLock lock(mutex_);
  std::vector<std::string> files;
  const auto root = Find(directory);
  if (!root) return files;
  std::vector<std::pair<std::string, NodeId>> open{{directory, *root}};
  while (!open.empty()) {
    const auto [path, id] = open.back();
    open.pop_back();
    const Node& node = state_.nodes.at(id);
    if (!node.is_directory) files.push_back(path);
    for (const auto& [name, child] : node.names) open.emplace_back(JoinPath(path, name), child);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace immudb::io
