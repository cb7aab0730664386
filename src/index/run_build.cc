#include "index/run_build.h"

#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace immudb::index {

RunBuild::RunBuild(Target target, std::shared_ptr<const void> pins, std::unique_ptr<Cursor> cursor)
    : target_(std::move(target)),
      path_(io::JoinPath(target_.directory, RunFileName(target_.options.number))),
      pins_(std::move(pins)),
      cursor_(std::move(cursor)) {}

RunBuild::~RunBuild() {
  if (is_taken_) return;
  run_.reset();
  writer_.reset();
  // If this fails the file is a leftover: its number is not used again.
  static_cast<void>(target_.files.Remove(path_));
}

Status RunBuild::Start() {
  IMMUDB_ASSIGN(writer_, RunWriter::Create(target_.files, path_, target_.options));
  return cursor_->Seek({});
}

Status RunBuild::Finish() {
  IMMUDB_ASSIGN(const RunInfo info, writer_->Finish());
  IMMUDB_TRY(target_.files.SyncDirectory(target_.directory));
  IMMUDB_ASSIGN(run_, Run::Open(target_.files, target_.cache, target_.directory,
                                target_.options.ledger, info));
  return {};
}

Result<bool> RunBuild::Step(std::uint64_t bytes) {
  if (writer_ == nullptr) IMMUDB_TRY(Start());
  const std::uint64_t begin = writer_->bytes();
  while (cursor_->valid()) {
    if (writer_->bytes() - begin >= bytes) {
      IMMUDB_TRY(writer_->Sync());
      return false;
    }
    IMMUDB_TRY(writer_->Add(cursor_->position(), cursor_->kind()));
    IMMUDB_TRY(cursor_->Next());
  }
  IMMUDB_TRY(Finish());
  return true;
}

Run::Pointer RunBuild::Take() {
  IMMUDB_CHECK(run_ != nullptr);
  is_taken_ = true;
  return std::exchange(run_, nullptr);
}

}  // namespace immudb::index
