#include "crypto/sha256.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/hex.h"
#include "crypto/sha256_kernel.h"
#include "crypto/sha256_lanes.h"

namespace immudb::crypto {
namespace {

std::uint64_t Seed() {
  const char* const given = std::getenv("IMMUDB_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

Bytes MakeBytes(std::size_t count, std::uint8_t start) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; i++) bytes[i] = static_cast<std::uint8_t>(start + i * 31);
  return bytes;
}

std::vector<const internal::Kernel*> Kernels() {
  std::vector<const internal::Kernel*> kernels = {&internal::OpensslKernel()};
  if (internal::ShaNiKernel() != nullptr) kernels.push_back(internal::ShaNiKernel());
  return kernels;
}

TEST(Sha256Test, FindsThePublishedDigests) {
  EXPECT_EQ(ToHex(Sha256(BytesView())),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(Sha256(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(Sha256(AsBytes(std::string(1'000'000, 'a')))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PiecesHashAsTheirConcatenation) {
  const std::array<BytesView, 3> parts = {AsBytes("a"), BytesView(), AsBytes("bc")};
  EXPECT_EQ(Sha256(parts), Sha256(AsBytes("abc")));
}

TEST(Sha256Test, EveryKernelPassesItsSelfTest) {
  for (const internal::Kernel* kernel : Kernels()) EXPECT_TRUE(internal::SelfTest(*kernel));
}

TEST(Sha256Test, AKernelThatErrsFailsItsSelfTest) {
  internal::Kernel broken = internal::OpensslKernel();
  broken.compress_one = [](internal::Stream stream, std::size_t block_count) {
    internal::OpensslKernel().compress_one(stream, block_count);
    stream.state->words[7] ^= 1;
  };
  EXPECT_FALSE(internal::SelfTest(broken));

  broken = internal::OpensslKernel();
  broken.hash_pairs = [](std::uint8_t prefix, const std::uint8_t* inputs, std::uint8_t* outputs,
                         std::size_t count) {
    internal::OpensslKernel().hash_pairs(prefix, inputs, outputs, count - 1);
  };
  EXPECT_FALSE(internal::SelfTest(broken));
}

TEST(Sha256Test, TwoStreamsOfAllSmallLengthsMatchOneAtATime) {
  for (const internal::Kernel* kernel : Kernels()) {
    for (std::size_t a = 0; a <= 200; a++) {
      for (const std::size_t b : {a, std::size_t{0}, std::size_t{55}, std::size_t{56}, 200 - a}) {
        const Bytes first = MakeBytes(a, 1);
        const Bytes second = MakeBytes(b, 2);
        const std::array<MessageParts, 2> messages = {MessageParts{first, {}, {}},
                                                      MessageParts{BytesView(), {}, second}};
        std::array<Digest, 2> digests{};
        internal::HashLanes(*kernel, messages, digests);
        ASSERT_EQ(digests[0], Sha256(BytesView(first))) << a << " " << b;
        ASSERT_EQ(digests[1], Sha256(BytesView(second))) << a << " " << b;
      }
    }
  }
}

TEST(Sha256Test, EveryCutOfAMessageIntoThreePiecesHashesAlike) {
  const Bytes bytes = MakeBytes(261, 3);
  const BytesView all(bytes);
  const Digest expected = Sha256(all);
  std::vector<MessageParts> messages;
  for (std::size_t i = 0; i <= all.size(); i++) {
    for (std::size_t j = i; j <= all.size(); j += 1 + (i % 7)) {
      messages.push_back({all.first(i), all.subspan(i, j - i), all.subspan(j)});
    }
  }
  for (const internal::Kernel* kernel : Kernels()) {
    std::vector<Digest> digests(messages.size());
    internal::HashLanes(*kernel, messages, digests);
    for (const Digest& digest : digests) ASSERT_EQ(digest, expected);
  }
}

TEST(Sha256Test, ManyMessagesOfRandomShapesMatchOneAtATime) {
  const std::uint64_t seed = Seed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const Bytes pool = MakeBytes(5000, 4);
  for (std::size_t count = 0; count < 40; count++) {
    std::vector<MessageParts> messages(count);
    for (MessageParts& message : messages) {
      for (BytesView& part : message) {
        const std::size_t length_max = random() % 8 == 0 ? 3000 : 100;
        part = BytesView(pool).subspan(random() % 2000, random() % length_max);
      }
    }
    for (const internal::Kernel* kernel : Kernels()) {
      std::vector<Digest> digests(count);
      internal::HashLanes(*kernel, messages, digests);
      for (std::size_t i = 0; i < count; i++) ASSERT_EQ(digests[i], Sha256(messages[i]));
    }
  }
}

TEST(Sha256Test, PairsMatchTheirDefinitionAndTouchNothingElse) {
  for (const internal::Kernel* kernel : Kernels()) {
    for (std::size_t count = 0; count <= 9; count++) {
      std::vector<Digest> inputs(2 * count);
      for (std::size_t i = 0; i < inputs.size(); i++) {
        inputs[i].fill(static_cast<std::uint8_t>(i + 1));
        inputs[i][31] = 0xff;
      }
      std::vector<Digest> outputs(count + 1);
      kernel->hash_pairs(0xa5, inputs.empty() ? nullptr : inputs[0].data(), outputs[0].data(),
                         count);
      const std::uint8_t prefix = 0xa5;
      for (std::size_t i = 0; i < count; i++) {
        const std::array<BytesView, 3> parts = {BytesView(&prefix, 1), inputs[2 * i],
                                                inputs[2 * i + 1]};
        ASSERT_EQ(outputs[i], Sha256(parts));
      }
      ASSERT_EQ(outputs[count], Digest{});
    }
  }
}

TEST(Sha256DeathTest, CountsThatDoNotMatchAreABug) {
  std::array<Digest, 3> inputs{};
  std::array<Digest, 1> outputs{};
  EXPECT_DEATH(Sha256Pairs(1, inputs, outputs), "check failed");
  EXPECT_DEATH(Sha256Many({}, outputs), "check failed");
}

}  // namespace
}  // namespace immudb::crypto
