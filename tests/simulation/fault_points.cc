#include "fault_points.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "base/encoding.h"
#include "log/record.h"

namespace immudb::simulation {
namespace {

using io::Call;
using io::Fault;

constexpr std::size_t kCountAt = 16;  // Of the entries, in the header of a record.

struct PointFacts {
  Point point;
  Call call;
  const char* name;
};

constexpr std::array<PointFacts, kPoints> kPointFacts = {{
    {Point::kLogAppend, Call::kWrite, "log: append"},
    {Point::kLogSeal, Call::kWrite, "log: seal"},
    {Point::kLogExtend, Call::kWrite, "log: extend"},
    {Point::kLogHeader, Call::kWrite, "log: segment header"},
    {Point::kLogSync, Call::kSync, "log: sync"},
    {Point::kLogName, Call::kRename, "log: segment name"},
    {Point::kLogDirectory, Call::kSyncDirectory, "log: directory"},
    {Point::kLogTrim, Call::kTruncate, "log: trim"},
    {Point::kTreeWrite, Call::kWrite, "tree: write"},
    {Point::kTreeSync, Call::kSync, "tree: sync"},
    {Point::kOffsetsWrite, Call::kWrite, "offsets: write"},
    {Point::kOffsetsSync, Call::kSync, "offsets: sync"},
    {Point::kRunCreate, Call::kCreate, "run: create"},
    {Point::kRunWrite, Call::kWrite, "run: write"},
    {Point::kRunSync, Call::kSync, "run: sync"},
    {Point::kRunRemove, Call::kRemove, "run: remove"},
    {Point::kIndexDirectory, Call::kSyncDirectory, "index: directory"},
    {Point::kManifestWrite, Call::kWrite, "manifest: write"},
    {Point::kManifestSync, Call::kSync, "manifest: sync"},
    {Point::kManifestName, Call::kRename, "manifest: name"},
    {Point::kFolderDirectory, Call::kSyncDirectory, "folder: directory"},
}};

std::optional<Point> LogWriteOf(BytesView data) {
  if (data.size() < 8) return std::nullopt;
  const std::uint32_t magic = GetU32(data.data());
  if (magic == 0) return Point::kLogExtend;
  if (magic != log::kRecordMagic) return Point::kLogHeader;
  if (data.size() < log::kRecordHeaderBytes) return std::nullopt;
  return GetU32(data.data() + kCountAt) == 0 ? Point::kLogSeal : Point::kLogAppend;
}

std::optional<Point> LogPointOf(const io::CallInfo& info) {
  switch (info.call) {
    case Call::kWrite: return LogWriteOf(info.data);
    case Call::kSync: return Point::kLogSync;
    case Call::kRename: return Point::kLogName;
    case Call::kTruncate: return Point::kLogTrim;
    default: return std::nullopt;
  }
}

std::optional<Point> RunPointOf(Call call) {
  switch (call) {
    case Call::kCreate: return Point::kRunCreate;
    case Call::kWrite: return Point::kRunWrite;
    case Call::kSync: return Point::kRunSync;
    case Call::kRemove: return Point::kRunRemove;
    default: return std::nullopt;
  }
}

std::optional<Point> ManifestPointOf(Call call) {
  switch (call) {
    case Call::kWrite: return Point::kManifestWrite;
    case Call::kSync: return Point::kManifestSync;
    case Call::kRename: return Point::kManifestName;
    default: return std::nullopt;
  }
}

std::optional<Point> WriteOrSync(Call call, Point write, Point sync) {
  if (call == Call::kWrite) return write;
  return call == Call::kSync ? std::optional(sync) : std::nullopt;
}

}  // namespace

const char* NameOf(Point point) {
  return kPointFacts[static_cast<std::size_t>(point)].name;
}

Call CallOf(Point point) {
  return kPointFacts[static_cast<std::size_t>(point)].call;
}

const char* NameOf(Call call) {
  switch (call) {
    case Call::kOpen: return "open";
    case Call::kCreate: return "create";
    case Call::kCreateDirectory: return "create directory";
    case Call::kRename: return "rename";
    case Call::kRemove: return "remove";
    case Call::kList: return "list";
    case Call::kExists: return "exists";
    case Call::kSyncDirectory: return "sync directory";
    case Call::kRead: return "read";
    case Call::kSize: return "size";
    case Call::kWrite: return "write";
    case Call::kTruncate: return "truncate";
    case Call::kSync: return "sync";
  }
  return "";
}

const char* NameOf(Fault fault) {
  switch (fault) {
    case Fault::kIoError: return "EIO";
    case Fault::kNoSpace: return "ENOSPC";
    case Fault::kShortWrite: return "short write";
    case Fault::kPowerLoss: return "death";
  }
  return "";
}

std::optional<Point> PointOf(const io::CallInfo& info) {
  const std::string_view path = info.path;
  if (info.call == Call::kSyncDirectory) {
    if (path.ends_with("/log")) return Point::kLogDirectory;
    if (path.ends_with("/index")) return Point::kIndexDirectory;
    return path == "ledger" ? std::optional(Point::kFolderDirectory) : std::nullopt;
  }
  if (path.find("/log/") != std::string_view::npos) return LogPointOf(info);
  if (path.ends_with(".run")) return RunPointOf(info.call);
  if (path.ends_with("/manifest.tmp")) return ManifestPointOf(info.call);
  if (path.ends_with("/tree")) {
    return WriteOrSync(info.call, Point::kTreeWrite, Point::kTreeSync);
  }
  if (path.ends_with("/offsets")) {
    return WriteOrSync(info.call, Point::kOffsetsWrite, Point::kOffsetsSync);
  }
  return std::nullopt;
}

bool Concerns(Fault fault, Call call) {
  switch (fault) {
    case Fault::kIoError:
    case Fault::kPowerLoss: return true;
    case Fault::kNoSpace:
      return call == Call::kWrite || call == Call::kTruncate || call == Call::kCreate ||
             call == Call::kCreateDirectory || call == Call::kRename;
    case Fault::kShortWrite: return call == Call::kWrite;
  }
  return false;
}

void FaultCounts::Add(const FaultCounts& more) {
  for (std::size_t call = 0; call < io::kCalls; call++) {
    for (std::size_t fault = 0; fault < kFaultKinds; fault++) {
      calls[call][fault] += more.calls[call][fault];
    }
  }
  for (std::size_t point = 0; point < kPoints; point++) points[point] += more.points[point];
}

std::uint64_t FaultCounts::Least() const {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t call = 0; call < io::kCalls; call++) {
    for (std::size_t fault = 0; fault < kFaultKinds; fault++) {
      const bool possible = Concerns(static_cast<Fault>(fault), static_cast<Call>(call));
      if (possible) least = std::min(least, calls[call][fault]);
    }
  }
  return std::min(least, *std::min_element(points.begin(), points.end()));
}

std::string FaultCounts::Table() const {
  std::string table;
  for (std::size_t call = 0; call < io::kCalls; call++) {
    table += std::string(NameOf(static_cast<Call>(call))) + ":";
    for (std::size_t fault = 0; fault < kFaultKinds; fault++) {
      if (!Concerns(static_cast<Fault>(fault), static_cast<Call>(call))) continue;
      table += std::string(" ") + NameOf(static_cast<Fault>(fault)) + " " +
               std::to_string(calls[call][fault]);
    }
    table += "\n";
  }
  for (std::size_t point = 0; point < kPoints; point++) {
    table += std::string(NameOf(static_cast<Point>(point))) + ": " + std::to_string(points[point]) +
             "\n";
  }
  return table;
}

void FaultPlan::Plan(std::mt19937_64& random) {
  planned_ = true;
  call_.reset();
  point_.reset();
  const bool at_point = random() % 2 == 0;
  if (at_point) {
    point_ = static_cast<Point>(random() % kPoints);
  } else {
    call_ = static_cast<Call>(random() % io::kCalls);
    // Ledgers create few directories.
    if (random() % 8 == 0) call_ = Call::kCreateDirectory;
  }
  do {
    fault_ = static_cast<Fault>(random() % kFaultKinds);
  } while (!Concerns(fault_, at_point ? CallOf(*point_) : *call_));
  skip_ = random() % 4 == 0 ? random() % 12 : 0;
  left_ = random() % 4 == 0 ? 1 + random() % 20 : 1;
}

bool FaultPlan::needs_opening() const {
  if (!planned_ || !call_) return false;
  switch (*call_) {
    case Call::kOpen:
    case Call::kCreateDirectory:
    case Call::kList:
    case Call::kExists:
    case Call::kSize: return true;
    default: return false;
  }
}

bool FaultPlan::Matches(const io::CallInfo& info) const {
  if (call_) return *call_ == info.call;
  return Concerns(fault_, info.call) && PointOf(info) == point_;
}

std::optional<Fault> FaultPlan::Ask(const io::CallInfo& info) {
  if (!planned_ || !Matches(info)) return std::nullopt;
  if (skip_ > 0) {
    skip_--;
    return std::nullopt;
  }
  if (--left_ == 0 || fault_ == Fault::kPowerLoss) planned_ = false;
  struck_++;
  counts_.calls[static_cast<std::size_t>(info.call)][static_cast<std::size_t>(fault_)]++;
  if (const auto point = PointOf(info)) counts_.points[static_cast<std::size_t>(*point)]++;
  return fault_;
}

}  // namespace immudb::simulation
