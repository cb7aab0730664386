#include "http2/output.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <utility>

namespace immudb::http2 {
namespace {

std::string Content(const Output& output, std::size_t views_max) {
  std::vector<BytesView> views(views_max);
  const std::size_t count = output.Gather(views);
  std::string content;
  for (std::size_t i = 0; i < count; ++i) content.append(views[i].begin(), views[i].end());
  return content;
}

// Against a string, which is what an Output stands for.
TEST(OutputTest, BehavesAsAQueueOfBytes) {
  const char* const given = std::getenv("IMMUDB_TEST_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : 20'261'124U;
  SCOPED_TRACE("IMMUDB_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  std::array<Output, 2> outputs;
  std::array<std::string, 2> expected;
  for (int step = 0; step < 5'000; ++step) {
    const std::size_t i = random() % 2;
    Output& output = outputs[i];
    Bytes bytes(random() % (step % 10 == 0 ? 50'000 : 100));
    std::iota(bytes.begin(), bytes.end(), static_cast<std::uint8_t>(random()));
    switch (random() % 4) {
      case 0:
        expected[i].append(bytes.begin(), bytes.end());
        output.Append(BytesView(bytes));
        break;
      case 1:
        expected[i].append(bytes.begin(), bytes.end());
        output.Append(std::make_shared<const Body>(Body{std::move(bytes), ByteCharge()}));
        break;
      case 2: {
        const std::size_t size = std::min(bytes.size() * 2, output.size_bytes());
        output.Consume(size);
        expected[i].erase(0, size);
        break;
      }
      default: {
        const std::size_t size = std::min(bytes.size(), output.size_bytes());
        output.Transfer(size, outputs[1 - i]);
        expected[1 - i] += expected[i].substr(0, size);
        expected[i].erase(0, size);
      }
    }
    ASSERT_EQ(output.size_bytes(), expected[i].size());
    if (step % 50 == 0) {
      ASSERT_TRUE(Content(output, 100'000) == expected[i]) << step;
    }
  }
}

TEST(OutputTest, AQueueThatIsNeverEmptyDoesNotGrow) {
  Output output;
  output.Append(AsBytes("always something left"));
  for (int i = 0; i < 10'000; ++i) {
    output.Append(Bytes(1000));
    output.Consume(1000);
  }
  EXPECT_LT(output.spare_bytes(), 2U << 20);
}

TEST(OutputTest, ABodyKeepsItsChargeUntilItsLastByteIsConsumed) {
  ByteLedger ledger(1U << 20);
  ByteCharge charge(ledger);
  ASSERT_TRUE(charge.Grow(10'000));
  Output output;
  output.Append(std::make_shared<const Body>(Body{Bytes(10'000), std::move(charge)}));
  output.Consume(9'999);
  EXPECT_EQ(ledger.used_bytes(), 10'000U);
  output.Consume(1);
  EXPECT_EQ(ledger.used_bytes(), 0U);
}

}  // namespace
}  // namespace immudb::http2
