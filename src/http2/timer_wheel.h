// Deadlines of many calls on one thread: a hashed wheel of 512 slots of 4 ms.
//
// Arming and disarming touch two pointers; a timer object per call of an I/O library would cost an
// allocation, a heap operation and often a system call. A timer fires up to one tick late, never
// early. One further away than a turn of the wheel stays in its slot and is looked at once a turn.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace immudb::http2 {

class TimerWheel;

// A timer is embedded in what it times, which disarms it (or ends it) before it goes away.
// Not thread-safe: belongs to its wheel's thread.
class Timer {
 public:
  using Callback = void (*)(void* owner);

  Timer() = default;
  Timer(Callback callback, void* owner) : callback_(callback), owner_(owner) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { Disarm(); }

  bool armed() const { return next_ != nullptr; }
  void Disarm();

 private:
  friend class TimerWheel;

  void LinkBefore(Timer& other);
  void Unlink();

  Callback callback_ = nullptr;
  void* owner_ = nullptr;
  TimerWheel* wheel_ = nullptr;  // Of the last arming.
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  std::int64_t due_ns_ = 0;
};

// Outlives its armed timers. Not thread-safe: used by one loop's thread.
class TimerWheel {
 public:
  static constexpr std::int64_t kTickNs = 4'000'000;

  explicit TimerWheel(std::int64_t now_ns);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  // Fires `timer` in the first Advance that reaches `due_ns`. An armed timer is armed anew.
  void Arm(Timer& timer, std::int64_t due_ns);

  // Calls back every timer that is due; each is disarmed first and may be armed again.
  void Advance(std::int64_t now_ns);

  std::size_t armed_count() const { return armed_count_; }

 private:
  friend class Timer;
  static constexpr std::size_t kSlots = 512;

  std::array<Timer, kSlots> slots_;  // Heads of circular lists.
  std::int64_t tick_;                // Every slot up to this tick has been looked at.
  std::size_t armed_count_ = 0;
};

}  // namespace immudb::http2
