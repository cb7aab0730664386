// Files in memory, for tests: fails on demand and shows what a power loss can leave.
//
// Every call that reads, changes or syncs anything is one operation, numbered from 0; a fault is
// set for a number. What a file system promises is modelled, and no more:
//   - written bytes survive a power loss only if a Sync of the file followed; others are kept,
//     dropped or torn at 512-byte sectors, independently of each other;
//   - a created, renamed or removed name survives only if SyncDirectory of its directory followed;
//     others are kept or dropped, independently of each other. A rename is one step;
//   - after a failed sync the written bytes can be read and look clean, but only some of them,
//     chosen by chance, are on the disk: a later successful sync does not save the rest. A failed
//     sync of a directory changes nothing, and a later one may succeed.
//
// Everything is decided by the seed and the sequence of calls, so a run can be repeated.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "io/file_system.h"
#include "io/memory_content.h"

namespace immudb::io {

enum class Fault : std::uint8_t {
  kIoError,     // Any call fails with kIo and does nothing; a sync loses data, see above.
  kNoSpace,     // A write, truncation, creation or rename fails with kExhausted and does nothing.
  kShortWrite,  // A write stops in the middle with kIo; a truncation or sync fails as kIoError.
  kPowerLoss,   // The call and all later ones fail with kIo; a change may or may not have begun,
                // which Crash decides. Cleared by Crash and KillProcess.
};

enum class FaultRepeat : std::uint8_t { kOnce, kSticky };

enum class CrashPolicy : std::uint8_t {
  kKeepAll,  // Everything written is on the disk.
  kDropAll,  // Nothing unsynced is.
  kRandom,   // Each unsynced write or name is kept, dropped or torn.
};

// Thread-safe; deterministic as long as one thread uses it.
class MemoryFileSystem : public FileSystem {
 public:
  // A copy of everything, with what is durable and what is not.
  class Snapshot;

  explicit MemoryFileSystem(std::uint64_t seed = 1);

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Status CreateDirectory(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> List(const std::string& path) const override;
  Result<bool> Exists(const std::string& path) const override;
  Status SyncDirectory(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> LockExisting(const std::string& path) override;

  // Operations so far: the number the next one will have.
  std::uint64_t operations() const;

  // Makes operation `number`, or with kSticky it and all later ones, end in `fault`.
  void FailAt(std::uint64_t number, Fault fault, FaultRepeat repeat = FaultRepeat::kOnce);
  void ClearFaults();

  // Limits the bytes of all files together; writes beyond fail with kExhausted. No value: no limit.
  void SetCapacityBytes(std::optional<std::uint64_t> bytes);
  std::uint64_t used_bytes() const;

  // Cuts the power: leaves a state that the disk could hold, closes every open file and lock (their
  // later calls fail with kIo) and clears faults.
  void Crash(CrashPolicy policy, std::uint64_t seed = 0);

  // Ends the process: everything written is still there, and as durable as before. Open files and
  // locks are closed as by Crash; faults are cleared.
  void KillProcess();

  Snapshot TakeSnapshot() const;
  // Returns to `snapshot`; open files and locks are closed as by Crash.
  void Restore(const Snapshot& snapshot);

  // Direct access for tests: counted as no operation, never fails by a fault.
  // Errors: kNotFound; kInvalidArgument if `offset` is beyond the end.
  Result<Bytes> ReadAll(const std::string& path) const;
  // Flips the bits `mask` of one byte, on the disk as well.
  Status Corrupt(const std::string& path, std::uint64_t offset, std::uint8_t mask);
  // The files below `directory`, as paths, sorted.
  std::vector<std::string> AllFiles(const std::string& directory) const;

 private:
  class OpenFile;
  class OpenLock;

  using NodeId = std::uint64_t;
  static constexpr NodeId kRoot = 0;

  // A change of a file's bytes that no sync has made durable yet.
  struct PendingChange {
    bool is_truncation = false;
    std::uint64_t offset = 0;  // Of a truncation: the new size.
    Bytes data;
  };
  // A change of a directory's names that no sync has made durable yet; a rename is one change of
  // each of its two directories.
  struct PendingName {
    std::string removed;  // Empty: none.
    std::string added;    // Empty: none.
    NodeId node = 0;      // Of `added`.
  };
  struct Node {
    bool is_directory = false;
    MemoryContent content;
    MemoryContent durable_content;
    std::vector<PendingChange> changes;
    std::map<std::string, NodeId> names;
    std::map<std::string, NodeId> durable_names;
    std::vector<PendingName> name_changes;
  };
  struct State {
    std::map<NodeId, Node> nodes;
    NodeId next_node = 1;
  };
  enum class Operation : std::uint8_t { kRead, kWrite, kCreate, kSync };
  // What the caller of Begin does.
  enum class Verdict : std::uint8_t { kDo, kDoHalf, kDoThenFail, kFail, kFailNoSpace };

  // Counts an operation and says how it goes.
  Verdict Begin(Operation operation) const IMMUDB_REQUIRES(mutex_);
  // The node of `path`, or kNotFound, or kIo if a file is used as a directory.
  Result<NodeId> Find(const std::string& path) const IMMUDB_REQUIRES(mutex_);
  struct Place {
    NodeId directory;
    std::string name;
  };
  // The directory a name is in, whether or not the name exists.
  Result<Place> FindPlace(const std::string& path) const IMMUDB_REQUIRES(mutex_);
  std::optional<NodeId> Lookup(const Place& place) const IMMUDB_REQUIRES(mutex_);
  NodeId Create(const Place& place, bool is_directory) IMMUDB_REQUIRES(mutex_);
  Status CheckRename(NodeId moved, const Place& target) const IMMUDB_REQUIRES(mutex_);
  std::uint64_t UsedBytes() const IMMUDB_REQUIRES(mutex_);

  Result<std::size_t> ReadNode(NodeId node, std::uint64_t offset, std::span<std::uint8_t> out) const
      IMMUDB_REQUIRES(mutex_);
  Status WriteNode(NodeId node, std::uint64_t offset, std::span<const BytesView> parts)
      IMMUDB_REQUIRES(mutex_);
  Status TruncateNode(NodeId node, std::uint64_t size_bytes) IMMUDB_REQUIRES(mutex_);
  Status SyncNode(NodeId node) IMMUDB_REQUIRES(mutex_);
  // Carries the pending changes of `node` out on the disk as `policy` chooses.
  static void Settle(Node& node, CrashPolicy policy, std::mt19937_64& random);
  static void SettleNames(Node& node, CrashPolicy policy, std::mt19937_64& random);
  void CloseAll() IMMUDB_REQUIRES(mutex_);

  struct PlannedFault {
    Fault fault;
    FaultRepeat repeat;
  };

  mutable Mutex mutex_;
  State state_ IMMUDB_GUARDED_BY(mutex_);
  std::uint64_t generation_ IMMUDB_GUARDED_BY(mutex_) = 0;  // Open files of older ones are dead.
  std::map<NodeId, std::uint64_t> locks_ IMMUDB_GUARDED_BY(mutex_);
  std::map<std::uint64_t, PlannedFault> faults_ IMMUDB_GUARDED_BY(mutex_);
  mutable std::uint64_t operations_ IMMUDB_GUARDED_BY(mutex_) = 0;
  mutable bool power_lost_ IMMUDB_GUARDED_BY(mutex_) = false;
  std::optional<std::uint64_t> capacity_bytes_ IMMUDB_GUARDED_BY(mutex_);
  std::mt19937_64 random_ IMMUDB_GUARDED_BY(mutex_);  // What failed syncs lose.
};

class MemoryFileSystem::Snapshot {
 private:
  friend class MemoryFileSystem;
  State state_;
};

}  // namespace immudb::io
