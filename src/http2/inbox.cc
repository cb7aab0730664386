#include "http2/inbox.h"

#include <new>
#include <utility>

#include "http2/stream.h"

namespace immudb::http2 {

void Inbox::Complete(const std::shared_ptr<Stream>& stream, Answer answer) {
  if (thread_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    stream->Complete(std::move(answer));
  } else {
    Post({.stream = stream, .is_wake = false, .answer = std::move(answer)});
  }
}

void Inbox::Wake(const std::shared_ptr<Stream>& stream) {
  Post({.stream = stream, .is_wake = true, .answer = {}});
}

void Inbox::Post(Item item) {
  bool must_wake = false;
  {
    const MutexLock lock(mutex_);
    if (is_closed_) return;
    items_.push_back(std::move(item));
    must_wake = !is_awake_;
    is_awake_ = true;
  }
  if (must_wake) wake_();
}

void Inbox::Deliver() {
  {
    const MutexLock lock(mutex_);
    taken_.swap(items_);
    is_awake_ = false;
  }
  for (Item& item : taken_) {
    try {
      if (item.is_wake) {
        item.stream->Resume();
      } else {
        item.stream->Complete(std::move(item.answer));
      }
    } catch (const std::bad_alloc&) {
      item.stream->OnNoMemory();
    }
  }
  taken_.clear();
}

void Inbox::Close() {
  std::vector<Item> dropped;  // Outlives the lock: answers may hold anything.
  const MutexLock lock(mutex_);
  is_closed_ = true;
  dropped.swap(items_);
}

}  // namespace immudb::http2
