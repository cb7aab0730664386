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
// Faults are set by number (FailAt), or decided call by call (SetFaultHook).
//
// Everything is decided by the seed and the sequence of calls, so a run can be repeated.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
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

// What becomes of a change that no sync made durable.
enum class Fate : std::uint8_t {
  kKept,
  kDropped,
  kTorn,  // Of a write: any of its sectors is kept. Anything else: as kKept.
};
inline constexpr std::size_t kFates = 3;

// The calls that can fail.
enum class Call : std::uint8_t {
  kOpen,  // Of a file that exists.
  kCreate,
  kCreateDirectory,
  kRename,
  kRemove,
  kList,
  kExists,
  kSyncDirectory,
  kRead,
  kSize,
  kWrite,
  kTruncate,
  kSync,
};
inline constexpr std::size_t kCalls = 13;

// Which call is about to happen. The views hold during the hook.
struct CallInfo {
  Call call;
  std::string_view path;  // Of an open file: the one it was opened by.
  BytesView data;         // The first part of what a write writes.
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

  // Is asked before each call that no numbered fault is set for. It runs under the file system's
  // lock and must not call it. A crash leaves it in place; none: removes it.
  using FaultHook = std::function<std::optional<Fault>(const CallInfo& info)>;
  void SetFaultHook(FaultHook hook);

  // Limits the bytes of all files together; writes beyond fail with kExhausted. No value: no limit.
  void SetCapacityBytes(std::optional<std::uint64_t> bytes);
  std::uint64_t used_bytes() const;

  // Cuts the power: leaves a state that the disk could hold, closes every open file and lock (their
  // later calls fail with kIo) and clears faults.
  void Crash(CrashPolicy policy, std::uint64_t seed = 0);

  // How many writes, truncations and names a power loss may take: those of files and directories
  // that can be found, before or after it.
  std::size_t unsynced_changes() const;
  // The same, with a fate for each of these changes; `seed` chooses the sectors of torn ones.
  // Requires: fates.size() == unsynced_changes().
  void Crash(std::span<const Fate> fates, std::uint64_t seed);

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
  // What the caller of Begin does.
  enum class Verdict : std::uint8_t { kDo, kDoHalf, kDoThenFail, kFail, kFailNoSpace };

  // Counts an operation and says how it goes.
  Verdict Begin(Call call, std::string_view path, BytesView data = {}) const
      IMMUDB_REQUIRES(mutex_);
  std::optional<Fault> FaultOf(std::uint64_t number, const CallInfo& info) const
      IMMUDB_REQUIRES(mutex_);
  static Verdict VerdictOf(Fault fault, Call call);
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

  Status WriteNode(Node& node, Verdict verdict, std::uint64_t offset,
                   std::span<const BytesView> parts) IMMUDB_REQUIRES(mutex_);
  static Status TruncateNode(Node& node, Verdict verdict, std::uint64_t size_bytes);
  Status SyncNode(Node& node, Verdict verdict) IMMUDB_REQUIRES(mutex_);
  // Says what becomes of the next pending change.
  using FateChooser = std::function<Fate()>;
  // Carries the pending changes of `node` out on the disk as `choose` says.
  static void Settle(Node& node, const FateChooser& choose, std::mt19937_64& random);
  static void SettleNames(Node& node, const FateChooser& choose);
  static Fate Keep() { return Fate::kKept; }
  // The nodes that have a name, or had or may get one by a power loss.
  std::set<NodeId> Reachable() const IMMUDB_REQUIRES(mutex_);
  // What is on the disk is now all there is.
  void LosePower() IMMUDB_REQUIRES(mutex_);
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
  FaultHook hook_ IMMUDB_GUARDED_BY(mutex_);
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
