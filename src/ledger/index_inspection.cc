#include "ledger/index_inspection.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.h"
#include "index/key_order.h"

namespace immudb::ledger {
namespace {

Error Contradiction(const index::Run& run, std::string_view what, std::uint64_t index) {
  return Fail(Code::kCorrupted, "{}: {}, at the version of entry {}", run.path(), what, index);
}

}  // namespace

Status IndexInspection::Inspect(const index::Manifest& manifest) {
  for (const index::RunInfo& info : manifest.runs) {
    if (std::find(seen_.begin(), seen_.end(), info) != seen_.end()) continue;
    InspectedRun run{.info = info, .sum = {}};
    IMMUDB_ASSIGN(const bool in_order, InspectRun(manifest, run));
    seen_.push_back(info);
    if (in_order) in_order_.push_back(run);
  }
  return {};
}

std::vector<InspectedRun> IndexInspection::RunsOf(const index::Manifest& manifest) const {
  std::vector<InspectedRun> runs;
  for (const InspectedRun& run : in_order_) {
    const bool is_named =
        std::find(manifest.runs.begin(), manifest.runs.end(), run.info) != manifest.runs.end();
    if (is_named) runs.push_back(run);
  }
  return runs;
}

Result<bool> IndexInspection::InspectRun(const index::Manifest& manifest, InspectedRun& run) {
  Status walked;
  const auto opened = index::Run::Open(files_, cache_, directory_, manifest.ledger, run.info);
  if (opened) {
    walked = Walk(**opened, index::HashSeed(manifest.ledger), run.sum);
  } else {
    walked = opened.error();
  }
  if (walked) return true;
  if (walked.error().code != Code::kCorrupted) return std::move(walked).error();
  findings_.Add(InspectedPart::kIndex, walked.error().message);
  return false;
}

Status IndexInspection::Walk(const index::Run& run, std::uint64_t hash_seed, VersionSum& sum) {
  has_previous_ = false;
  keys_ = 0;
  std::uint64_t versions = 0;
  const std::unique_ptr<index::Cursor> cursor = run.NewCursor(index::Access::kDisk);
  IMMUDB_TRY(cursor->Seek({.key = {}, .index = index::kBeforeNewest}));
  while (cursor->valid()) {
    const index::Position at = cursor->position();
    IMMUDB_TRY(CheckVersion(run, at, cursor->kind(), hash_seed));
    sum += hasher_.Hash({.key = at.key, .index = {at.index}, .kind = cursor->kind()});
    ++versions;
    IMMUDB_TRY(cursor->Next());
  }
  versions_ += versions;
  if (versions != run.info().entries || keys_ != run.info().keys) {
    return Fail(Code::kCorrupted, "{}: holds {} versions of {} keys, and {} of {} are recorded",
                run.path(), versions, keys_, run.info().entries, run.info().keys);
  }
  return {};
}

Status IndexInspection::CheckVersion(const index::Run& run, const index::Position& at,
                                     std::uint8_t kind, std::uint64_t hash_seed) {
  if (at.index < run.info().from.value || at.index >= run.info().to.value) {
    return Contradiction(run, "an entry of another run", at.index);
  }
  const int order = has_previous_ ? index::CompareKeys(previous_key_, at.key) : -1;
  if (order > 0 || (order == 0 && previous_index_ <= at.index)) {
    return Contradiction(run, "versions are not sorted", at.index);
  }
  previous_index_ = at.index;
  if (order == 0) return {};
  has_previous_ = true;
  previous_key_.assign(at.key.begin(), at.key.end());
  ++keys_;
  // The newest of its key: what a look-up must find.
  IMMUDB_ASSIGN(const std::optional<index::Version> found,
                run.Find(at.key, index::HashKey(hash_seed, at.key), TreeSize{run.info().to.value},
                         index::Access::kDisk));
  const index::Version expected{.index = {at.index}, .kind = kind};
  if (found == expected) return {};
  return Contradiction(run, "a key is not found by its filter and fences", at.index);
}

}  // namespace immudb::ledger
