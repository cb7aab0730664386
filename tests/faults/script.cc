#include "script.h"

#include <cstdlib>

#include "immudb/cursor.h"
#include "ledger/test_reads.h"

namespace immudb::faults {
namespace {

using ledger::ModelEntry;
using ledger::Oracle;

// Segments of one page and a checkpoint whenever there is something new, so that little work does
// everything that much work does.
constexpr EngineOptions kOptions{.block_cache_bytes = 1u << 20,
                                 .log_segment_bytes = 4096,
                                 .checkpoint_log_bytes = 1,
                                 .reserve_bytes = 512,
                                 .merge_bytes_per_second = 0};
constexpr std::size_t kRunsPerTier = 4;  // See index::KeyIndex::Options.
constexpr std::size_t kRollBytes = 3500;
constexpr std::size_t kMany = 100;
constexpr std::uint64_t kManyStep = 23;

}  // namespace

const char* NameOf(Step step) {
  switch (step) {
    case Step::kSet: return "set";
    case Step::kBatch: return "batch";
    case Step::kCheckpoint: return "checkpoint";
    case Step::kMerge: return "merge";
    case Step::kRoll: return "roll";
    case Step::kRestart: return "restart";
  }
  return "";
}

bool IsExhaustive() {
  return std::getenv("IMMUDB_TEST_EXHAUSTIVE") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

Sample::Sample(std::uint64_t seed, std::uint64_t one_in)
    : random_(seed), one_in_(IsExhaustive() ? 1 : one_in) {}

Script::Script(std::uint64_t seed) : world(kOptions, seed) {
  world.hold_merges = true;
}

Status Script::Commit(std::vector<ModelEntry> batch) {
  WriteBatch written;
  for (const ModelEntry& entry : batch) {
    written.Add(entry.kind, AsBytes(entry.key), AsBytes(entry.value));
  }
  batches_.push_back(batch);
  model.Append(std::move(batch));
  const Result<CommitResult> done = world.Commit(std::move(written));
  if (!done) return done.error();
  EXPECT_EQ(done->last.value + 1, model.size());
  acknowledged = model.size();
  return {};
}

Status Script::SetOne(std::size_t value_bytes) {
  const std::string number = std::to_string(model.size());
  // Few keys, so that they have versions.
  std::string value = "value" + number;
  value.resize(std::max(value.size(), value_bytes), 'v');
  return Commit({Oracle::Plain("key" + std::to_string(model.size() % 5), value)});
}

Status Script::Prepare() {
  Status done = SetOne(0);
  if (done) done = SetOne(0);
  return done;
}

Status Script::Do(Step step) {
  switch (step) {
    case Step::kSet: return SetOne(0);
    case Step::kBatch: {
      const std::string number = std::to_string(model.size());
      return Commit({Oracle::Plain("batch" + number, "first" + number),
                     Oracle::Reference("name" + std::to_string(model.size() % 3), "key1", {}),
                     Oracle::Member("set", 1.5, "key2", 2)});
    }
    case Step::kCheckpoint: world.Elapse(); return {};
    case Step::kMerge:
      world.Elapse();
      world.MergeRuns();
      return {};
    case Step::kRoll: return SetOne(kRollBytes);
    case Step::kRestart: {
      Status done = world.Close();
      if (done) done = world.Open();
      return done;
    }
  }
  return {};
}

void Script::Build(std::size_t many) {
  ASSERT_TRUE(world.Create());
  ASSERT_TRUE(world.Open());
  std::vector<ModelEntry> first;
  for (std::size_t i = 0; i < many; i++) {
    first.push_back(Oracle::Plain("many" + std::to_string(i), std::to_string(i)));
  }
  if (many > 0) {
    ASSERT_TRUE(Commit(std::move(first)));
  }
  for (std::size_t run = 0; run < kRunsPerTier; run++) {
    for (int i = 0; i < 2; i++) ASSERT_TRUE(SetOne(0));
    ASSERT_TRUE(Do(Step::kBatch));
    if (run == 1) {
      ASSERT_TRUE(Do(Step::kRoll));
    }
    ASSERT_TRUE(Do(Step::kCheckpoint));
  }
  ASSERT_TRUE(SetOne(0));
  ASSERT_TRUE(world.Close());
  built_ = Save();
}

Script::Moment Script::Save() const {
  return {.disk = world.files.TakeSnapshot(), .batches = batches_, .acknowledged = acknowledged};
}

void Script::Restore(const Moment& moment) {
  world.Restore(moment.disk);
  batches_ = moment.batches;
  model = {};
  for (const std::vector<ModelEntry>& batch : batches_) model.Append(batch);
  acknowledged = moment.acknowledged;
}

bool Script::CutTo(std::uint64_t size) {
  if (size == model.size()) return true;
  std::vector<std::vector<ModelEntry>> kept;
  model = {};
  for (std::vector<ModelEntry>& batch : batches_) {
    if (model.size() >= size) break;
    model.Append(batch);
    kept.push_back(std::move(batch));
  }
  batches_ = std::move(kept);
  return model.size() == size;
}

std::string Script::OpenAndCheck() {
  if (const Status opened = world.Open(); !opened) return "opening: " + opened.error().message;
  const LedgerStatistics statistics = world.ledger->statistics();
  if (statistics.damaged) return "damage is reported where there is none";
  const std::string counts = std::to_string(statistics.entries) + " entries, acknowledged " +
                             std::to_string(acknowledged) + ", submitted " +
                             std::to_string(model.size());
  if (statistics.entries < acknowledged) return "acknowledged entries are gone: " + counts;
  if (statistics.entries > model.size()) return "more than was submitted: " + counts;
  if (!CutTo(statistics.entries)) return "half a batch: " + counts;
  acknowledged = model.size();  // What was shown once must stay.
  return Compare();
}

std::string Script::CompareEntry(std::uint64_t index) {
  const ModelEntry& expected = model.log[index];
  const std::string what = "entry " + std::to_string(index) + ": ";
  const Result<Entry> entry = world.ledger->At({index});
  if (!entry) return what + entry.error().message;
  if (Oracle::Item(*entry) != model.Item(index) || entry->kind != expected.kind) {
    return what + "not what was written";
  }
  if (index != expected.last_of_batch) return "";
  // A root that was given out when the batch was acknowledged.
  const Result<EntryProof> proof = world.ledger->Prove({index}, {index + 1}, LeafIndex{0});
  if (!proof) return what + proof.error().message;
  if (proof->inclusion.head != model.tree.Head(index + 1)) return what + "another root";
  const Status verified =
      VerifyEntry({index}, entry->key, entry->value, *proof, model.tree.Head(1));
  return verified ? "" : what + verified.error().message;
}

std::string Script::CompareKeys() {
  std::uint64_t number = 0;
  for (const auto& [key, indexes] : model.versions) {
    if (model.size() > kMany && number++ % kManyStep != 0) continue;
    const std::string what = "key " + key + ": ";
    const Result<Entry> entry = world.ledger->Get(AsBytes(key));
    const std::string answer = entry ? Oracle::Item(*entry) : entry.error().message;
    if (answer != model.Get(key)) return what + answer;
    const auto history = ledger::ReadAll(world.ledger->History({.key = ledger::ToBytes(key)}));
    if (!history) return what + history.error().message;
    Oracle::Answers answers;
    for (const Entry& version : *history) answers.push_back(Oracle::Item(version));
    if (answers != model.History(key, ScanOrder::kForward, {})) return what + "another history";
  }
  return "";
}

std::string Script::Compare() {
  const Result<TreeHead> head = world.ledger->Head();
  if (!head) return "head: " + head.error().message;
  if (*head != model.tree.Head(model.size())) return "the newest root is another one";
  const std::uint64_t step = model.size() > kMany ? kManyStep : 1;
  for (std::uint64_t i = 0; i < model.size(); i += step) {
    if (std::string wrong = CompareEntry(i); !wrong.empty()) return wrong;
  }
  if (std::string wrong = CompareKeys(); !wrong.empty()) return wrong;
  const auto logged = ledger::ReadAll(world.ledger->EntriesFrom({0}));
  if (!logged) return "entries: " + logged.error().message;
  if (logged->size() != model.size()) return "entries: not as many as there are";
  for (std::uint64_t i = 0; i < model.size(); i++) {
    if (Oracle::Item((*logged)[i].entry) != model.Item(i) ||
        (*logged)[i].ends_batch != (model.log[i].last_of_batch == i)) {
      return "entries: number " + std::to_string(i) + " is another one";
    }
  }
  return "";
}

std::string Script::CheckGoesOn() {
  if (const Status set = Do(Step::kSet); !set) return "set: " + set.error().message;
  if (const Status again = Do(Step::kRestart); !again) return "restart: " + again.error().message;
  if (world.ledger->statistics().entries != model.size()) return "the new entry is gone";
  return Compare();
}

}  // namespace immudb::faults
