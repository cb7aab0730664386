// A fuzz target: what gRPC puts inside HTTP/2. Messages with their length in front, compressed or
// not, come through a whole session, so that limits, charges and the budget of inflation are those
// that count; the small encodings are called by themselves.
//
// The first byte chooses what is tried; see FuzzGrpc.

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/check.h"
#include "base/testing/fuzz_target.h"
#include "http2/client_peer_test.h"
#include "http2/grpc_codec.h"

namespace immudb::http2 {
namespace {

constexpr std::size_t kPlainBytesMax = 100'000;
constexpr int kGzipHeader = 16;  // zlib's way to ask for gzip instead of its own format.
constexpr int kMemoryLevel = 8;
constexpr std::int64_t kYearNs = 365LL * 24 * 3600 * 1'000'000'000;
constexpr std::array kEncodings = {Encoding::kGzip, Encoding::kDeflate};

std::string_view AsText(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// zlib's own compression, the other half of Decompress.
Bytes Compressed(BytesView plain, Encoding encoding) {
  z_stream stream{};
  const int window_bits = MAX_WBITS + (encoding == Encoding::kGzip ? kGzipHeader : 0);
  IMMUDB_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits, kMemoryLevel,
                            Z_DEFAULT_STRATEGY) == Z_OK);
  Bytes out(deflateBound(&stream, plain.size()));
  stream.next_in = const_cast<Bytef*>(plain.data());  // NOLINT(*-const-cast)
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  IMMUDB_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Damaged streams are refused, and no more is ever made of one than was allowed.
void TryDecompress(BytesView input, Encoding encoding, std::size_t bytes_max) {
  const Result<Bytes> plain = Decompress(encoding, input, bytes_max);
  if (!plain) {
    IMMUDB_CHECK(plain.error().code == Code::kInvalidArgument ||
                 plain.error().code == Code::kLimitExceeded);
    return;
  }
  IMMUDB_CHECK(plain->size() <= bytes_max);
  // One byte less is too little for it.
  if (plain->empty()) return;
  const Result<Bytes> cut = Decompress(encoding, input, plain->size() - 1);
  IMMUDB_CHECK(!cut && cut.error().code == Code::kLimitExceeded);
}

void TryRoundTrip(BytesView input, Encoding encoding) {
  const Bytes compressed = Compressed(input, encoding);
  const Result<Bytes> plain = Decompress(encoding, compressed, input.size());
  IMMUDB_CHECK(plain.has_value());
  IMMUDB_CHECK(std::ranges::equal(*plain, input));
}

void TryTexts(std::string_view text) {
  const std::string escaped = PercentEncode(text);
  IMMUDB_CHECK(std::ranges::all_of(escaped, [](char c) { return c >= 0x20 && c <= 0x7e; }));
  IMMUDB_CHECK(escaped.size() >= text.size() && escaped.size() <= 3 * text.size());

  const Result<std::string> back = DecodeBinaryValue(EncodeBinaryValue(text));
  IMMUDB_CHECK(back.has_value());
  IMMUDB_CHECK(*back == text);
  if (const Result<std::string> bytes = DecodeBinaryValue(text)) {
    IMMUDB_CHECK(bytes->size() <= text.size() * 3 / 4);
    IMMUDB_CHECK(*DecodeBinaryValue(EncodeBinaryValue(*bytes)) == *bytes);
  }

  const std::optional<std::int64_t> timeout_ns = ParseTimeout(text);
  IMMUDB_CHECK(!timeout_ns || (*timeout_ns >= 0 && *timeout_ns <= kYearNs));

  const std::string_view trimmed = TrimBlanks(text);
  IMMUDB_CHECK(trimmed == TrimBlanks(trimmed));
  if (IsGrpcContentType(text)) IMMUDB_CHECK(text.starts_with("application/grpc"));
  if (ParseEncoding(text)) IMMUDB_CHECK(kEncodingsAccepted.find(text) != std::string_view::npos);
}

std::string_view NameOf(Encoding encoding) {
  switch (encoding) {
    case Encoding::kIdentity: return "identity";
    case Encoding::kDeflate: return "deflate";
    case Encoding::kGzip: return "gzip";
  }
  return {};
}

// `body` is what a client sends as the whole request of several calls, one after the other. Each is
// answered, and an accepted one says what the message was.
void TryCalls(BytesView body, Encoding encoding, std::size_t piece_bytes, int calls) {
  ClientPeer peer;
  peer.limits.request_bytes_max = kPlainBytesMax;
  peer.Start();
  const std::string_view text = AsText(body);
  for (int i = 0; i < calls; ++i) {
    const std::int32_t id =
        peer.OpenCall("/t.T/Echo", text.substr(0, std::min(piece_bytes, text.size())),
                      {{"grpc-encoding", std::string(NameOf(encoding))}});
    peer.Exchange();
    for (std::size_t at = piece_bytes; at < text.size(); at += piece_bytes) {
      if (peer.responses[id].closed_as) break;
      peer.SendMore(id, text.substr(at, piece_bytes), false);
      peer.Exchange();
    }
    if (!peer.responses[id].closed_as) peer.SendMore(id, "", true);
    peer.Exchange();
    // What waits for room is given some, or told that there is none.
    for (int second = 0; second < 30 && !peer.responses[id].closed_as; ++second) {
      peer.Second();
      peer.Exchange();
    }
    const Response& response = peer.responses[id];
    IMMUDB_CHECK(response.closed_as.has_value());
    if (peer.session->finished()) break;
    IMMUDB_CHECK(!response.status().empty());
    if (response.status() != "0") continue;
    IMMUDB_CHECK(body.size() >= 5 && body[0] <= 1);
    const BytesView message = body.subspan(5);
    const Bytes expected = body[0] == 1 ? *Decompress(encoding, message, kPlainBytesMax)
                                        : Bytes(message.begin(), message.end());
    IMMUDB_CHECK(response.body == Framed(AsText(expected)));
  }
  peer.session.reset();
  IMMUDB_CHECK(peer.call_bytes->used_bytes() == 0);
  IMMUDB_CHECK(peer.request_bytes->used_bytes() == 0);
  IMMUDB_CHECK(peer.reply_bytes->used_bytes() == 0);
}

}  // namespace

void FuzzGrpc(BytesView bytes) {
  FuzzInput input(bytes);
  const std::uint8_t choice = input.Byte();
  const Encoding encoding = kEncodings[choice / 8 % 2];
  switch (choice % 8) {
    case 0: return TryTexts(AsText(input.rest()));
    case 1: return TryRoundTrip(input.rest(), encoding);
    case 2: return TryDecompress(input.rest(), encoding, kPlainBytesMax);
    case 3: {
      const std::size_t bytes_max = input.Word();
      return TryDecompress(input.rest(), encoding, bytes_max);
    }
    case 4: return TryCalls(input.rest(), Encoding::kIdentity, 4096, 1);
    case 5: {  // In pieces.
      const std::size_t piece_bytes = std::size_t{input.Byte()} + 1;
      return TryCalls(input.rest(), encoding, piece_bytes, 2);
    }
    case 6: return TryCalls(input.rest(), encoding, 4096, 1 + choice / 16);
    default: {  // A message whose frame fits.
      Bytes framed(5);
      const BytesView message = input.rest();
      framed[0] = 1;
      for (std::size_t i = 0; i < 4; ++i) {
        framed[1 + i] = static_cast<std::uint8_t>(message.size() >> (24 - 8 * i));
      }
      framed.insert(framed.end(), message.begin(), message.end());
      return TryCalls(framed, encoding, 4096, 1 + choice / 16);
    }
  }
}

}  // namespace immudb::http2

IMMUDB_FUZZ_TARGET(GrpcFuzzTest, "http2_grpc", immudb::http2::FuzzGrpc)
