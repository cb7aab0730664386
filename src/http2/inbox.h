// Where handlers on any thread leave their answers for the thread of a loop.
//
// Cost: a lone hand-over takes about 5 us of wake-ups; a burst shares one.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "immudb/bytes.h"
#include "rpc/call.h"
#include "rpc/status.h"

namespace immudb::http2 {

class Stream;

// What ends a call: a status, and with OK a reply or a stream of replies.
struct Answer {
  // Whether the dispatcher's initial metadata goes ahead of it.
  enum class Form : std::uint8_t { kFull, kBare };

  rpc::RpcStatus status;
  Bytes reply;
  std::unique_ptr<rpc::MessageStream> messages;
  Form form = Form::kFull;
};

// Shared by its loop and by every call handle, which may outlive the loop. Thread-safe where said.
class Inbox {
 public:
  // `wake` is called, on any thread, when the loop should call Deliver: once until it does. It
  // stays callable for as long as the inbox exists.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Makes the calling thread the loop's: its answers take effect at once.
  void BindToThisThread() { thread_.store(std::this_thread::get_id(), std::memory_order_relaxed); }

  // Applies what was posted to the sessions concerned. Loop's thread only.
  void Deliver();

  // Drops what was posted and whatever will be: the loop serves no more. Thread-safe.
  void Close();

  // For Stream: hands `answer` to the stream's session, now or in Deliver. Thread-safe.
  void Complete(const std::shared_ptr<Stream>& stream, Answer answer);
  // For Stream: asks the stream's session to pull again in Deliver. Thread-safe.
  void Wake(const std::shared_ptr<Stream>& stream);

 private:
  struct Item {
    std::shared_ptr<Stream> stream;
    bool is_wake = false;
    Answer answer;
  };

  void Post(Item item);

  const std::function<void()> wake_;
  std::atomic<std::thread::id> thread_;
  std::vector<Item> taken_;  // Loop's thread only; kept for its memory.

  Mutex mutex_;
  std::vector<Item> items_ IMMUDB_GUARDED_BY(mutex_);
  bool is_awake_ IMMUDB_GUARDED_BY(mutex_) = false;  // A Deliver will come.
  bool is_closed_ IMMUDB_GUARDED_BY(mutex_) = false;
};

}  // namespace immudb::http2
