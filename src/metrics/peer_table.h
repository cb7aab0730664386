// How many calls each address made, and when the last one came. Adding takes no lock.
//
// A fixed number of addresses is told apart; whoever comes later is counted under one name for all.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "metrics/counters.h"

namespace immudb::metrics {

struct PeerFigures {
  std::uint64_t calls = 0;
  std::int64_t last_unix_us = 0;
};

// Thread-safe.
class PeerTable {
 public:
  static constexpr std::string_view kOthers = "others";

  PeerTable();

  void Record(std::string_view address, std::int64_t now_unix_us);
  std::map<std::string, PeerFigures> Read() const;

 private:
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kProbes = 16;
  static constexpr std::size_t kAddressBytesMax = 63;

  enum class SlotState : std::uint8_t { kFree, kBeingNamed, kNamed };
  struct Slot {
    std::atomic<SlotState> state{SlotState::kFree};
    std::uint8_t address_bytes = 0;                    // Written before kNamed, never again.
    std::array<char, kAddressBytesMax + 1> address{};  // Likewise.
    Counter calls;
    std::atomic<std::int64_t> last_unix_us{0};
  };

  // The slot of `address`, named for it if there was none; slots_[kSlots] if there is no room.
  Slot& Find(std::string_view address);

  std::unique_ptr<std::array<Slot, kSlots + 1>> slots_;
};

}  // namespace immudb::metrics
