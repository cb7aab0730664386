// Erasure of secrets from memory.

#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "immudb/bytes.h"

namespace immudb {

// Overwrites `bytes` with zeros, which the compiler may not leave out.
inline void Wipe(std::span<std::uint8_t> bytes) {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

// Wipes `bytes`, with what its memory may still hold of earlier contents, and frees it.
inline void WipeAndFree(Bytes& bytes) {
  bytes.resize(bytes.capacity());
  Wipe(bytes);
  Bytes().swap(bytes);
}

// Wipes `text`, with what its memory may still hold of earlier contents, and empties it.
inline void WipeAndClear(std::string& text) {
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

// A text that is wiped when the last copy of this goes. Copies share it, because it may be part of
// a std::function, which is copied.
class Secret {
 public:
  // Takes the text out of `source`, of which nothing is left.
  explicit Secret(std::string& source) : held_(std::make_shared<Held>(source)) {
    WipeAndClear(source);
  }

  std::string_view view() const { return held_->text; }

 private:
  struct Held {
    explicit Held(const std::string& source) : text(source) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { WipeAndClear(text); }

    std::string text;
  };

  std::shared_ptr<const Held> held_;
};

}  // namespace immudb
