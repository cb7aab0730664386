// The fuzz target of the session over what chance is slow to find: good conversations, each of them
// cut at every length, and with single bytes changed.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "http2/client_peer_test.h"

namespace immudb::http2 {

void FuzzSession(BytesView input);

namespace {

void RunTarget(const std::string& input) {
  FuzzSession(AsBytes(input));
}

std::string RawCall(std::uint32_t stream, std::string_view path, std::string_view more,
                    std::string_view body) {
  return RawFrame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream,
                  RawCallFields(path) + std::string(more)) +
         RawFrame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, body);
}

std::vector<std::string> Corpus() {
  const std::string window = RawFrame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\1\0\0", 4));
  return {
      RawPreface() + RawCall(1, "/t.T/Echo", "", Framed("hello")),
      RawPreface() + RawCall(1, "/t.T/Stream", RawField("grpc-timeout", "100m"), Framed("")) +
          window + RawFrame(NGHTTP2_PING, 0, 0, "12345678"),
      RawPreface() + RawCall(1, "/t.T/Hold", RawField("x-bin", "AAAA"), Framed("")) +
          RawCall(3, "/t.T/Hold", RawField("authorization", "Bearer "), Framed("")) +
          RawFrame(NGHTTP2_RST_STREAM, 0, 1, std::string(4, '\0')),
      RawPreface() +
          RawCall(1, "/t.T/Echo", RawField("grpc-encoding", "gzip"), Framed("\x1F\x8B\x08", 1)) +
          RawFrame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\4\0\0\0\x5", 6)) +
          RawFrame(NGHTTP2_GOAWAY, 0, 0, std::string(8, '\0')),
  };
}

TEST(SessionFuzzTest, ConversationsMayBeCutAnywhere) {
  for (const std::string& conversation : Corpus()) {
    for (std::size_t size = 0; size <= conversation.size(); ++size) {
      RunTarget(std::string(1, '\x0F') + conversation.substr(0, size));
    }
  }
}

TEST(SessionFuzzTest, ChangedBytesAndPiecesOfEverySizeAreSurvived) {
  const char* const given = std::getenv("IMMUDB_TEST_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : 20'261'124U;
  SCOPED_TRACE("IMMUDB_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> corpus = Corpus();
  for (int i = 0; i < 1500; ++i) {
    std::string conversation = corpus[random() % corpus.size()];
    for (unsigned changes = random() % 4; changes > 0; --changes) {
      conversation[random() % conversation.size()] = static_cast<char>(random());
    }
    RunTarget(static_cast<char>(random()) + conversation);
  }
}

}  // namespace
}  // namespace immudb::http2
