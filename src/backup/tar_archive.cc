// A tar archive as a stream: nothing is read twice, and nothing sought.

#include <algorithm>
#include <utility>

#include "backup/archive.h"
#include "base/check.h"
#include "base/error.h"

namespace immudb::backup {
namespace {

// At its end an archive has two blocks of zeros.
constexpr std::size_t kEndBytes = 2 * kTarBlockBytes;

class TarWriter : public ArchiveWriter {
 public:
  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  Status Begin(const TarMember& member) override {
    IMMUDB_TRY(EndMember());
    left_ = member.bytes;
    padding_ = TarPadding(member.bytes);
    return sink_(EncodeTarHeader(member));
  }

  Status Write(BytesView bytes) override {
    IMMUDB_CHECK(bytes.size() <= left_);
    left_ -= bytes.size();
    return sink_(bytes);
  }

  Status End() override {
    IMMUDB_TRY(EndMember());
    return sink_(Bytes(kEndBytes));
  }

 private:
  Status EndMember() {
    IMMUDB_CHECK(left_ == 0);
    return sink_(Bytes(std::exchange(padding_, 0)));
  }

  const Sink sink_;
  std::uint64_t left_ = 0;
  std::size_t padding_ = 0;
};

class TarReader : public ArchiveReader {
 public:
  explicit TarReader(Source source) : source_(std::move(source)) {}

  Result<std::optional<TarMember>> Next() override {
    if (left_ > 0) return Fail(Code::kCorrupted, "a member of the backup is longer than it should");
    TarBlock block{};
    IMMUDB_TRY(Fill(std::span(block).first(std::exchange(padding_, 0))));
    IMMUDB_TRY(Fill(block));
    IMMUDB_ASSIGN(std::optional<TarMember> member, DecodeTarHeader(block));
    if (!member) {
      IMMUDB_TRY(ReadEnd());
      return member;
    }
    left_ = member->bytes;
    padding_ = TarPadding(member->bytes);
    return member;
  }

  Result<Bytes> Read(std::size_t bytes_max) override {
    Bytes bytes(std::min<std::uint64_t>(bytes_max, left_));
    IMMUDB_TRY(Fill(bytes));
    left_ -= bytes.size();
    return bytes;
  }

 private:
  Status Fill(std::span<std::uint8_t> out) {
    if (out.empty()) return {};
    IMMUDB_ASSIGN(const std::size_t count, source_(out));
    if (count != out.size()) return Fail(Code::kCorrupted, "the backup is cut off");
    return {};
  }

  // Tools fill up what they write with more zeros.
  Status ReadEnd() {
    for (;;) {
      TarBlock block{};
      IMMUDB_ASSIGN(const std::size_t count, source_(block));
      if (count == 0) return {};
      if (std::any_of(block.begin(), block.end(), [](std::uint8_t byte) { return byte != 0; })) {
        return Fail(Code::kCorrupted, "bytes follow the end of the backup");
      }
    }
  }

  const Source source_;
  std::uint64_t left_ = 0;
  std::size_t padding_ = 0;
};

}  // namespace

std::unique_ptr<ArchiveWriter> MakeTarWriter(Sink sink) {
  return std::make_unique<TarWriter>(std::move(sink));
}

std::unique_ptr<ArchiveReader> MakeTarReader(Source source) {
  return std::make_unique<TarReader>(std::move(source));
}

}  // namespace immudb::backup
