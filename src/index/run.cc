#include "index/run.h"

#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "index/block_search.h"
#include "index/bloom.h"

namespace immudb::index {
namespace {

constexpr int kFenceLevelsMax = 32;

}  // namespace

Result<Run::Pointer> Run::Open(io::FileSystem& files, io::BlockCache& cache,
                               const std::string& directory, const LedgerId& ledger,
                               const RunInfo& info) {
  const std::string path = io::JoinPath(directory, RunFileName(info.number));
  IMMUDB_ASSIGN(auto file, files.Open(path, io::OpenMode::kRead));
  IMMUDB_ASSIGN(const std::uint64_t bytes, file->SizeBytes());
  if (bytes != info.bytes) {
    return Fail(Code::kCorrupted, "{} has {} bytes, expected {}", path, bytes, info.bytes);
  }
  auto run =
      std::make_shared<Run>(std::move(file), cache, path, RunSeed(ledger, info.number), info);
  if (bytes < 2 * kBlockBytes) return Fail(Code::kCorrupted, "{} is cut", path);
  Bytes block(kBlockBytes);
  IMMUDB_ASSIGN(const std::size_t header_bytes, run->file_->Read(0, block));
  if (Status status = CheckRunHeader(BytesView(block).first(header_bytes), ledger, info); !status) {
    return run->AtPath(std::move(status).error());
  }
  IMMUDB_ASSIGN(const std::size_t footer_bytes, run->file_->Read(bytes - kBlockBytes, block));
  auto footer = DecodeRunFooter(BytesView(block).first(footer_bytes), run->seed_, info);
  if (!footer) return run->AtPath(std::move(footer).error());
  run->footer_ = *footer;
  IMMUDB_ASSIGN(run->root_, run->Block(footer->root, Access::kDisk));
  return run;
}

Run::Run(std::unique_ptr<io::File> file, io::BlockCache& cache, std::string path,
         std::uint32_t seed, const RunInfo& info)
    : file_(std::move(file)),
      cache_(cache),
      cache_id_(cache.NewFile()),
      path_(std::move(path)),
      seed_(seed),
      info_(info) {}

Run::~Run() {
  cache_.Erase(cache_id_);
}

Error Run::AtPath(Error error) const {
  return Fail(error.code, "{}: {}", path_, error.message);
}

Status Run::Load(std::uint32_t number, std::span<std::uint8_t> out) const {
  IMMUDB_ASSIGN(const std::size_t bytes, file_->Read(std::uint64_t{number} * kBlockBytes, out));
  if (Status status = CheckBlock(out.first(bytes), seed_, number); !status) {
    return AtPath(std::move(status).error());
  }
  return {};
}

Result<io::BlockRef> Run::Block(std::uint32_t number, Access access) const {
  const io::BlockKey key = {.file = cache_id_, .block = number};
  if (access == Access::kDisk) {
    return cache_.Get(key,
                      [this, number](std::span<std::uint8_t> out) { return Load(number, out); });
  }
  io::BlockRef block = cache_.TryGet(key);
  if (block == nullptr) return Fail(Code::kUnavailable, "block {} is not in memory", number);
  return block;
}

Result<bool> Run::MayContain(std::uint64_t hash, Access access) const {
  const std::uint64_t line = BloomLineOf(hash, footer_.bloom_lines);
  const auto number = static_cast<std::uint32_t>(footer_.bloom + line / kBloomLinesPerBlock);
  IMMUDB_ASSIGN(const io::BlockRef block, Block(number, access));
  if ((*block)[8] != static_cast<std::uint8_t>(BlockType::kBloom)) {
    return Fail(Code::kCorrupted, "{}: block {} is no filter", path_, number);
  }
  const std::size_t at = kBlockHeaderBytes + line % kBloomLinesPerBlock * kBloomLineBytes;
  return BloomLineMayContain(block->data() + at, hash);
}

Result<std::uint32_t> Run::EntryBlockFor(const Position& position, Access access) const {
  std::uint32_t number = footer_.root;
  io::BlockRef block = root_;
  for (int level = 0; level < kFenceLevelsMax; level++) {
    if (level > 0) {
      IMMUDB_ASSIGN(block, Block(number, access));
    }
    const BlockView view(*block);
    if (view.type() == BlockType::kEntries) return number;
    if (view.type() != BlockType::kFences) break;
    IMMUDB_ASSIGN(const Found found, SearchBlock(*this, block, position, Bound::kAfter, access));
    // The first fence of the run is before every position.
    number = view.Record(found.before != 0 ? found.before : BlockView::first()).child;
  }
  return Fail(Code::kCorrupted, "{}: fences lead to block {}, which holds no entries", path_,
              number);
}

Result<std::optional<Version>> Run::Find(BytesView key, std::uint64_t hash, TreeSize size,
                                         Access access) const {
  if (size.value <= info_.from.value) return std::nullopt;
  IMMUDB_ASSIGN(const bool may_contain, MayContain(hash, access));
  if (!may_contain) return std::nullopt;
  const Position position = {key, size.value - 1};
  IMMUDB_ASSIGN(std::uint32_t number, EntryBlockFor(position, access));
  for (;;) {
    IMMUDB_ASSIGN(const io::BlockRef block, Block(number, access));
    const BlockView view(*block);
    if (view.type() != BlockType::kEntries) {
      return Fail(Code::kCorrupted, "{}: block {} holds no entries", path_, number);
    }
    IMMUDB_ASSIGN(const Found found,
                  SearchBlock(*this, block, position, Bound::kAtOrAfter, access));
    if (found.at != 0) {
      if (!found.same_key) return std::nullopt;
      const BlockRecord record = view.Record(found.at);
      return Version{LeafIndex{EntryIndex(*this, record)}, record.kind};
    }
    number += 1 + view.overflow_blocks();
    if (number >= footer_.entries_end) return std::nullopt;
  }
}

}  // namespace immudb::index
