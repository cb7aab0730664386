#include "cli/new_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace immudb::cli {
namespace {

constexpr std::size_t kBufferBytes = 1u << 20;
constexpr std::size_t kPathBytesMax = 4000;
constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// A handler of signals reaches nothing but what has a fixed place. Empty: nothing to remove.
std::array<char, 4096> path_to_remove{};

// Ends the program as the signal would have done.
extern "C" void RemoveAndEnd(int signal) {
  ::unlink(path_to_remove.data());
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

std::string PartialPath(const std::string& path) {
  return path + ".partial";
}

}  // namespace

RemoveOnSignal::RemoveOnSignal(const std::string& path) {
  IMMUDB_CHECK(path_to_remove[0] == '\0');
  IMMUDB_CHECK(path.size() < path_to_remove.size());
  std::copy(path.begin(), path.end(), path_to_remove.begin());
  path_to_remove[path.size()] = '\0';
  for (const int signal : kSignals) {
    // A signal that is ignored, as under nohup, stays so.
    if (std::signal(signal, RemoveAndEnd) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

RemoveOnSignal::~RemoveOnSignal() {
  for (const int signal : kSignals) {
    if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
  path_to_remove[0] = '\0';
}

Result<std::unique_ptr<NewFile>> NewFile::Create(io::FileSystem& files, const std::string& path) {
  if (path.size() > kPathBytesMax) {
    return Fail(Code::kInvalidArgument, "the file's path is longer than {} bytes", kPathBytesMax);
  }
  IMMUDB_ASSIGN(const bool exists, files.Exists(path));
  if (exists) return Fail(Code::kExists, "{} exists already", path);
  if (Status removed = files.Remove(PartialPath(path));
      !removed && removed.error().code != Code::kNotFound) {
    return removed.error();
  }
  IMMUDB_ASSIGN(auto file, files.Open(PartialPath(path), io::OpenMode::kCreateNew));
  return std::unique_ptr<NewFile>(new NewFile(files, path, std::move(file)));
}

NewFile::NewFile(io::FileSystem& files, std::string path, std::unique_ptr<io::File> file)
    : files_(&files),
      path_(std::move(path)),
      partial_path_(PartialPath(path_)),
      guard_(partial_path_),
      file_(std::move(file)) {
  buffer_.reserve(kBufferBytes);
}

NewFile::~NewFile() {
  file_.reset();
  if (is_committed_) return;
  // Nobody can be told of a failure here; what is left is named for what it is.
  const Status ignored = files_->Remove(partial_path_);
  static_cast<void>(ignored);
}

Status NewFile::Append(BytesView bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  if (buffer_.size() < kBufferBytes) return {};
  IMMUDB_TRY(file_->Write(written_bytes_, BytesView(buffer_)));
  written_bytes_ += buffer_.size();
  buffer_.clear();
  return {};
}

Status NewFile::Commit() {
  IMMUDB_CHECK(!is_committed_);
  IMMUDB_TRY(file_->Write(written_bytes_, BytesView(buffer_)));
  IMMUDB_TRY(file_->Sync());
  IMMUDB_ASSIGN(const bool exists, files_->Exists(path_));
  if (exists) return Fail(Code::kExists, "{} has appeared meanwhile", path_);
  IMMUDB_TRY(files_->Rename(partial_path_, path_));
  is_committed_ = true;
  return files_->SyncDirectory(io::ParentPath(path_));
}

}  // namespace immudb::cli
