// The half of Session that takes requests in.

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"
#include "base/wipe.h"
#include "http2/session.h"

namespace immudb::http2 {
namespace {

// A header list over its limit is answered up to this many times the limit. Beyond, libnghttp2 is
// told to give the block up: it still decodes the rest but no longer validates every field, which
// costs 15 ms for one frame of 16 KB that expands to 62 MB.
constexpr std::size_t kHeaderListFactor = 4;
constexpr std::int64_t kHeaderListPoints = 200;
constexpr std::size_t kFieldOverheadBytes = 32;  // RFC 9113 section 6.5.2.

// What a call costs besides its fields: its stream here and in libnghttp2, as measured.
constexpr std::size_t kStreamBytes = 1024;

// What it costs to begin with decompression, in bytes of its output.
constexpr std::size_t kInflationBytes = 4096;
constexpr std::size_t kDeflateRatioMax = 1032;  // By its format.

// A stranger who sends what only others may send has no reason to do so often.
constexpr std::int64_t kNotAdmittedPoints = 20;

std::size_t BigEndian32(const std::uint8_t* bytes) {
  return std::size_t{bytes[0]} << 24 | std::size_t{bytes[1]} << 16 | std::size_t{bytes[2]} << 8 |
         bytes[3];
}

}  // namespace

Stream* Session::OnNewStream(std::int32_t id) {
  // The peer can reset a call, but not the work that its handler has begun: what still runs counts.
  if (open_.size() + abandoned_.size() >= std::size_t{environment_.limits.streams_max} * 2) {
    environment_.counters.calls_refused.Add();
    return nullptr;
  }
  auto stream = std::make_shared<Stream>(*this, id, origin_);
  stream->progress_ns = now_ns_;
  stream->position = open_.size();
  open_.push_back(std::move(stream));
  return open_.back().get();
}

int Session::OnHeader(Stream& stream, std::string_view name, std::string_view value) {
  RequestHead& head = stream.head;
  head.list_bytes += name.size() + value.size() + kFieldOverheadBytes;
  const std::size_t limit = environment_.limits.header_list_bytes_max;
  if (head.list_bytes > limit) {
    if (!std::exchange(head.is_too_large, true)) AddScore(kHeaderListPoints);
    return head.list_bytes > limit * kHeaderListFactor ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE : 0;
  }
  if (stream.request_is_wanted || stream.is_answered) return 0;  // Trailers mean nothing to us.
  value = TrimBlanks(value);
  if (name.starts_with(':')) {
    if (name == ":path") stream.path = value;
    if (name == ":method") head.is_post = value == "POST";
  } else if (name == "content-type") {
    head.has_content_type = true;
    head.is_grpc = IsGrpcContentType(value);
  } else if (name == "grpc-timeout") {
    head.timeout_ns = ParseTimeout(value);
    if (!head.timeout_ns) {
      head.refusal = {rpc::StatusCode::kInternal, Text("malformed grpc-timeout: {}", value)};
    }
  } else if (name == "grpc-encoding") {
    const auto encoding = ParseEncoding(value);
    head.encoding = encoding.value_or(Encoding::kIdentity);
    if (!encoding) {
      head.refusal = {rpc::StatusCode::kUnimplemented,
                      Text("grpc: Decompressor is not installed for grpc-encoding \"{}\"", value)};
    }
  } else if (name != "te" && !name.starts_with("grpc-")) {
    OnMetadata(stream, name, value);
  }
  return 0;
}

void Session::OnMetadata(Stream& stream, std::string_view name, std::string_view value) {
  if (!name.ends_with("-bin")) {
    stream.metadata.emplace_back(name, value);
    return;
  }
  // Several values may be joined by commas, which base64 has no use for.
  for (;;) {
    const std::size_t comma = value.find(',');
    auto bytes = DecodeBinaryValue(TrimBlanks(value.substr(0, comma)));
    if (!bytes) {
      stream.head.refusal = {
          rpc::StatusCode::kInternal,
          Text("malformed binary metadata \"{}\": {}", name, bytes.error().message)};
      return;
    }
    stream.metadata.emplace_back(name, *std::move(bytes));
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

void Session::OnHeadersEnd(Stream& stream) {
  const RequestHead& head = stream.head;
  if (head.is_too_large) {
    // HTTP's 431 would reach applications as UNKNOWN.
    Refuse(
        stream, rpc::StatusCode::kResourceExhausted,
        Text("received header list larger than max {}", environment_.limits.header_list_bytes_max));
    return;
  }
  if (environment_.plain_requests == PlainRequests::kAnswer && !head.has_content_type) {
    stream.is_plain = true;
    return;
  }
  if (!head.is_post) return RefuseWithHttpStatus(stream, "405");
  if (!head.is_grpc) return RefuseWithHttpStatus(stream, "415");
  if (!head.refusal.ok()) return Refuse(stream, head.refusal.code, head.refusal.message);
  if (!ChargeCall(stream, kStreamBytes + head.list_bytes)) {
    return Refuse(stream, rpc::StatusCode::kResourceExhausted,
                  "too many calls are under way; try again later");
  }

  auto found = environment_.dispatcher.Find(stream.path);
  if (const auto* refusal = std::get_if<rpc::RpcStatus>(&found)) {
    return Refuse(stream, refusal->code, refusal->message);
  }
  stream.method = std::get<rpc::Dispatcher::Method>(found);
  if (head.timeout_ns) {
    stream.deadline_ns = now_ns_ + *head.timeout_ns;
    if (*head.timeout_ns == 0) return OnDeadline(stream);
    environment_.timers.Arm(stream.deadline, *stream.deadline_ns);
  }
  stream.request_is_wanted = true;
  stream.began_ns = now_ns_;
}

void Session::OnData(Stream& stream, BytesView bytes) {
  if (!stream.is_large) was_fed_secrets_ = true;
  while (!bytes.empty() && stream.request_is_wanted) {
    if (stream.prefix_bytes < Stream::kPrefixBytes) {
      CollectPrefix(stream, bytes);
    } else {
      CollectMessage(stream, bytes);
    }
  }
}

void Session::CollectPrefix(Stream& stream, BytesView& bytes) {
  const std::size_t size = std::min(bytes.size(), Stream::kPrefixBytes - stream.prefix_bytes);
  std::copy_n(bytes.begin(), size, stream.prefix.begin() + stream.prefix_bytes);
  stream.prefix_bytes += size;
  bytes = bytes.subspan(size);
  if (stream.prefix_bytes < Stream::kPrefixBytes) return;

  const std::uint8_t flags = stream.prefix[0];
  stream.message_bytes = BigEndian32(&stream.prefix[1]);
  const std::size_t limit = environment_.limits.request_bytes_max;
  if (stream.message_bytes > limit) {
    Refuse(stream, rpc::StatusCode::kResourceExhausted,
           Text("grpc: received message larger than max ({} vs. {})", stream.message_bytes, limit));
  } else if (flags > 1) {
    Refuse(stream, rpc::StatusCode::kInternal,
           Text("grpc: received unexpected payload format {}", flags));
  } else if (flags == 1 && stream.head.encoding == Encoding::kIdentity) {
    Refuse(stream, rpc::StatusCode::kInternal,
           "grpc: compressed flag set with identity or empty encoding");
  } else if (flags == 1 || stream.message_bytes > rpc::Dispatcher::kSmallRequestBytes) {
    stream.admission =
        environment_.dispatcher.Admit(stream.method, stream.metadata, stream.origin->peer);
    stream.is_large = stream.message_bytes > environment_.limits.stream_window_bytes;
    if (stream.message_bytes > stream.admission.bytes_max) {
      AddScore(kNotAdmittedPoints);
      Refuse(stream, stream.admission.refusal.code, stream.admission.refusal.message);
    }
  }
}

void Session::CollectMessage(Stream& stream, BytesView& bytes) {
  Bytes& request = stream.request;
  const std::size_t missing = stream.message_bytes - request.size();
  if (missing == 0) {
    Refuse(stream, rpc::StatusCode::kInternal, "more than one request message");
    return;
  }
  const std::size_t size = std::min(missing, bytes.size());
  const bool has_room = stream.room_bytes > 0;
  if (!has_room && !ChargeCall(stream, size)) {
    Refuse(stream, rpc::StatusCode::kResourceExhausted,
           "too many requests are being received; try again later");
    return;
  }
  const std::size_t received = request.size() + size;
  if (request.capacity() < received) {
    // Memory comes with the bytes: the length in the prefix is only a claim.
    stream.ReserveRequest(
        has_room ? stream.message_bytes
                 : std::max(received, std::min(stream.message_bytes, request.capacity() * 2)));
  }
  request.insert(request.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  bytes = bytes.subspan(size);
  // Room is asked for by who has shown that he sends, and early enough that he need not pause.
  if (stream.is_large && !has_room && stream.room_wanted_bytes == 0 &&
      received >= environment_.limits.stream_window_bytes / 2) {
    WantRoom(stream, stream.message_bytes);
  }
}

void Session::OnRequestEnd(Stream& stream) {
  stream.request_has_ended = true;
  if (stream.is_plain) {
    stream.status = {};
    SendHeaders(stream);
    return;
  }
  if (!stream.request_is_wanted) return;
  // Only now, so that a second message or a missing one is an error and not a surprise.
  if (stream.prefix_bytes < Stream::kPrefixBytes || stream.request.size() < stream.message_bytes) {
    Refuse(stream, rpc::StatusCode::kInternal, "the request ended without a whole message");
    return;
  }
  // Before the handler runs: what it has done cannot be refused any more.
  if (queued_bytes_ >= environment_.limits.connection_reply_bytes_max) {
    Refuse(stream, rpc::StatusCode::kResourceExhausted,
           "too many replies wait to be read on this connection");
    return;
  }
  if (stream.prefix[0] == 1) {
    // What it expands to is known afterwards only.
    const std::size_t plain_max =
        std::min(environment_.limits.request_bytes_max, stream.admission.bytes_max);
    if (plain_max > rpc::Dispatcher::kSmallRequestBytes || !environment_.inflation.IsOpen()) {
      return WantRoom(stream, plain_max);
    }
  }
  if (stream.room_wanted_bytes == 0) FinishRequest(stream);
}

void Session::FinishRequest(Stream& stream) {
  if (stream.prefix[0] == 1 && !DecompressRequest(stream)) return;
  stream.request_is_wanted = false;
  stream.is_handed_out = stream.was_handed_out = true;
  environment_.counters.calls_started.Add();
  environment_.dispatcher.Start(stream.method,
                                std::make_unique<CallHandle>(stream.shared_from_this()));
}

bool Session::DecompressRequest(Stream& stream) {
  const bool is_bounded = stream.admission.bytes_max < environment_.limits.request_bytes_max;
  const std::size_t limit =
      is_bounded ? stream.admission.bytes_max : environment_.limits.request_bytes_max;
  auto plain = Decompress(stream.head.encoding, stream.request, limit);
  const std::size_t inflated_bytes =
      plain ? plain->size() : std::min(limit, stream.request.size() * kDeflateRatioMax);
  environment_.inflation.Spend(kInflationBytes + inflated_bytes);
  if (!plain) {
    if (plain.error().code == Code::kLimitExceeded && is_bounded) {
      AddScore(kNotAdmittedPoints);
      Refuse(stream, stream.admission.refusal.code, stream.admission.refusal.message);
    } else if (plain.error().code == Code::kLimitExceeded) {
      Refuse(stream, rpc::StatusCode::kResourceExhausted,
             Text("grpc: received message after decompression larger than max {}", limit));
    } else {
      Refuse(stream, rpc::StatusCode::kInternal,
             Text("grpc: failed to decompress the received message: {}", plain.error().message));
    }
    return false;
  }
  const bool fits = stream.room_bytes > 0 || ChargeCall(stream, plain->size());
  stream.request.swap(*plain);
  WipeAndFree(*plain);
  if (stream.room_bytes > stream.request.size()) {
    const std::size_t surplus = stream.room_bytes - stream.request.size();
    stream.request_charge.Shrink(surplus);
    stream.room_bytes -= surplus;
    room_bytes_ -= surplus;
  }
  if (!fits) {
    Refuse(stream, rpc::StatusCode::kResourceExhausted,
           "too many requests are being received; try again later");
  }
  return fits;
}

void Session::OnStreamClosed(Stream& stream) {
  stream.is_open = false;
  stream.deadline.Disarm();
  stream.cancelled.store(true, std::memory_order_relaxed);
  queued_bytes_ -= stream.pending.size_bytes();
  stream.pending = Output();
  stream.pending_charge = ByteCharge();
  const std::shared_ptr<Stream> kept = stream.shared_from_this();
  Unlink(open_, stream);
  if (drain_state_ == DrainState::kLast) MarkOutput();  // So that its owner asks finished().
  stream.messages.reset();
  if (stream.is_handed_out) {
    if (!stream.is_answered) environment_.counters.calls_abandoned.Add();
    stream.position = abandoned_.size();
    abandoned_.push_back(kept);
  } else {
    DropUnfinished(stream);
    ReleaseCall(stream);
    stream.session = nullptr;
  }
}

void Session::OnDeadline(Stream& stream) {
  environment_.counters.deadlines_exceeded.Add();
  stream.cancelled.store(true, std::memory_order_relaxed);
  if (stream.is_answered) {
    // In the middle of a reply: its messages can't be cut short in any other way.
    nghttp2_submit_rst_stream(nghttp2_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
    MarkOutput();
    return;
  }
  DropUnfinished(stream);
  Send(stream, {.status = {rpc::StatusCode::kDeadlineExceeded, "context deadline exceeded"},
                .reply = {},
                .messages = nullptr,
                .form = stream.is_handed_out ? Answer::Form::kFull : Answer::Form::kBare});
}

}  // namespace immudb::http2
