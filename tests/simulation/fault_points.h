// The places where a fault can strike: the kinds of calls of the file system, and named points in
// the work of the engine, told by the file that a call concerns and by what is written. One fault
// at a time is planned for one of them; what struck is counted.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "io/memory_file_system.h"

namespace immudb::simulation {

enum class Point : std::uint8_t {
  kLogAppend,     // A record with entries is written.
  kLogSeal,       // An empty record is.
  kLogExtend,     // Zeros ahead of the records.
  kLogHeader,     // The header of a new segment, by a roll or a recovery.
  kLogSync,       // Records, space or a header are made durable.
  kLogName,       // A segment gets its name.
  kLogDirectory,  // The name is made durable.
  kLogTrim,       // A file is cut to what it holds, or emptied.
  kTreeWrite,
  kTreeSync,
  kOffsetsWrite,
  kOffsetsSync,
  kRunCreate,  // By a checkpoint or a merge.
  kRunWrite,
  kRunSync,
  kRunRemove,       // What a merge replaced.
  kIndexDirectory,  // Names of runs are made durable.
  kManifestWrite,
  kManifestSync,
  kManifestName,
  kFolderDirectory,  // Names in the folder of the ledger are made durable.
};
inline constexpr std::size_t kPoints = 21;
inline constexpr std::size_t kFaultKinds = 4;  // Of io::Fault.

const char* NameOf(Point point);
const char* NameOf(io::Call call);
const char* NameOf(io::Fault fault);

// What `info` is in the work of the engine, if it has a name.
std::optional<Point> PointOf(const io::CallInfo& info);

// The kind of call that makes a point.
io::Call CallOf(Point point);

// Whether `fault` makes `call` fail.
bool Concerns(io::Fault fault, io::Call call);

// How often each fault struck each kind of call and each point.
struct FaultCounts {
  std::array<std::array<std::uint64_t, kFaultKinds>, io::kCalls> calls{};
  std::array<std::uint64_t, kPoints> points{};

  void Add(const FaultCounts& more);
  // The lowest count, of those that are possible.
  std::uint64_t Least() const;
  std::string Table() const;
};

// Plans one fault after the other. Not thread-safe.
class FaultPlan {
 public:
  // Plans the next fault, at a kind of call or at a point, for one of the next few times it comes
  // there.
  void Plan(std::mt19937_64& random);
  void Cancel() { planned_ = false; }
  bool is_planned() const { return planned_; }
  // True if the fault strikes only while a ledger is opened, or rarely otherwise.
  bool needs_opening() const;

  // Whether the planned fault strikes this call. With a fault that lasts it strikes again until
  // Cancel.
  std::optional<io::Fault> Ask(const io::CallInfo& info);

  const FaultCounts& counts() const { return counts_; }
  std::uint64_t struck() const { return struck_; }

 private:
  bool Matches(const io::CallInfo& info) const;

  bool planned_ = false;
  io::Fault fault_ = io::Fault::kIoError;
  std::optional<io::Call> call_;  // One of these two.
  std::optional<Point> point_;
  std::uint64_t skip_ = 0;
  std::uint64_t left_ = 0;  // So often it strikes.
  FaultCounts counts_;
  std::uint64_t struck_ = 0;
};

}  // namespace immudb::simulation
