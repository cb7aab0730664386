#include "metrics/peer_table.h"

#include <algorithm>
#include <functional>

namespace immudb::metrics {

PeerTable::PeerTable() : slots_(std::make_unique<std::array<Slot, kSlots + 1>>()) {}

// A slot that another thread is naming is passed over: at worst an address has two slots, which
// Read adds up.
PeerTable::Slot& PeerTable::Find(std::string_view address) {
  address = address.substr(0, kAddressBytesMax);
  const std::size_t begin = std::hash<std::string_view>()(address);
  for (std::size_t probe = 0; probe < kProbes; ++probe) {
    Slot& slot = (*slots_)[(begin + probe) % kSlots];
    SlotState state = slot.state.load(std::memory_order_acquire);
    if (state == SlotState::kFree &&
        slot.state.compare_exchange_strong(state, SlotState::kBeingNamed)) {
      std::copy(address.begin(), address.end(), slot.address.begin());
      slot.address_bytes = static_cast<std::uint8_t>(address.size());
      slot.state.store(SlotState::kNamed, std::memory_order_release);
      return slot;
    }
    if (state == SlotState::kNamed &&
        std::string_view(slot.address.data(), slot.address_bytes) == address) {
      return slot;
    }
  }
  return (*slots_)[kSlots];
}

void PeerTable::Record(std::string_view address, std::int64_t now_unix_us) {
  Slot& slot = Find(address);
  slot.calls.Add();
  slot.last_unix_us.store(now_unix_us, std::memory_order_relaxed);
}

std::map<std::string, PeerFigures> PeerTable::Read() const {
  std::map<std::string, PeerFigures> all;
  for (std::size_t i = 0; i <= kSlots; ++i) {
    const Slot& slot = (*slots_)[i];
    const bool is_named = slot.state.load(std::memory_order_acquire) == SlotState::kNamed;
    if (!is_named && i < kSlots) continue;
    const std::uint64_t calls = slot.calls.value();
    if (calls == 0) continue;
    const std::string name(is_named ? std::string_view(slot.address.data(), slot.address_bytes)
                                    : kOthers);
    PeerFigures& figures = all[name];
    figures.calls += calls;
    figures.last_unix_us =
        std::max(figures.last_unix_us, slot.last_unix_us.load(std::memory_order_relaxed));
  }
  return all;
}

}  // namespace immudb::metrics
