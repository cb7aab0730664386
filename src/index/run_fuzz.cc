// A fuzz target: a run file. One that was written here answers as a map does, whatever the keys;
// one whose blocks were changed, with checksums that fit again, answers anything or says that it is
// damaged, and every walk over it ends.
//
// The first byte chooses what the rest is; see FuzzRun.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/testing/fuzz_target.h"
#include "index/block.h"
#include "index/key_order.h"
#include "index/run.h"
#include "index/run_format.h"
#include "index/run_writer.h"
#include "io/block_cache.h"
#include "io/memory_file_system.h"

namespace immudb::index {
namespace {

constexpr LedgerId kLedger = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::uint64_t kNumber = 1;
constexpr std::uint64_t kFrom = 1000;
constexpr std::size_t kVersionsMax = 64;
constexpr std::size_t kLongKeyBytes = 1000;
constexpr std::size_t kHeaderChecksumAt = kBlockBytes - 4;
constexpr std::size_t kNumberEnd = 8;  // In a block: checksum and number are before it.

struct ByPosition {
  bool operator()(const std::pair<Bytes, std::uint64_t>& a,
                  const std::pair<Bytes, std::uint64_t>& b) const {
    return Compare({a.first, a.second}, {b.first, b.second}) < 0;
  }
};
// The index as it should be: keys and entry indexes, and the kinds there.
using Oracle = std::map<std::pair<Bytes, std::uint64_t>, std::uint8_t, ByPosition>;

// Keys that are new, go on from the one before, stand there again, or are long.
Oracle ReadVersions(FuzzInput& input) {
  Oracle oracle;
  Bytes key;
  for (std::uint64_t index = kFrom; !input.done() && oracle.size() < kVersionsMax; ++index) {
    const std::uint8_t choice = input.Byte();
    if (choice % 4 < 2) {
      if (choice % 4 == 0) key.clear();
      const BytesView more = input.Take(choice / 16);
      key.insert(key.end(), more.begin(), more.end());
    } else if (choice % 4 == 2) {
      key.resize(kLongKeyBytes + std::size_t{input.Byte()} * (choice / 16), 'l');
      key.back() = input.Byte();
    }
    key.resize(std::min(key.size(), kKeyBytesMax));
    oracle[{key, index}] = choice / 4 % 4;
  }
  return oracle;
}

class World {
 public:
  // Writes a run of `oracle`, which isn't empty.
  explicit World(const Oracle& oracle) {
    IMMUDB_CHECK(files_.CreateDirectory("index").has_value());
    auto writer = RunWriter::Create(files_, Path(),
                                    {.ledger = kLedger,
                                     .number = kNumber,
                                     .from = LeafIndex{kFrom},
                                     .to = LeafIndex{kFrom + kVersionsMax},
                                     .keys_max = oracle.size()});
    IMMUDB_CHECK(writer.has_value());
    for (const auto& [position, kind] : oracle) {
      IMMUDB_CHECK((*writer)->Add({position.first, position.second}, kind).has_value());
    }
    Result<RunInfo> info = (*writer)->Finish();
    IMMUDB_CHECK(info.has_value());
    info_ = *info;
  }

  Bytes Content() const { return *files_.ReadAll(Path()); }

  // Replaces the file by `content`, with checksums that fit.
  void Replace(Bytes content) {
    PutU32(&content[kHeaderChecksumAt], Crc32c(0, BytesView(content).first(kHeaderChecksumAt)));
    const std::uint32_t seed = RunSeed(kLedger, kNumber);
    const auto blocks = static_cast<std::uint32_t>(content.size() / kBlockBytes);
    for (std::uint32_t i = 1; i < blocks; ++i) {
      const auto block = std::span(content).subspan(std::size_t{i} * kBlockBytes, kBlockBytes);
      SealBlock(block, seed, i, static_cast<BlockType>(block[8]));
      if (i + 1 == blocks) info_.checksum = GetU32(block.data());
    }
    const auto file = files_.Open(Path(), io::OpenMode::kReadWrite);
    IMMUDB_CHECK((*file)->Write(0, content).has_value());
  }

  Result<Run::Pointer> Open() { return Run::Open(files_, cache_, "index", kLedger, info_); }

 private:
  static std::string Path() { return io::JoinPath("index", RunFileName(kNumber)); }

  io::MemoryFileSystem files_;
  io::BlockCache cache_{1 << 16};
  RunInfo info_;
};

Result<std::optional<Version>> Find(const Run& run, BytesView key, std::uint64_t size) {
  return run.Find(key, HashKey(HashSeed(kLedger), key), TreeSize{size}, Access::kDisk);
}

// Where the cursor should be: at `expected`, or nowhere if that is the end.
void CheckAt(const Cursor& cursor, const Oracle& oracle, Oracle::const_iterator expected) {
  IMMUDB_CHECK(cursor.valid() == (expected != oracle.end()));
  if (!cursor.valid()) return;
  const Position position = cursor.position();
  IMMUDB_CHECK(std::ranges::equal(position.key, expected->first.first));
  IMMUDB_CHECK(position.index == expected->first.second);
  IMMUDB_CHECK(cursor.kind() == expected->second);
}

// A run that nobody has touched knows what was put in, and nothing else.
void CheckAnswers(const Run& run, const Oracle& oracle) {
  const auto cursor = run.NewCursor(Access::kDisk);
  IMMUDB_CHECK(cursor->Seek({}).has_value());
  for (auto at = oracle.begin(); at != oracle.end(); ++at) {
    CheckAt(*cursor, oracle, at);
    IMMUDB_CHECK(cursor->Next().has_value());
  }
  CheckAt(*cursor, oracle, oracle.end());

  for (auto at = oracle.begin(); at != oracle.end(); ++at) {
    const auto& [key, index] = at->first;
    const Position position{key, index};
    const auto before = [&] { return at == oracle.begin() ? oracle.end() : std::prev(at); }();
    IMMUDB_CHECK(cursor->Seek(position).has_value());
    CheckAt(*cursor, oracle, at);
    IMMUDB_CHECK(cursor->Previous().has_value());
    CheckAt(*cursor, oracle, before);
    IMMUDB_CHECK(cursor->SeekBefore(position).has_value());
    CheckAt(*cursor, oracle, before);

    const auto found = Find(run, key, index + 1);
    IMMUDB_CHECK(found.has_value());
    IMMUDB_CHECK(*found == (Version{LeafIndex{index}, at->second}));
    const auto older = Find(run, key, index);
    const auto next = std::next(at);
    const bool has_older = next != oracle.end() && next->first.first == key;
    IMMUDB_CHECK(older.has_value());
    IMMUDB_CHECK(older->has_value() == has_older);
    if (has_older) IMMUDB_CHECK((*older)->index.value == next->first.second);

    Bytes absent = key;
    absent.push_back(0);
    if (absent.size() > kKeyBytesMax) continue;
    const auto other = oracle.lower_bound({absent, kBeforeNewest});
    const bool is_there = other != oracle.end() && other->first.first == absent;
    IMMUDB_CHECK(Find(run, absent, kFrom + kVersionsMax)->has_value() == is_there);
    IMMUDB_CHECK(cursor->Seek({absent, kBeforeNewest}).has_value());
    CheckAt(*cursor, oracle, other);
  }
}

// Walks to the end, in either direction, or to the first damage.
template <typename Move>
void Walk(Cursor& cursor, const Run& run, Move move) {
  const std::uint64_t steps_max = run.info().bytes;  // No record takes less than a byte.
  std::uint64_t steps = 0;
  while (cursor.valid()) {
    IMMUDB_CHECK(++steps <= steps_max);
    IMMUDB_CHECK(cursor.position().key.size() <= kKeyBytesMax);
    if (!move()) return;
  }
}

// A run with other bytes may answer anything, but only within itself.
void CheckSurvives(World& world, const Oracle& oracle) {
  const auto run = world.Open();
  if (!run) {
    IMMUDB_CHECK(run.error().code == Code::kCorrupted || run.error().code == Code::kUnsupported);
    return;
  }
  const auto cursor = (*run)->NewCursor(Access::kDisk);
  const auto check = [](const Status& status) {
    if (!status) IMMUDB_CHECK(status.error().code == Code::kCorrupted);
    return status.has_value();
  };
  if (check(cursor->Seek({}))) Walk(*cursor, **run, [&] { return check(cursor->Next()); });
  const Bytes last(kKeyBytesMax, 0xff);
  if (check(cursor->SeekBefore({last, 0}))) {
    Walk(*cursor, **run, [&] { return check(cursor->Previous()); });
  }
  for (const auto& [position, kind] : oracle) {
    const auto found = Find(**run, position.first, position.second + 1);
    if (!found) IMMUDB_CHECK(found.error().code == Code::kCorrupted);
    if (check(cursor->Seek({position.first, position.second})) && cursor->valid()) {
      check(cursor->Next());
    }
    if (check(cursor->SeekBefore({position.first, position.second})) && cursor->valid()) {
      check(cursor->Previous());
    }
  }
}

// Single bytes are changed, by the first bytes of the input.
void TryChanges(FuzzInput& input) {
  struct Change {
    std::size_t block;
    std::size_t offset;
    std::uint8_t value;
  };
  std::vector<Change> changes(1 + input.Byte() % 16);
  for (Change& change : changes) change = {input.Byte(), input.Word(), input.Byte()};
  const Oracle oracle = ReadVersions(input);
  if (oracle.empty()) return;
  World world(oracle);
  Bytes content = world.Content();
  const std::size_t blocks = content.size() / kBlockBytes;
  for (const Change& change : changes) {
    content[change.block % blocks * kBlockBytes + change.offset % kBlockBytes] = change.value;
  }
  world.Replace(std::move(content));
  CheckSurvives(world, oracle);
}

// A whole block is replaced, but for its checksum and number.
void TryBlock(FuzzInput& input) {
  Oracle oracle;
  for (std::uint64_t i = 0; i < 3; ++i) oracle[{Bytes(i, 'k'), kFrom + i}] = 1;
  World world(oracle);
  Bytes content = world.Content();
  const std::size_t block = 1 + input.Byte() % (content.size() / kBlockBytes - 1);
  const BytesView bytes = input.Take(kBlockBytes - kNumberEnd);
  std::ranges::copy(
      bytes, content.begin() + static_cast<std::ptrdiff_t>(block * kBlockBytes + kNumberEnd));
  world.Replace(std::move(content));
  CheckSurvives(world, oracle);
}

}  // namespace

void FuzzRun(BytesView bytes) {
  FuzzInput input(bytes);
  switch (input.Byte() % 3) {
    case 0: {
      const Oracle oracle = ReadVersions(input);
      if (oracle.empty()) return;
      World world(oracle);
      const auto run = world.Open();
      IMMUDB_CHECK(run.has_value());
      return CheckAnswers(**run, oracle);
    }
    case 1: return TryChanges(input);
    default: return TryBlock(input);
  }
}

}  // namespace immudb::index

IMMUDB_FUZZ_TARGET(RunFuzzTest, "index_run", immudb::index::FuzzRun)
