#include "http2/timer_wheel.h"

#include <algorithm>

namespace immudb::http2 {

void Timer::LinkBefore(Timer& other) {
  previous_ = other.previous_;
  next_ = &other;
  other.previous_->next_ = this;
  other.previous_ = this;
}

void Timer::Unlink() {
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

void Timer::Disarm() {
  if (!armed() || wheel_ == nullptr) return;
  Unlink();
  --wheel_->armed_count_;
}

TimerWheel::TimerWheel(std::int64_t now_ns) : tick_(now_ns / kTickNs) {
  for (Timer& slot : slots_) slot.previous_ = slot.next_ = &slot;
}

TimerWheel::~TimerWheel() {
  for (Timer& slot : slots_) {
    while (slot.next_ != &slot) slot.next_->Disarm();
    slot.previous_ = slot.next_ = nullptr;
  }
}

void TimerWheel::Arm(Timer& timer, std::int64_t due_ns) {
  timer.Disarm();
  timer.wheel_ = this;
  timer.due_ns_ = due_ns;
  const std::int64_t tick = std::max(due_ns / kTickNs + 1, tick_ + 1);
  timer.LinkBefore(slots_[static_cast<std::size_t>(tick) % kSlots]);
  ++armed_count_;
}

void TimerWheel::Advance(std::int64_t now_ns) {
  const std::int64_t to = now_ns / kTickNs;
  // After a long pause one look at every slot is enough.
  tick_ = std::max(tick_, to - static_cast<std::int64_t>(kSlots));
  while (tick_ < to) {
    ++tick_;
    Timer& slot = slots_[static_cast<std::size_t>(tick_) % kSlots];
    // Due timers move to a list of their own first: a callback may disarm any timer.
    Timer due;
    due.previous_ = due.next_ = &due;
    for (Timer* timer = slot.next_; timer != &slot;) {
      Timer* const next = timer->next_;
      if (timer->due_ns_ <= now_ns) {
        timer->Unlink();
        timer->LinkBefore(due);
      }
      timer = next;
    }
    while (due.next_ != &due) {
      Timer& timer = *due.next_;
      timer.Disarm();
      timer.callback_(timer.owner_);
    }
    due.previous_ = due.next_ = nullptr;
  }
}

}  // namespace immudb::http2
