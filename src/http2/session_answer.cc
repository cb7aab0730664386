// The half of Session that sends replies.

#include <nghttp2/nghttp2.h>

#include <array>
#include <new>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "http2/session.h"

namespace immudb::http2 {
namespace {

// A message from this size on is sent from where it is.
constexpr std::size_t kReferenceMessageBytesMin = 4096;

constexpr std::string_view kPlainAnswer = "hello";

nghttp2_nv Field(std::string_view name, std::string_view value,
                 std::uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
  // libnghttp2's interface is not const-correct; it does not write there.
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // NOLINT(*-const-cast)
  };
  return {bytes(name), bytes(value), name.size(), value.size(), flags};
}

// For names and values that are constants.
constexpr std::uint8_t kStatic = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;

// Replies of this size are sent whatever waits already.
constexpr std::size_t kSmallReplyBytesMax = 4096;
// Of a status text, which may quote a request: clients refuse larger blocks of headers.
constexpr std::size_t kStatusBytesMax = 8192;

// The fields of one block of headers. Keeps the texts that are made for it.
class Fields {
 public:
  Fields() { fields_.reserve(kUsualFields); }

  void Add(nghttp2_nv field) { fields_.push_back(field); }

  void AddHead() {
    Add(Field(":status", "200", kStatic));
    Add(Field("content-type", "application/grpc", kStatic));
  }

  void AddMetadata(const rpc::Metadata& metadata) {
    for (const auto& [name, value] : metadata) {
      if (name.ends_with("-bin")) binary_values_.push_back(EncodeBinaryValue(value));
    }
    std::size_t next_binary = 0;
    for (const auto& [name, value] : metadata) {
      Add(Field(name, name.ends_with("-bin") ? binary_values_[next_binary++] : value));
    }
  }

  void AddStatus(const rpc::RpcStatus& status) {
    if (status.ok()) {
      Add(Field("grpc-status", "0", kStatic));
      return;
    }
    code_ = std::to_string(static_cast<unsigned>(status.code));
    Add(Field("grpc-status", code_));
    if (status.message.empty()) return;
    message_ = PercentEncode(std::string_view(status.message).substr(0, kStatusBytesMax));
    Add(Field("grpc-message", message_));
  }

  const nghttp2_nv* data() const { return fields_.data(); }
  std::size_t size() const { return fields_.size(); }

 private:
  static constexpr std::size_t kUsualFields = 4;

  std::vector<nghttp2_nv> fields_;
  std::vector<std::string> binary_values_;
  std::string code_;
  std::string message_;
};

std::array<std::uint8_t, Stream::kPrefixBytes> MakePrefix(std::size_t message_bytes) {
  const auto byte = [message_bytes](unsigned shift) {
    return static_cast<std::uint8_t>(message_bytes >> shift);
  };
  return {0, byte(24), byte(16), byte(8), byte(0)};
}

}  // namespace

void Session::Complete(Stream& stream, Answer answer) {
  stream.is_handed_out = false;
  ReleaseRoom(stream);
  if (!stream.is_open) {
    const std::shared_ptr<Stream> kept = stream.shared_from_this();
    ReleaseCall(stream);
    Unlink(abandoned_, stream);
    stream.session = nullptr;
    return;
  }
  if (stream.is_answered) return;
  environment_.counters.calls_answered.Add();
  now_ns_ = environment_.clock.MonotonicNs();
  Send(stream, std::move(answer));
}

void Session::Resume(Stream& stream) {
  if (!stream.is_open || !stream.is_deferred) return;
  stream.is_deferred = false;
  stream.progress_ns = environment_.clock.MonotonicNs();
  nghttp2_session_resume_data(nghttp2_, stream.id);
  MarkOutput();
}

void Session::Refuse(Stream& stream, rpc::StatusCode code, std::string_view message) {
  environment_.counters.calls_refused.Add();
  DropUnfinished(stream);
  Send(stream, {.status = {code, std::string(message)},
                .reply = {},
                .messages = nullptr,
                .form = Answer::Form::kBare});
}

void Session::RefuseWithHttpStatus(Stream& stream, std::string_view status) {
  environment_.counters.calls_refused.Add();
  stream.is_answered = true;
  const nghttp2_nv field = Field(":status", status);
  nghttp2_submit_response(nghttp2_, stream.id, &field, 1, nullptr);
  MarkOutput();
}

void Session::Send(Stream& stream, Answer answer) {
  stream.is_answered = true;
  stream.progress_ns = now_ns_;
  stream.status = std::move(answer.status);
  if (stream.status.ok() && answer.messages == nullptr) {
    stream.status = AddMessage(stream, std::move(answer.reply));
  }
  if (!stream.status.ok()) {
    stream.deadline.Disarm();
    SendStatusOnly(stream, answer.form);
    return;
  }
  if (answer.messages == nullptr) {
    stream.deadline.Disarm();
  } else {
    stream.messages = std::move(answer.messages);
    stream.wake = stream.MakeWake();
  }
  SendHeaders(stream);
}

void Session::SendStatusOnly(Stream& stream, Answer::Form form) {
  const rpc::Metadata& initial = environment_.dispatcher.initial_metadata();
  Fields head;
  head.AddHead();
  if (stream.head.refusal.code == rpc::StatusCode::kUnimplemented) {
    head.Add(Field("grpc-accept-encoding", kEncodingsAccepted, kStatic));
  }
  if (form == Answer::Form::kFull && !initial.empty()) {
    // Metadata in the same block as the status would be taken for trailing metadata.
    head.AddMetadata(initial);
    nghttp2_submit_headers(nghttp2_, NGHTTP2_FLAG_NONE, stream.id, nullptr, head.data(),
                           head.size(), nullptr);
    SendTrailers(stream);
  } else {
    head.AddStatus(stream.status);
    nghttp2_submit_response(nghttp2_, stream.id, head.data(), head.size(), nullptr);
  }
  MarkOutput();
}

void Session::SendHeaders(Stream& stream) {
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = [](nghttp2_session* /*nghttp2*/, std::int32_t /*id*/,
                              std::uint8_t* /*buffer*/, std::size_t bytes_max, std::uint32_t* flags,
                              nghttp2_data_source* source, void* user_data) -> ssize_t {
    auto& session = *static_cast<Session*>(user_data);
    try {  // libnghttp2 is written in C.
      return session.ReadReply(*static_cast<Stream*>(source->ptr), bytes_max, *flags);
    } catch (const std::bad_alloc&) {
      session.OnNoMemory();
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  };
  Fields head;
  if (stream.is_plain) {
    head.Add(Field(":status", "200", kStatic));
    stream.is_answered = true;
    stream.pending.Append(AsBytes(kPlainAnswer));
    queued_bytes_ += kPlainAnswer.size();
  } else {
    head.AddHead();
    head.AddMetadata(environment_.dispatcher.initial_metadata());
  }
  nghttp2_submit_response(nghttp2_, stream.id, head.data(), head.size(), &provider);
  MarkOutput();
}

void Session::SendTrailers(Stream& stream) {
  Fields trailers;
  trailers.AddStatus(stream.status);
  nghttp2_submit_trailer(nghttp2_, stream.id, trailers.data(), trailers.size());
}

rpc::RpcStatus Session::AddMessage(Stream& stream, Bytes message) {
  const Limits& limits = environment_.limits;
  if (message.size() > limits.reply_bytes_max) {
    return {rpc::StatusCode::kResourceExhausted,
            Text("the reply of {} bytes is larger than the limit of {}", message.size(),
                 limits.reply_bytes_max)};
  }
  const std::size_t size = message.size() + Stream::kPrefixBytes;
  // A small reply tells of something done, such as a write: it is worth more than its bytes, and
  // there are no more of them than streams.
  const bool may_be_refused = size > kSmallReplyBytesMax;
  if (may_be_refused && queued_bytes_ > 0 &&
      queued_bytes_ + size > limits.connection_reply_bytes_max) {
    return {rpc::StatusCode::kResourceExhausted,
            "too many replies wait to be read on this connection"};
  }
  const bool is_copied = message.size() < kReferenceMessageBytesMin;
  ByteCharge body_charge(environment_.reply_bytes);
  if (stream.pending_charge.bytes() == 0) {
    stream.pending_charge = ByteCharge(environment_.reply_bytes);
  }
  const bool charged = (is_copied ? stream.pending_charge : body_charge).Grow(size);
  if (!charged && may_be_refused) {
    return {rpc::StatusCode::kResourceExhausted,
            "too many replies wait to be read; try again later"};
  }
  if (is_copied && stream.pending.empty()) stream.pending.Reserve(size);
  stream.pending.Append(MakePrefix(message.size()));
  if (is_copied) {
    stream.pending.Append(BytesView(message));
  } else {
    stream.pending.Append(
        std::make_shared<const Body>(Body{std::move(message), std::move(body_charge)}));
  }
  queued_bytes_ += size;
  return {};
}

void Session::PullMessages(Stream& stream, std::size_t bytes) {
  while (stream.messages != nullptr && stream.pending.size_bytes() < bytes) {
    rpc::MessageStream::Next next = stream.messages->Pull(stream.wake);
    switch (next.kind) {
      case rpc::MessageStream::Next::Kind::kLater: return;
      case rpc::MessageStream::Next::Kind::kEnd: stream.status = std::move(next.status); break;
      case rpc::MessageStream::Next::Kind::kMessage:
        stream.status = AddMessage(stream, std::move(next.message));
        if (stream.status.ok()) continue;
        break;
    }
    stream.messages.reset();
    stream.deadline.Disarm();
  }
}

long Session::ReadReply(Stream& stream, std::size_t bytes_max, std::uint32_t& flags) {
  PullMessages(stream, bytes_max);
  const std::size_t size = std::min(bytes_max, stream.pending.size_bytes());
  const bool is_last = stream.messages == nullptr && size == stream.pending.size_bytes();
  if (size == 0 && !is_last) {
    stream.is_deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (is_last) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream.is_plain) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      SendTrailers(stream);
    }
  }
  return static_cast<long>(size);
}

bool Session::WriteReply(Stream& stream, BytesView frame_header, std::size_t bytes) {
  if (output_.size_bytes() >= environment_.limits.write_bytes_max) return false;
  output_.Append(frame_header);
  stream.pending.Transfer(bytes, output_);
  queued_bytes_ -= bytes;
  stream.progress_ns = now_ns_;
  const std::size_t charged = stream.pending_charge.bytes();
  const std::size_t pending = stream.pending.size_bytes();
  if (charged > pending) stream.pending_charge.Shrink(charged - pending);
  return true;
}

}  // namespace immudb::http2
