#include "http2/stream.h"

#include <new>
#include <utility>

#include "base/check.h"
#include "base/wipe.h"
#include "http2/session.h"

namespace immudb::http2 {

namespace {

// A request with a password in it is no larger.
constexpr std::size_t kSecretBytesMax = 64U << 10;

}  // namespace

Stream::Stream(Session& owner, std::int32_t stream_id, std::shared_ptr<const Origin> from)
    : origin(std::move(from)),
      session(&owner),
      id(stream_id),
      deadline(
          [](void* self) {
            auto* const stream = static_cast<Stream*>(self);
            try {
              stream->session->OnDeadline(*stream);
            } catch (const std::bad_alloc&) {
              stream->OnNoMemory();
            }
          },
          this) {}

void Stream::ReserveRequest(std::size_t bytes) {
  if (request.capacity() >= bytes) return;
  Bytes grown;
  grown.reserve(bytes);
  grown.insert(grown.end(), request.begin(), request.end());
  request.swap(grown);
  if (grown.capacity() <= kSecretBytesMax) WipeAndFree(grown);
}

void Stream::DropRequest() {
  if (request.capacity() <= kSecretBytesMax) WipeAndFree(request);
  Bytes().swap(request);
  request_charge = ByteCharge();
}

void Stream::Complete(Answer answer) {
  if (session != nullptr) session->Complete(*this, std::move(answer));
}

void Stream::Resume() {
  wake_is_posted.store(false, std::memory_order_relaxed);
  if (session != nullptr) session->Resume(*this);
}

void Stream::OnNoMemory() {
  if (session != nullptr) session->OnNoMemory();
}

std::function<void()> Stream::MakeWake() {
  // Weak, because the messages that keep it belong to the stream.
  return [weak = weak_from_this()] {
    const std::shared_ptr<Stream> stream = weak.lock();
    if (stream != nullptr && !stream->wake_is_posted.exchange(true)) {
      stream->origin->inbox->Wake(stream);
    }
  };
}

CallHandle::~CallHandle() {
  if (is_answered_.load(std::memory_order_relaxed)) return;
  try {
    Finish({rpc::StatusCode::kInternal, "the call was dropped without an answer"}, {});
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the peer's deadline is left.
  }
}

void CallHandle::Finish(rpc::RpcStatus status, Bytes reply) {
  Complete({.status = std::move(status), .reply = std::move(reply), .messages = nullptr});
}

void CallHandle::FinishWithStream(std::unique_ptr<rpc::MessageStream> stream) {
  IMMUDB_CHECK(stream != nullptr);
  Complete({.status = {}, .reply = {}, .messages = std::move(stream)});
}

void CallHandle::Refuse(rpc::RpcStatus status) {
  IMMUDB_CHECK(!status.ok());
  Complete(
      {.status = std::move(status), .reply = {}, .messages = nullptr, .form = Answer::Form::kBare});
}

void CallHandle::Complete(Answer answer) {
  IMMUDB_CHECK(!is_answered_.exchange(true));
  stream_->DropRequest();
  stream_->origin->inbox->Complete(stream_, std::move(answer));
}

}  // namespace immudb::http2
