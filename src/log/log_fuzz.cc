// A fuzz target: the bytes of a log's segments. Whatever they are, the log opens or says why not;
// what it shows continues itself, can be read back, and is still there after a power cut; and a
// damaged log is left as it is.
//
// The first byte chooses what is made of the rest; see Plan.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/testing/fuzz_target.h"
#include "io/memory_file_system.h"
#include "log/entry.h"
#include "log/framed.h"
#include "log/log.h"
#include "log/record.h"
#include "log/salvage.h"
#include "log/segment.h"

namespace immudb::log {
namespace {

constexpr LedgerId kId{{7, 7, 7, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

// What the first byte says.
struct Plan {
  explicit Plan(std::uint8_t choice)
      : seals_headers((choice & 1) == 0),
        seals_entries((choice & 2) == 0),
        numbers_records((choice & 4) != 0),
        has_two_segments((choice & 8) != 0),
        all_is_known_durable((choice & 16) != 0) {}

  bool seals_headers;         // Their checksums are made to fit, which chance never does.
  bool seals_entries;         // Likewise.
  bool numbers_records;       // Their first indexes too.
  bool has_two_segments;      // The next byte says where the second begins.
  bool all_is_known_durable;  // Somebody knows that all of the input was synced.
};

// Where fields stand in a record's header; docs/formats/log.md has them all.
RecordHeader FieldsOf(const std::uint8_t* header) {
  RecordHeader fields{.first = {GetU64(header + 8)},
                      .count = GetU32(header + 16),
                      .body_bytes = GetU64(header + 24),
                      .time_us = GetLittle<std::int64_t>(header + 32),
                      .durable_end = {GetU64(header + 40)},
                      .root_before = {}};
  std::memcpy(fields.root_before.data(), header + 48, fields.root_before.size());
  return fields;
}

void SealEntries(std::span<std::uint8_t> body, const RecordHeader& header) {
  for (std::uint32_t i = 0; i < header.count; ++i) {
    const auto lengths = DecodeEntryLengths(body);
    if (!lengths || lengths->framed_bytes() > body.size()) return;
    RefreshValueChecksum(body);
    const bool is_last = (body[1] & 1) != 0;
    body = body.subspan(FinishEntry(body, {header.first.value + i},
                                    is_last ? LastOfBatch::kYes : LastOfBatch::kNo));
  }
}

// Takes `log`, the bytes of all segments without their headers, for records one after the other.
void Seal(std::span<std::uint8_t> log, const Plan& plan) {
  const RecordCodec codec(kId);
  LeafIndex next{};
  for (std::size_t at = 0; at + kRecordHeaderBytes <= log.size();) {
    RecordHeader header = FieldsOf(log.data() + at);
    if (plan.numbers_records) header.first = next;
    next.value += header.count;
    const std::size_t left = log.size() - at - kRecordHeaderBytes;
    const std::size_t body_bytes = std::min<std::uint64_t>(left, header.body_bytes);
    if (plan.seals_entries) SealEntries(log.subspan(at + kRecordHeaderBytes, body_bytes), header);
    if (plan.seals_headers) {
      const auto sealed = codec.Encode(header, {at});
      std::ranges::copy(sealed, log.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (header.body_bytes > left) return;
    at += RecordBytes(header.body_bytes);
  }
}

struct ShownRecord {
  LogPosition position;
  RecordHeader header;
  Bytes body;
  bool operator==(const ShownRecord&) const = default;
};

class World {
 public:
  explicit World(const OpenOptions& options) : options_(options) {
    IMMUDB_CHECK(files_.CreateDirectory("log").has_value());
    IMMUDB_CHECK(files_.SyncDirectory(".").has_value());
  }

  void AddSegment(const SegmentHeader& header, BytesView content) {
    const auto file = files_.Open("log/" + SegmentName(header.number), io::OpenMode::kCreateNew);
    IMMUDB_CHECK(file.has_value());
    const auto head = EncodeSegmentHeader(header);
    const std::vector<BytesView> parts = {head, content};
    IMMUDB_CHECK((*file)->Write(0, parts).has_value());
    IMMUDB_CHECK((*file)->Sync().has_value());
    IMMUDB_CHECK(files_.SyncDirectory("log").has_value());
  }

  // Opens the log; false if it does not open.
  bool Open() {
    opened_ = {};
    shown.clear();
    auto opened = Log::Open(files_, "log", kId, options_,
                            [this](LogPosition at, const RecordHeader& header, BytesView body) {
                              shown.push_back({at, header, Bytes(body.begin(), body.end())});
                              return Status();
                            });
    if (!opened) {
      IMMUDB_CHECK(opened.error().code == Code::kCorrupted ||
                   opened.error().code == Code::kUnsupported);
      return false;
    }
    opened_ = *std::move(opened);
    return true;
  }

  void CutPower() { files_.Crash(io::CrashPolicy::kDropAll); }

  std::map<std::string, Bytes> Contents() const {
    std::map<std::string, Bytes> contents;
    for (const std::string& path : files_.AllFiles("log")) contents[path] = *files_.ReadAll(path);
    return contents;
  }

  Log& log() { return *opened_.log; }
  const Log::Opened& opened() const { return opened_; }

  std::vector<ShownRecord> shown;

 private:
  io::MemoryFileSystem files_;
  const OpenOptions options_;
  Log::Opened opened_;
};

// The records with entries: seals may come and go.
std::vector<ShownRecord> Filled(std::vector<ShownRecord> shown) {
  std::erase_if(shown, [](const ShownRecord& record) { return record.header.is_seal(); });
  return shown;
}

// All that was shown is there, one after the other. Opening may drop seals at the end.
void CheckContinuous(World& world) {
  LogPosition end{};
  LogPosition filled_end{};
  LeafIndex next{};
  for (const ShownRecord& record : world.shown) {
    IMMUDB_CHECK(record.position == end);
    IMMUDB_CHECK(record.header.first == next);
    IMMUDB_CHECK(record.header.durable_end <= end);
    IMMUDB_CHECK(CheckBody(record.header, record.body).has_value());
    LogPosition at = record.position + kRecordHeaderBytes;
    for (const EntryView& entry : FramedEntries(record.body)) {
      const auto stored = world.log().ReadEntry(at, next);
      IMMUDB_CHECK(stored.has_value());
      IMMUDB_CHECK(stored->kind == entry.kind && stored->last_of_batch == entry.last_of_batch);
      IMMUDB_CHECK(std::ranges::equal(stored->key, entry.key));
      IMMUDB_CHECK(std::ranges::equal(stored->value, entry.value));
      at = at + entry.framed_bytes;
      ++next.value;
    }
    end = record.position + RecordBytes(record.header.body_bytes);
    if (!record.header.is_seal()) filled_end = end;
  }
  IMMUDB_CHECK(world.opened().next == next);
  IMMUDB_CHECK(world.log().end() >= filled_end);
  IMMUDB_CHECK(world.log().end() <= end);
  IMMUDB_CHECK(world.log().durable_end() == world.log().end());
}

// Takes one more entry, durably.
void AppendOne(World& world) {
  Bytes body;
  AppendEntry(body, EntryKind::kSet, AsBytes("key"), AsBytes("value"));
  FinishEntry(body, world.opened().next, LastOfBatch::kYes);
  if (!world.log().Fits(body.size())) IMMUDB_CHECK(world.log().Extend(body.size()).has_value());
  const BytesView part = body;
  IMMUDB_CHECK(world.log()
                   .Append({.first = world.opened().next, .count = 1, .time_us = 1}, {&part, 1})
                   .has_value());
  IMMUDB_CHECK(world.log().Sync().has_value());
}

// A log in order keeps what it shows and takes more.
void CheckGoesOn(World& world) {
  CheckContinuous(world);
  std::vector<ShownRecord> before = Filled(world.shown);
  world.CutPower();
  IMMUDB_CHECK(world.Open());
  IMMUDB_CHECK(!world.opened().damage);
  CheckContinuous(world);
  IMMUDB_CHECK(Filled(world.shown).size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    IMMUDB_CHECK(Filled(world.shown)[i].body == before[i].body);
  }
  AppendOne(world);
  world.CutPower();
  IMMUDB_CHECK(world.Open());
  IMMUDB_CHECK(!world.opened().damage);
  CheckContinuous(world);
  IMMUDB_CHECK(Filled(world.shown).size() == before.size() + 1);
}

// A damaged log takes nothing, and shows what is left in order.
void CheckDamaged(World& world) {
  IMMUDB_CHECK(!world.log().accepts_changes());
  IMMUDB_CHECK(world.log().Sync().error().code == Code::kCorrupted);
  LeafIndex next{};
  for (const ShownRecord& record : world.shown) {
    IMMUDB_CHECK(record.header.first >= next);
    BytesView rest = record.body;
    for (std::uint32_t i = 0; i < record.header.count; ++i) {
      const auto frame = DecodeEntryFrame(rest, {record.header.first.value + i});
      IMMUDB_CHECK(frame.has_value());
      rest = rest.subspan(frame->framed_bytes());
    }
    IMMUDB_CHECK(rest.empty());
    next = {record.header.first.value + record.header.count};
  }
  const std::vector<ShownRecord> before = world.shown;
  const LogPosition position = world.opened().damage->position;
  IMMUDB_CHECK(world.Open());
  IMMUDB_CHECK(world.opened().damage && world.opened().damage->position == position);
  IMMUDB_CHECK(world.shown == before);
}

// What can be told of a body alone.
void CheckSalvage(BytesView body) {
  const LeafIndex end{1000};
  LeafIndex next{};
  std::size_t at = 0;
  for (const Stretch& stretch : Salvage(body, next, end)) {
    IMMUDB_CHECK(stretch.count > 0 && stretch.first >= next && stretch.begin >= at);
    IMMUDB_CHECK(stretch.bytes <= body.size() - stretch.begin);
    BytesView rest = body.subspan(stretch.begin, stretch.bytes);
    for (std::uint32_t i = 0; i < stretch.count; ++i) {
      const auto frame = DecodeEntryFrame(rest, {stretch.first.value + i});
      IMMUDB_CHECK(frame.has_value());
      rest = rest.subspan(frame->framed_bytes());
    }
    IMMUDB_CHECK(rest.empty());
    next = {stretch.first.value + stretch.count};
    at = stretch.begin + stretch.bytes;
  }
  IMMUDB_CHECK(next <= end);
}

// A header that is accepted says what its encoding says.
void CheckHeader(BytesView bytes) {
  const RecordCodec codec(kId);
  const auto header = codec.Decode(bytes, {});
  if (!header) return;
  IMMUDB_CHECK(std::ranges::equal(codec.Encode(*header, {}), bytes.first(kRecordHeaderBytes)));
}

}  // namespace

void FuzzLog(BytesView bytes) {
  SetLogLevel(LogLevel::kOff);
  FuzzInput input(bytes);
  const Plan plan(input.Byte());
  const std::size_t split =
      plan.has_two_segments ? std::size_t{input.Byte()} * kRecordAlignment : 0;
  Bytes log(input.rest().begin(), input.rest().end());
  Seal(log, plan);
  CheckHeader(log);
  if (log.size() >= kRecordHeaderBytes) CheckSalvage(BytesView(log).subspan(kRecordHeaderBytes));

  OpenOptions options{.segment_bytes = 16u << 10};
  if (plan.all_is_known_durable) options.known_durable_end = {log.size()};
  World world(options);
  const std::size_t first_bytes = plan.has_two_segments ? std::min(split, log.size()) : log.size();
  world.AddSegment({.ledger = kId}, BytesView(log).first(first_bytes));
  if (plan.has_two_segments) {
    LeafIndex first{};
    if (log.size() - first_bytes >= kRecordHeaderBytes) {
      first = FieldsOf(log.data() + first_bytes).first;
    }
    world.AddSegment({.ledger = kId, .number = 1, .first = first, .start = {split}},
                     BytesView(log).subspan(first_bytes));
  }
  const std::map<std::string, Bytes> before = world.Contents();
  if (!world.Open()) return;
  if (!world.opened().damage) return CheckGoesOn(world);
  CheckDamaged(world);
  IMMUDB_CHECK(world.Contents() == before);
}

}  // namespace immudb::log

IMMUDB_FUZZ_TARGET(LogFuzzTest, "log_log", immudb::log::FuzzLog)
