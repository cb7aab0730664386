// Building a run file from ordered versions, in pieces, so that whoever does it can pause.

#pragma once

#include <memory>
#include <string>

#include "index/cursor.h"
#include "index/run.h"
#include "index/run_writer.h"
#include "io/block_cache.h"
#include "io/file_system.h"

namespace immudb::index {

// Not thread-safe. What it reads from must not change; `files` and `cache` must outlive it.
class RunBuild {
 public:
  struct Target {
    io::FileSystem& files;
    io::BlockCache& cache;
    std::string directory;
    RunWriter::Options options;
  };

  // Keeps `pins`, which own what `cursor` reads from, as long as it lives.
  RunBuild(Target target, std::shared_ptr<const void> pins, std::unique_ptr<Cursor> cursor);
  // Removes the file unless its run was taken.
  ~RunBuild();
  RunBuild(const RunBuild&) = delete;
  RunBuild& operator=(const RunBuild&) = delete;

  // Writes about `bytes` more, durably, so that no large sync is left for the end; returns whether
  // the run is complete: then it is durable with its name, and has been opened.
  // Errors: those of the file, and of reading the versions: it can then only be dropped.
  Result<bool> Step(std::uint64_t bytes);

  std::uint64_t written_bytes() const { return writer_ == nullptr ? 0 : writer_->bytes(); }

  // Requires: Step has returned true.
  Run::Pointer Take();

 private:
  Status Start();
  Status Finish();

  const Target target_;
  const std::string path_;
  const std::shared_ptr<const void> pins_;
  const std::unique_ptr<Cursor> cursor_;
  std::unique_ptr<RunWriter> writer_;
  Run::Pointer run_;
  bool is_taken_ = false;
};

}  // namespace immudb::index
