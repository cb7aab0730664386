#include "index/run_writer.h"

#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::index {
namespace {

constexpr std::size_t kOutputBytes = std::size_t{1} << 20;

}  // namespace

Result<std::unique_ptr<RunWriter>> RunWriter::Create(io::FileSystem& files, const std::string& path,
                                                     const Options& options) {
  IMMUDB_ASSIGN(auto file, files.Open(path, io::OpenMode::kCreateNew));
  return std::make_unique<RunWriter>(std::move(file), options);
}

RunWriter::RunWriter(std::unique_ptr<io::File> file, const Options& options)
    : options_(options),
      seed_(RunSeed(options.ledger, options.number)),
      hash_seed_(HashSeed(options.ledger)),
      file_(std::move(file)),
      bloom_(options.keys_max) {
  IMMUDB_CHECK(options.from < options.to);
  out_ = EncodeRunHeader(options.ledger,
                         {.number = options.number, .from = options.from, .to = options.to});
}

Status RunWriter::Add(const Position& position, std::uint8_t kind) {
  IMMUDB_CHECK(position.index >= options_.from.value && position.index < options_.to.value);
  const int order = footer_.entries == 0 ? -1 : CompareKeys(last_key_, position.key);
  IMMUDB_CHECK(order < 0 || (order == 0 && position.index < last_index_));

  const NewRecord record = {
      .key = position.key, .index = position.index - options_.from.value, .kind = kind};
  if (builder_.empty()) StartEntries(position);
  if (!builder_.Add(record)) {
    IMMUDB_TRY(FinishEntries());
    StartEntries(position);
    IMMUDB_CHECK(builder_.Add(record));
  }
  if (order < 0) {
    bloom_.Add(HashKey(hash_seed_, position.key));
    footer_.keys++;
    last_key_.assign(position.key.begin(), position.key.end());
  }
  last_index_ = position.index;
  footer_.entries++;
  return {};
}

// The fence is the shortest position after the last version and not after `first`.
void RunWriter::StartEntries(const Position& first) {
  Fence fence = {.key = {}, .index = 0, .child = next_block_};
  if (footer_.entries > 0) {
    const std::size_t common = CommonPrefixBytes(last_key_, first.key);
    const bool same_key = common == first.key.size();
    const BytesView key = same_key ? first.key : first.key.first(common + 1);
    fence.key.assign(key.begin(), key.end());
    if (same_key) fence.index = first.index - options_.from.value + 1;
  }
  fences_.push_back(std::move(fence));
}

Status RunWriter::FinishEntries() {
  const std::uint32_t number = next_block_;
  next_block_ += builder_.blocks();
  builder_.Finish(seed_, number, footer_.last_entries, out_);
  footer_.last_entries = number;
  return FlushIfLarge();
}

Result<std::uint32_t> RunWriter::WriteFences(std::vector<Fence> fences) {
  for (;;) {
    BlockBuilder builder(BlockType::kFences);
    std::vector<Fence> above;
    std::uint32_t last = 0;
    for (std::size_t i = 0; i < fences.size();) {
      Fence& fence = fences[i];
      if (builder.empty()) above.push_back({fence.key, fence.index, next_block_});
      const bool added =
          builder.Add({.key = fence.key, .index = fence.index, .kind = 1, .child = fence.child});
      if (added) i++;
      if (added && i < fences.size()) continue;
      const std::uint32_t number = next_block_;
      next_block_ += builder.blocks();
      builder.Finish(seed_, number, std::exchange(last, number), out_);
      IMMUDB_TRY(FlushIfLarge());
    }
    if (above.size() == 1) return above[0].child;
    fences = std::move(above);
  }
}

Status RunWriter::WriteBloom() {
  footer_.bloom = next_block_;
  footer_.bloom_lines = static_cast<std::uint32_t>(bloom_.lines());
  BytesView rest = bloom_.bytes();
  while (!rest.empty()) {
    const BytesView part = rest.first(std::min(rest.size(), kBloomLinesPerBlock * kBloomLineBytes));
    rest = rest.subspan(part.size());
    const std::size_t at = out_.size();
    out_.resize(at + kBlockBytes);
    const std::span<std::uint8_t> block(&out_[at], kBlockBytes);
    std::memcpy(&block[kBlockHeaderBytes], part.data(), part.size());
    SealBlock(block, seed_, next_block_++, BlockType::kBloom);
    IMMUDB_TRY(FlushIfLarge());
  }
  return {};
}

Result<RunInfo> RunWriter::Finish() {
  IMMUDB_CHECK(footer_.entries > 0);
  IMMUDB_TRY(FinishEntries());
  footer_.entries_end = next_block_;
  IMMUDB_ASSIGN(footer_.root, WriteFences(std::move(fences_)));
  IMMUDB_TRY(WriteBloom());
  const Bytes footer = EncodeRunFooter(footer_, seed_, next_block_);
  out_.insert(out_.end(), footer.begin(), footer.end());
  IMMUDB_TRY(Flush());
  IMMUDB_TRY(file_->Sync());
  return RunInfo{.number = options_.number,
                 .from = options_.from,
                 .to = options_.to,
                 .entries = footer_.entries,
                 .keys = footer_.keys,
                 .bytes = written_bytes_,
                 .checksum = GetU32(footer.data())};
}

Status RunWriter::Sync() {
  IMMUDB_TRY(Flush());
  return file_->Sync();
}

Status RunWriter::FlushIfLarge() {
  return out_.size() < kOutputBytes ? Status() : Flush();
}

Status RunWriter::Flush() {
  if (written_bytes_ + out_.size() > kRunBytesMax) {
    return Fail(Code::kLimitExceeded, "run {} is too large", options_.number);
  }
  IMMUDB_TRY(file_->Write(written_bytes_, out_));
  written_bytes_ += out_.size();
  out_.clear();
  return {};
}

}  // namespace immudb::index
