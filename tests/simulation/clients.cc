// The part of Simulation that is about its clients: what they write and read, and what they check.

#include <algorithm>

#include "immudb/cursor.h"
#include "immudb/verify.h"
#include "ledger/test_reads.h"
#include "simulation.h"

namespace immudb::simulation {
namespace {

using ledger::ModelEntry;
using ledger::Oracle;
using ledger::ToBytes;

constexpr std::uint64_t kKeys = 300;
constexpr std::uint64_t kNames = 20;
constexpr std::size_t kRowsMax = 12;

std::string TextOf(const Result<Entry>& entry) {
  return entry ? Oracle::Item(*entry) : entry.error().message;
}

Oracle::Answers Items(const std::vector<Entry>& entries) {
  Oracle::Answers answers;
  for (const Entry& entry : entries) answers.push_back(Oracle::Item(entry));
  return answers;
}

// The first items of an answer.
template <typename Item>
Result<std::vector<Item>> Page(Result<std::unique_ptr<Cursor<Item>>> cursor, std::size_t rows) {
  if (!cursor) return std::move(cursor).error();
  std::vector<Item> items;
  for (bool more = true; more && items.size() < rows;) {
    Result<bool> read = (*cursor)->Read({.rows = rows}, items);
    if (!read) return std::move(read).error();
    more = *read;
  }
  items.resize(std::min(items.size(), rows));
  return items;
}

}  // namespace

std::string Simulation::AnyKey() {
  return "key" + std::to_string(Chance(3) ? Below(10) : Below(kKeys));
}

std::vector<ModelEntry> Simulation::AnyBatch() {
  std::size_t count = 1;
  if (Chance(6)) count = 1 + Below(12);
  std::vector<ModelEntry> entries;
  for (std::size_t i = 0; i < count; i++) {
    // The ticket tells apart what was submitted twice.
    std::string value = std::to_string(tickets_) + "." + std::to_string(i);
    value.resize(value.size() + (Chance(60) ? Below(6000) : Below(60)), 'v');
    entries.push_back(Oracle::Plain(AnyKey(), std::move(value)));
  }
  return entries;
}

// A reference or a member of a set, as the ledger binds it.
Result<WriteBatch> Simulation::Bind(std::vector<ModelEntry>& entries) {
  Target target{.key = ToBytes(AnyKey())};
  if (Chance(2) && model_.size() > 0)
    target = {.key = {}, .index = LeafIndex{Below(model_.size())}};
  const auto index = target.index ? std::optional(target.index->value) : std::nullopt;
  std::string key = ledger::AsString(target.key);
  const std::string refusal = model_.Resolve(key, index);
  const bool is_reference = Chance(2);
  const std::string name = "name" + std::to_string(Below(kNames));
  const double score = static_cast<double>(tickets_);  // So that no two have one key.
  const std::uint64_t struck = faults_.struck();
  Result<WriteBatch> batch = is_reference
                                 ? ledger_->BindReference(AsBytes(name), target)
                                 : ledger_->BindSortedSetEntry(AsBytes(name), score, target);
  if (!batch) {
    if (batch.error().message != refusal && !IsExcused(batch.error(), struck)) {
      Wrong("a target was refused: " + batch.error().message);
    }
    return batch;
  }
  Expect(refusal.empty(), "a target was bound that should be refused");
  if (refusal.empty()) {
    entries = {is_reference ? Oracle::Reference(name, key, index)
                            : Oracle::Member(name, score, key, index)};
  }
  return batch;
}

void Simulation::SubmitSome(std::size_t number) {
  tickets_++;
  std::vector<ModelEntry> entries;
  WriteBatch batch;
  if (Chance(10)) {
    Result<WriteBatch> bound = Bind(entries);
    if (!bound) return;
    batch = *std::move(bound);
  } else {
    entries = AnyBatch();
    for (const ModelEntry& entry : entries) batch.Set(AsBytes(entry.key), AsBytes(entry.value));
  }
  const std::uint64_t ticket = tickets_;
  unacknowledged_.push_back({.ticket = ticket, .entries = std::move(entries)});
  clients_[number].in_flight++;
  submitting_ = ticket;
  ledger_->Submit(std::move(batch),
                  [this, number, ticket, process = process_](Result<CommitResult> result) {
                    if (process == process_) OnAnswer(number, ticket, result);
                  });
  submitting_.reset();
}

void Simulation::OnAnswer(std::size_t number, std::uint64_t ticket,
                          const Result<CommitResult>& result) {
  clients_[number].in_flight--;
  if (result) return OnAcknowledged(number, ticket, *result);
  const Code code = result.error().code;
  Note(100 + static_cast<std::uint64_t>(code));
  const bool queued = submitting_ != ticket;
  if (code == Code::kClosed) ReopenWithin(30);
  // A full queue is no fault.
  const bool is_allowed = code == Code::kClosed || (!queued && code == Code::kExhausted);
  if (!is_allowed && !disk_was_small_ && !IsExcused(result.error(), struck_at_open_)) {
    Wrong("a call was refused: " + result.error().message);
  }
  if (queued) return;  // It may turn up.
  Expect(unacknowledged_.back().ticket == ticket, "a call was refused late");
  unacknowledged_.pop_back();
}

void Simulation::OnAcknowledged(std::size_t number, std::uint64_t ticket,
                                const CommitResult& result) {
  const auto call =
      std::find_if(unacknowledged_.begin(), unacknowledged_.end(),
                   [ticket](const Submitted& submitted) { return submitted.ticket == ticket; });
  if (call == unacknowledged_.end()) return Wrong("a call was answered twice");
  Expect(result.first.value == model_.size(), "an index was left out or given twice");
  Expect(result.last.value + 1 == model_.size() + call->entries.size(),
         "another number of entries");
  if (is_wrong()) return;
  model_.Append(std::move(call->entries));
  unacknowledged_.erase(call);
  outcome_.commits++;
  Note(result.last.value);
  VerifyOwn(clients_[number], result.last);
}

// As a verified write does: a proof of the newest entry, in the newest tree that the client has to
// have seen.
void Simulation::VerifyOwn(Client& client, LeafIndex index) {
  TreeSize size{index.value + 1};
  std::optional<LeafIndex> since;
  if (client.trusted) {
    size = std::max(size, client.trusted->size);
    since = LeafIndex{client.trusted->size.value - 1};
  }
  const std::uint64_t struck = faults_.struck();
  const Result<EntryProof> proof = ledger_->Prove(index, size, since);
  if (Failed(proof, "a proof of what was just written", struck)) return;
  const ModelEntry& entry = model_.log[index.value];
  const Status verified =
      VerifyEntry(index, AsBytes(entry.key), AsBytes(entry.value), *proof, client.trusted);
  if (!verified) return Wrong("own entry: " + verified.error().message);
  if (Chance(64)) {
    const std::string other = entry.value + "x";
    Expect(!VerifyEntry(index, AsBytes(entry.key), AsBytes(other), *proof, client.trusted),
           "a proof holds for another value");
  }
  client.trusted = proof->inclusion.head;
}

// Whether an answer is an error; and if a fault is the reason, all is well.
template <typename T>
bool Simulation::Failed(const Result<T>& answer, const char* what, std::uint64_t struck_before) {
  outcome_.reads++;
  if (answer) return false;
  Note(200 + static_cast<std::uint64_t>(answer.error().code));
  const bool excused = answer.error().code == Code::kIo && IsExcused(answer.error(), struck_before);
  if (!excused) Wrong(std::string(what) + ": " + answer.error().message);
  return true;
}

void Simulation::ReadSome(std::size_t number) {
  if (model_.size() == 0) return;
  Expect(ledger_->statistics().entries == model_.size(),
         "another number of entries than were acknowledged");
  switch (Below(8)) {
    case 0:
    case 1: return ReadKey();
    case 2: return ReadAt();
    case 3: return ReadProven(clients_[number]);
    case 4: return ReadConsistency(clients_[number]);
    case 5: return ReadScan();
    case 6: return ReadHistory();
    default: return ReadEntries();
  }
}

void Simulation::ReadKey() {
  const std::string key = Chance(6) ? "name" + std::to_string(Below(kNames)) : AnyKey();
  const std::uint64_t struck = faults_.struck();
  const Result<Entry> entry = ledger_->Get(AsBytes(key));
  if (TextOf(entry) == model_.Get(key)) {
    outcome_.reads++;
    return;
  }
  if (Failed(entry, "a key", struck)) return;
  Wrong("key " + key + ": " + TextOf(entry) + " instead of " + model_.Get(key));
}

void Simulation::ReadAt() {
  const std::uint64_t index = Below(model_.size());
  const std::uint64_t struck = faults_.struck();
  const Result<Entry> entry = ledger_->At({index});
  if (Failed(entry, "an entry", struck)) return;
  Expect(Oracle::Item(*entry) == model_.Item(index), "another entry");
}

void Simulation::ReadProven(Client& client) {
  const std::uint64_t index = Below(model_.size());
  std::optional<LeafIndex> since;
  if (client.trusted) since = LeafIndex{client.trusted->size.value - 1};
  const std::uint64_t struck = faults_.struck();
  const Result<ProvenEntry> read = ledger_->AtProven({index}, since);
  if (Failed(read, "a proven entry", struck)) return;
  const TreeHead& head = read->proof.inclusion.head;
  Expect(head == model_.tree.Head(model_.size()), "a proof with another root");
  Expect(Oracle::Item(read->entry) == model_.Item(index), "another proven entry");
  const Status verified =
      VerifyEntry({index}, read->entry.key, read->entry.value, read->proof, client.trusted);
  if (!verified) return Wrong("a proven entry: " + verified.error().message);
  Note(head.root[0]);
  client.trusted = head;
}

void Simulation::ReadConsistency(Client& client) {
  if (!client.trusted) return;
  const std::uint64_t struck = faults_.struck();
  const auto proof = ledger_->ProveConsistency({client.trusted->size.value - 1});
  if (Failed(proof, "a proof of consistency", struck)) return;
  Expect(proof->newer == model_.tree.Head(model_.size()), "a newer tree with another root");
  const Status verified = VerifyConsistency(*client.trusted, *proof);
  if (!verified) return Wrong("consistency: " + verified.error().message);
  client.trusted = proof->newer;
}

void Simulation::ReadScan() {
  const std::string prefix = "key" + std::to_string(Below(100));
  const std::string after = Chance(2) ? "" : AnyKey();
  const ScanOrder order = Chance(2) ? ScanOrder::kForward : ScanOrder::kReverse;
  const std::size_t rows = 1 + Below(kRowsMax);
  const std::uint64_t struck = faults_.struck();
  const auto items = Page(ledger_->Scan({.prefix = ToBytes(prefix),
                                         .after = ToBytes(after),
                                         .order = order,
                                         .follow_references = true}),
                          rows);
  if (Failed(items, "a scan", struck)) return;
  Expect(Items(*items) == model_.Scan(prefix, after, order, true, rows), "another scan");
}

void Simulation::ReadHistory() {
  const std::string key = "key" + std::to_string(10 + Below(kKeys - 10));
  const std::uint64_t struck = faults_.struck();
  const auto items = ledger::ReadAll(ledger_->History({.key = ToBytes(key)}), {.rows = 50});
  if (Failed(items, "a history", struck)) return;
  Expect(Items(*items) == model_.History(key, ScanOrder::kForward, {}), "another history");
}

void Simulation::ReadEntries() {
  const std::uint64_t first = Below(model_.size());
  const std::uint64_t struck = faults_.struck();
  const auto items = Page(ledger_->EntriesFrom({first}), 1 + Below(kRowsMax));
  if (Failed(items, "entries", struck)) return;
  std::uint64_t index = first;
  for (const LoggedEntry& logged : *items) {
    Expect(Oracle::Item(logged.entry) == model_.Item(index) &&
               logged.ends_batch == (model_.log[index].last_of_batch == index),
           "entries: another one");
    index++;
  }
}

}  // namespace immudb::simulation
