// The calls that load is made of, as messages ready to be sent.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "http2_client.h"

namespace immudb::bench {

enum class CallKind : std::uint8_t { kGet, kSet, kSafeGet, kSafeSet, kSetBatch, kEcho };

inline constexpr std::array kServerCalls = {CallKind::kGet, CallKind::kSet, CallKind::kSafeGet,
                                            CallKind::kSafeSet, CallKind::kSetBatch};
constexpr std::size_t kBatchEntries = 100;

std::string_view NameOf(CallKind kind);

// How many entries one such call writes.
std::uint64_t EntriesOf(CallKind kind);

// The shortest reply, in bytes, that can be a right one.
std::size_t LeastReplyBytes(CallKind kind);

// Makes calls of every kind. Reads take keys that were written at random, writes write new ones in
// random order.
class CallMaker {
 public:
  // Keys are those from number `first_key` on: a server that is measured again has others.
  explicit CallMaker(std::uint64_t first_key) : first_key_(first_key) {}

  Call Make(CallKind kind);
  // A batch of any size.
  Call MakeBatch(std::uint64_t entries);
  // The newest root that the caller of SafeGet and SafeSet is to know.
  void set_trusted_index(std::uint64_t index) { trusted_index_ = index; }
  // Everything written so far was answered: reads may ask for it.
  void Settle() { keys_settled_ = keys_written_; }
  std::uint64_t keys_written() const { return keys_written_; }

 private:
  std::string KeyToRead();

  std::uint64_t first_key_;
  std::uint64_t keys_written_ = 0;
  std::uint64_t keys_settled_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t trusted_index_ = 0;
};

// Logs in on `client` and returns the token for others.
std::string LogIn(Http2Client& client, const std::string& user, const std::string& password);

// Writes `entries` new ones, in batches of a thousand.
void WriteEntries(Http2Client& client, CallMaker& maker, std::uint64_t entries);

// How many entries the server's default database has; with no entry and with one it tells 1.
std::uint64_t EntriesOnServer(Http2Client& client);

// Asks for the server's health: the first answer of a server that starts.
void AskForHealth(Http2Client& client);

}  // namespace immudb::bench
