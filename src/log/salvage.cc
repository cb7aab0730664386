#include "log/salvage.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/encoding.h"
#include "log/entry.h"

namespace immudb::log {
namespace {

// Bytes that may go through a checksum in the search, of one record.
constexpr std::uint64_t kSearchBytesMax = 256u << 20;

// Whether these could be the first bytes of an entry, at no cost to speak of.
bool LooksLikeEntry(BytesView framed) {
  const std::uint8_t kind = framed[0];
  return kind >= static_cast<std::uint8_t>(EntryKind::kSet) &&
         kind <= static_cast<std::uint8_t>(EntryKind::kSortedSetEntry) && framed[1] <= 1 &&
         GetU16(framed.data() + 6) == 0;
}

class Search {
 public:
  struct Found {
    std::size_t at = 0;
    LeafIndex index;
  };

  Search(BytesView body, LeafIndex end) : body_(body), end_(end) {}

  // The first entry behind the unreadable one of `lost` at `from`: where its lengths lead, if they
  // may be right, for its own value may hold anything; else wherever one is.
  std::optional<Found> Next(std::size_t from, LeafIndex lost) {
    const LeafIndex following{lost.value + 1};
    const auto own = DecodeEntryLengths(body_.subspan(from));
    if (own && following < end_ && own->framed_bytes() <= body_.size() - from) {
      const std::size_t at = from + own->framed_bytes();
      if (DecodeEntryFrame(body_.subspan(at), following)) return Found{at, following};
    }
    for (std::size_t at = from + kEntryHeaderBytes; at + kEntryHeaderBytes <= body_.size(); at++) {
      const BytesView framed = body_.subspan(at);
      if (!LooksLikeEntry(framed)) continue;
      const auto lengths = DecodeEntryLengths(framed);
      if (!lengths || lengths->framed_bytes() > framed.size()) continue;
      // No more entries can lie between than their headers have room for.
      const std::uint64_t between = (at - from) / kEntryHeaderBytes;
      const std::uint64_t last = std::min(end_.value, lost.value + between + 1);
      for (LeafIndex index = following; index.value < last; index.value++) {
        spent_bytes_ += kEntryHeaderBytes + lengths->key_bytes + lengths->extension_bytes;
        if (spent_bytes_ > kSearchBytesMax) return std::nullopt;
        if (DecodeEntryFrame(framed, index)) return Found{at, index};
      }
    }
    return std::nullopt;
  }

 private:
  const BytesView body_;
  const LeafIndex end_;
  std::uint64_t spent_bytes_ = 0;
};

}  // namespace

std::vector<Stretch> Salvage(BytesView body, LeafIndex first, LeafIndex end) {
  std::vector<Stretch> stretches;
  Search search(body, end);
  Stretch stretch{.first = first};
  const auto finish = [&] {
    if (stretch.count > 0) stretches.push_back(stretch);
  };
  for (LeafIndex index = first; index < end;) {
    const std::size_t at = stretch.begin + stretch.bytes;
    const auto frame = DecodeEntryFrame(body.subspan(at), index);
    if (frame && stretch.count < std::numeric_limits<std::uint32_t>::max()) {
      stretch.count++;
      stretch.bytes += frame->framed_bytes();
      index.value++;
      continue;
    }
    finish();
    const auto next = search.Next(at, index);
    stretch = {};
    if (!next) break;
    stretch = {.first = next->index, .count = 0, .begin = next->at, .bytes = 0};
    index = next->index;
  }
  finish();
  return stretches;
}

}  // namespace immudb::log
