// What a fuzz target is made of. One file `x_fuzz.cc` holds one target: a function over bytes that
// anybody may choose, which ends the process if a promise of the layer is broken. cmake's
// immudb_fuzz() builds it twice: as a program of libFuzzer's, and into the layer's unit test, where
// it runs over the inputs kept in tests/data/fuzz/.

#pragma once

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "immudb/bytes.h"

#ifdef IMMUDB_LIBFUZZER

// Defines libFuzzer's entry point. `run` is a void(BytesView); `folder` is used by the unit test.
#define IMMUDB_FUZZ_TARGET(name, folder, run)                                         \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    run(immudb::BytesView(data, size));                                               \
    return 0;                                                                         \
  }

#else

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace immudb {

// Gives `run` every file of tests/data/fuzz/`folder`, and fails if there is none.
inline void ReplayCorpus(const std::string& folder, void (*run)(BytesView)) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(IMMUDB_SOURCE_DIR "/tests/data/fuzz/" + folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  EXPECT_FALSE(paths.empty());
  for (const std::filesystem::path& path : paths) {
    SCOPED_TRACE(path.string());
    std::ifstream file(path, std::ios::binary);
    ASSERT_TRUE(file) << path;
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    // A copy of exactly its size, so that a byte read behind it is noticed.
    const Bytes input(bytes.begin(), bytes.end());
    run(input);
  }
}

}  // namespace immudb

// Defines the test that runs the target over what is kept of it.
#define IMMUDB_FUZZ_TARGET(name, folder, run)  \
  TEST(name, EveryInputThatIsKeptIsSurvived) { \
    immudb::ReplayCorpus(folder, run);         \
  }

#endif

namespace immudb {

// Takes values from the front of an input; what is no longer there is zero.
// Not thread-safe.
class FuzzInput {
 public:
  explicit FuzzInput(BytesView rest) : rest_(rest) {}

  bool done() const { return rest_.empty(); }
  BytesView rest() const { return rest_; }

  std::uint8_t Byte() {
    const BytesView one = Take(1);
    return one.empty() ? std::uint8_t{0} : one[0];
  }
  std::uint16_t Word() {
    const std::uint8_t low = Byte();
    return static_cast<std::uint16_t>(low | Byte() << 8);
  }
  // As many of `bytes` as there are.
  BytesView Take(std::size_t bytes) {
    const BytesView taken = rest_.first(bytes < rest_.size() ? bytes : rest_.size());
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  BytesView rest_;
};

}  // namespace immudb
