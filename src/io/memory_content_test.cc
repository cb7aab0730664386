#include "io/memory_content.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace immudb::io {
namespace {

std::uint64_t Seed() {
  const char* const text = std::getenv("IMMUDB_TEST_SEED");  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

void PutInto(Bytes& model, std::uint64_t offset, BytesView data) {
  if (data.empty()) return;
  if (model.size() < offset + data.size()) model.resize(offset + data.size());
  std::copy(data.begin(), data.end(), model.begin() + static_cast<std::ptrdiff_t>(offset));
}

TEST(MemoryContentTest, ItHoldsWhatPlainBytesHoldAndCopiesKeepTheirs) {
  const std::uint64_t seed = Seed();
  SCOPED_TRACE("IMMUDB_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  MemoryContent content;
  MemoryContent other;
  Bytes model;
  Bytes other_model;
  for (int step = 0; step < 2000; step++) {
    const std::uint64_t offset = random() % 100'000;
    switch (random() % 6) {
      case 0:
        content.Resize(offset);
        model.resize(offset);
        break;
      case 1:
        other = content;
        other_model = model;
        break;
      case 2: {
        content.ShareWith(other, offset, offset + random() % 50'000);
        break;
      }
      default: {
        Bytes data(random() % 40'000);
        const auto value = static_cast<std::uint8_t>(random() % 3);
        std::fill(data.begin(), data.end(), value);
        content.Write(offset, data);
        PutInto(model, offset, data);
        if (random() % 2 == 0) break;
        other.Write(offset, data);
        PutInto(other_model, offset, data);
      }
    }
    ASSERT_EQ(content.size(), model.size());
    Bytes part(random() % 5000);
    const std::size_t count = content.Read(offset, part);
    ASSERT_EQ(count, offset < model.size() ? std::min(part.size(), model.size() - offset) : 0u);
    ASSERT_TRUE(std::equal(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count),
                           model.begin() + static_cast<std::ptrdiff_t>(
                                               std::min<std::uint64_t>(offset, model.size()))));
    if (step % 20 != 0) continue;
    ASSERT_EQ(content.ToBytes(), model) << step;
    ASSERT_EQ(other.ToBytes(), other_model) << step;
  }
}

}  // namespace
}  // namespace immudb::io
