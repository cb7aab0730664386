#include "io/memory_file_system.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"

namespace immudb::io {
namespace {

Error InjectedFailure(std::string_view what) {
  return Fail(Code::kIo, "{}: injected fault", what);
}
Error DiskFull(std::string_view what) {
  return Fail(Code::kExhausted, "{}: disk full", what);
}
Error ClosedFile() {
  return Fail(Code::kIo, "the file was closed by a crash");
}

// Splits at slashes; empty parts and "." name nothing.
std::vector<std::string> PartsOf(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

}  // namespace

class MemoryFileSystem::OpenFile : public File {
 public:
  OpenFile(MemoryFileSystem& files, NodeId node, OpenMode mode, std::string path)
      IMMUDB_REQUIRES(files.mutex_)
      : files_(files),
        node_(node),
        mode_(mode),
        generation_(files.generation_),
        path_(std::move(path)) {}

  Result<std::size_t> Read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    const MutexLock lock(files_.mutex_);
    if (generation_ != files_.generation_) return ClosedFile();
    if (files_.Begin(Call::kRead, path_) != Verdict::kDo) return InjectedFailure("read");
    return files_.state_.nodes.at(node_).content.Read(offset, out);
  }
  Status Write(std::uint64_t offset, std::span<const BytesView> parts) override {
    IMMUDB_CHECK(mode_ != OpenMode::kRead);
    const MutexLock lock(files_.mutex_);
    if (generation_ != files_.generation_) return ClosedFile();
    const BytesView head = parts.empty() ? BytesView() : parts.front();
    const Verdict verdict = files_.Begin(Call::kWrite, path_, head);
    return files_.WriteNode(files_.state_.nodes.at(node_), verdict, offset, parts);
  }
  Status Sync() override {
    const MutexLock lock(files_.mutex_);
    if (generation_ != files_.generation_) return ClosedFile();
    const Verdict verdict = files_.Begin(Call::kSync, path_);
    return files_.SyncNode(files_.state_.nodes.at(node_), verdict);
  }
  Status Truncate(std::uint64_t size_bytes) override {
    IMMUDB_CHECK(mode_ != OpenMode::kRead);
    const MutexLock lock(files_.mutex_);
    if (generation_ != files_.generation_) return ClosedFile();
    const Verdict verdict = files_.Begin(Call::kTruncate, path_);
    return TruncateNode(files_.state_.nodes.at(node_), verdict, size_bytes);
  }
  Result<std::uint64_t> SizeBytes() const override {
    const MutexLock lock(files_.mutex_);
    if (generation_ != files_.generation_) return ClosedFile();
    if (files_.Begin(Call::kSize, path_) != Verdict::kDo) return InjectedFailure("size");
    return files_.state_.nodes.at(node_).content.size();
  }

 private:
  MemoryFileSystem& files_;
  const NodeId node_;
  const OpenMode mode_;
  const std::uint64_t generation_;
  const std::string path_;
};

class MemoryFileSystem::OpenLock : public DirectoryLock {
 public:
  OpenLock(MemoryFileSystem& files, NodeId node, std::uint64_t generation)
      : files_(files), node_(node), generation_(generation) {}
  ~OpenLock() override {
    const MutexLock lock(files_.mutex_);
    if (generation_ == files_.generation_) files_.locks_.erase(node_);
  }
  OpenLock(const OpenLock&) = delete;
  OpenLock& operator=(const OpenLock&) = delete;

 private:
  MemoryFileSystem& files_;
  const NodeId node_;
  const std::uint64_t generation_;
};

MemoryFileSystem::MemoryFileSystem(std::uint64_t seed) : random_(seed) {
  state_.nodes[kRoot].is_directory = true;
}

std::optional<Fault> MemoryFileSystem::FaultOf(std::uint64_t number, const CallInfo& info) const {
  if (const auto later = faults_.upper_bound(number); later != faults_.begin()) {
    const auto& [at, planned] = *std::prev(later);
    if (at == number || planned.repeat == FaultRepeat::kSticky) return planned.fault;
  }
  return hook_ ? hook_(info) : std::nullopt;
}

MemoryFileSystem::Verdict MemoryFileSystem::VerdictOf(Fault fault, Call call) {
  const bool writes = call == Call::kWrite || call == Call::kTruncate;
  const bool changes = writes || call == Call::kCreate || call == Call::kCreateDirectory ||
                       call == Call::kRename || call == Call::kRemove;
  switch (fault) {
    case Fault::kIoError: return Verdict::kFail;
    case Fault::kNoSpace: return changes ? Verdict::kFailNoSpace : Verdict::kDo;
    case Fault::kShortWrite:
      if (writes) return Verdict::kDoHalf;
      if (call == Call::kSync || call == Call::kSyncDirectory) return Verdict::kFail;
      return Verdict::kDo;
    case Fault::kPowerLoss: return changes ? Verdict::kDoThenFail : Verdict::kFail;
  }
  return Verdict::kDo;
}

MemoryFileSystem::Verdict MemoryFileSystem::Begin(Call call, std::string_view path,
                                                  BytesView data) const {
  const std::uint64_t number = operations_++;
  if (power_lost_) return Verdict::kFail;
  const auto fault = FaultOf(number, {.call = call, .path = path, .data = data});
  if (!fault) return Verdict::kDo;
  power_lost_ = *fault == Fault::kPowerLoss;
  return VerdictOf(*fault, call);
}

Result<MemoryFileSystem::NodeId> MemoryFileSystem::Find(const std::string& path) const {
  NodeId node = kRoot;
  for (const std::string& part : PartsOf(path)) {
    const Node& directory = state_.nodes.at(node);
    if (!directory.is_directory) return Fail(Code::kIo, "{}: a part is not a directory", path);
    const auto found = directory.names.find(part);
    if (found == directory.names.end()) return Fail(Code::kNotFound, "{}: not found", path);
    node = found->second;
  }
  return node;
}

Result<MemoryFileSystem::Place> MemoryFileSystem::FindPlace(const std::string& path) const {
  auto parts = PartsOf(path);
  if (parts.empty()) return Fail(Code::kIo, "{}: the root has no name", path);
  Place place{.directory = kRoot, .name = parts.back()};
  std::string parent;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) parent += "/" + parts[i];
  IMMUDB_ASSIGN(place.directory, Find(parent));
  if (!state_.nodes.at(place.directory).is_directory) {
    return Fail(Code::kIo, "{}: a part is not a directory", path);
  }
  return place;
}

std::optional<MemoryFileSystem::NodeId> MemoryFileSystem::Lookup(const Place& place) const {
  const Node& directory = state_.nodes.at(place.directory);
  const auto found = directory.names.find(place.name);
  if (found == directory.names.end()) return std::nullopt;
  return found->second;
}

MemoryFileSystem::NodeId MemoryFileSystem::Create(const Place& place, bool is_directory) {
  const NodeId node = state_.next_node++;
  state_.nodes[node].is_directory = is_directory;
  Node& directory = state_.nodes.at(place.directory);
  directory.names[place.name] = node;
  directory.name_changes.push_back({.removed = {}, .added = place.name, .node = node});
  return node;
}

Result<std::unique_ptr<File>> MemoryFileSystem::Open(const std::string& path, OpenMode mode) {
  const MutexLock lock(mutex_);
  const bool may_create = mode == OpenMode::kCreateNew || mode == OpenMode::kCreateOrOpen;
  const bool creates = may_create && !Find(path);
  const Verdict verdict = Begin(creates ? Call::kCreate : Call::kOpen, path);
  if (verdict == Verdict::kFail) return InjectedFailure("open " + path);
  IMMUDB_ASSIGN(const Place place, FindPlace(path));
  auto node = Lookup(place);
  if (node && mode == OpenMode::kCreateNew) return Fail(Code::kExists, "{}: exists", path);
  if (!node && !may_create) return Fail(Code::kNotFound, "{}: not found", path);
  if (node && state_.nodes.at(*node).is_directory) {
    return Fail(Code::kIo, "{}: not a regular file", path);
  }
  if (!node) {
    if (verdict == Verdict::kFailNoSpace) return DiskFull("create " + path);
    node = Create(place, false);
  }
  if (verdict == Verdict::kDoThenFail) return InjectedFailure("open " + path);
  return std::make_unique<OpenFile>(*this, *node, mode, path);
}

Status MemoryFileSystem::CreateDirectory(const std::string& path) {
  const MutexLock lock(mutex_);
  const Verdict verdict = Begin(Call::kCreateDirectory, path);
  if (verdict == Verdict::kFail) return InjectedFailure("create directory " + path);
  if (PartsOf(path).empty()) return Fail(Code::kExists, "{}: exists", path);
  IMMUDB_ASSIGN(const Place place, FindPlace(path));
  if (Lookup(place)) return Fail(Code::kExists, "{}: exists", path);
  if (verdict == Verdict::kFailNoSpace) return DiskFull("create directory " + path);
  Create(place, true);
  if (verdict == Verdict::kDoThenFail) return InjectedFailure("create directory " + path);
  return {};
}

Status MemoryFileSystem::CheckRename(NodeId moved, const Place& target) const {
  const bool is_directory = state_.nodes.at(moved).is_directory;
  if (is_directory) {  // It must not become part of itself.
    std::vector<NodeId> inside{moved};
    for (std::size_t i = 0; i < inside.size(); ++i) {
      if (inside[i] == target.directory) {
        return Fail(Code::kIo, "a directory cannot contain itself");
      }
      for (const auto& [name, child] : state_.nodes.at(inside[i]).names) inside.push_back(child);
    }
  }
  const auto old = Lookup(target);
  if (!old || *old == moved) return {};
  const Node& replaced = state_.nodes.at(*old);
  if (replaced.is_directory != is_directory) return Fail(Code::kIo, "file and directory");
  if (!replaced.names.empty()) return Fail(Code::kIo, "directory not empty");
  return {};
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  const MutexLock lock(mutex_);
  const Verdict verdict = Begin(Call::kRename, from);
  if (verdict == Verdict::kFail) return InjectedFailure("rename " + from);
  IMMUDB_ASSIGN(const Place source, FindPlace(from));
  IMMUDB_ASSIGN(const Place target, FindPlace(to));
  const auto moved = Lookup(source);
  if (!moved) return Fail(Code::kNotFound, "{}: not found", from);
  IMMUDB_TRY(CheckRename(*moved, target));
  if (verdict == Verdict::kFailNoSpace) return DiskFull("rename " + from);
  if (Lookup(target) != moved) {
    Node& source_directory = state_.nodes.at(source.directory);
    Node& target_directory = state_.nodes.at(target.directory);
    source_directory.names.erase(source.name);
    target_directory.names[target.name] = *moved;
    PendingName change{.removed = source.name, .added = target.name, .node = *moved};
    if (source.directory != target.directory) {
      source_directory.name_changes.push_back({.removed = source.name, .added = {}, .node = 0});
      change.removed.clear();
    }
    target_directory.name_changes.push_back(change);
  }
  if (verdict == Verdict::kDoThenFail) return InjectedFailure("rename " + from);
  return {};
}

Status MemoryFileSystem::Remove(const std::string& path) {
  const MutexLock lock(mutex_);
  const Verdict verdict = Begin(Call::kRemove, path);
  if (verdict == Verdict::kFail) return InjectedFailure("remove " + path);
  IMMUDB_ASSIGN(const Place place, FindPlace(path));
  const auto node = Lookup(place);
  if (!node) return Fail(Code::kNotFound, "{}: not found", path);
  if (!state_.nodes.at(*node).names.empty()) return Fail(Code::kIo, "{}: not empty", path);
  // Removing needs no space: kFailNoSpace does not apply.
  Node& directory = state_.nodes.at(place.directory);
  directory.names.erase(place.name);
  directory.name_changes.push_back({.removed = place.name, .added = {}, .node = 0});
  if (verdict == Verdict::kDoThenFail) return InjectedFailure("remove " + path);
  return {};
}

Result<std::vector<DirectoryEntry>> MemoryFileSystem::List(const std::string& path) const {
  const MutexLock lock(mutex_);
  if (Begin(Call::kList, path) != Verdict::kDo) return InjectedFailure("list " + path);
  IMMUDB_ASSIGN(const NodeId node, Find(path));
  const Node& directory = state_.nodes.at(node);
  if (!directory.is_directory) return Fail(Code::kIo, "{}: not a directory", path);
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, child] : directory.names) {
    entries.push_back({.name = name, .is_directory = state_.nodes.at(child).is_directory});
  }
  return entries;
}

Result<bool> MemoryFileSystem::Exists(const std::string& path) const {
  const MutexLock lock(mutex_);
  if (Begin(Call::kExists, path) != Verdict::kDo) return InjectedFailure("look up " + path);
  return Find(path).has_value();
}

Status MemoryFileSystem::SyncDirectory(const std::string& path) {
  const MutexLock lock(mutex_);
  const Verdict verdict = Begin(Call::kSyncDirectory, path);
  IMMUDB_ASSIGN(const NodeId node, Find(path));
  Node& directory = state_.nodes.at(node);
  if (!directory.is_directory) return Fail(Code::kIo, "{}: not a directory", path);
  if (verdict != Verdict::kDo) return InjectedFailure("sync directory " + path);
  SettleNames(directory, Keep);
  return {};
}

Result<std::unique_ptr<DirectoryLock>> MemoryFileSystem::Lock(const std::string& path) {
  IMMUDB_TRY(Open(path, OpenMode::kCreateOrOpen));
  return LockExisting(path);
}

Result<std::unique_ptr<DirectoryLock>> MemoryFileSystem::LockExisting(const std::string& path) {
  const MutexLock lock(mutex_);
  IMMUDB_ASSIGN(const NodeId node, Find(path));
  if (!locks_.emplace(node, generation_).second) {
    return Fail(Code::kUnavailable, "{} is locked by another process", path);
  }
  return std::make_unique<OpenLock>(*this, node, generation_);
}

Status MemoryFileSystem::WriteNode(Node& node, Verdict verdict, std::uint64_t offset,
                                   std::span<const BytesView> parts) {
  if (verdict == Verdict::kFail) return InjectedFailure("write");
  if (verdict == Verdict::kFailNoSpace) return DiskFull("write");
  PendingChange change{.is_truncation = false, .offset = offset, .data = {}};
  for (const BytesView part : parts) {
    change.data.insert(change.data.end(), part.begin(), part.end());
  }
  bool full = false;
  const std::uint64_t end = offset + change.data.size();
  if (capacity_bytes_ && end > node.content.size()) {
    const std::uint64_t used = UsedBytes();
    const std::uint64_t free = *capacity_bytes_ > used ? *capacity_bytes_ - used : 0;
    const std::uint64_t end_max = node.content.size() + free;
    full = end > end_max;  // As the system does, writes what fits.
    if (full) change.data.resize(end_max > offset ? end_max - offset : 0);
  }
  if (verdict == Verdict::kDoHalf) change.data.resize(change.data.size() / 2);
  node.content.Write(offset, change.data);
  node.changes.push_back(std::move(change));
  if (full) return DiskFull("write");
  if (verdict != Verdict::kDo) return InjectedFailure("write");
  return {};
}

Status MemoryFileSystem::TruncateNode(Node& node, Verdict verdict, std::uint64_t size_bytes) {
  if (verdict == Verdict::kFail || verdict == Verdict::kDoHalf) return InjectedFailure("truncate");
  if (verdict == Verdict::kFailNoSpace) return DiskFull("truncate");
  node.content.Resize(size_bytes);
  node.changes.push_back({.is_truncation = true, .offset = size_bytes, .data = {}});
  if (verdict != Verdict::kDo) return InjectedFailure("truncate");
  return {};
}

Status MemoryFileSystem::SyncNode(Node& node, Verdict verdict) {
  if (verdict == Verdict::kDo) {
    Settle(node, Keep, random_);
    return {};
  }
  // What the sync had not written when it failed is lost, though reads still show it.
  std::mt19937_64 random(random_());
  const FateChooser choose = [&random] { return static_cast<Fate>(random() % kFates); };
  if (!power_lost_) Settle(node, choose, random);
  return InjectedFailure("sync");
}

}  // namespace immudb::io
