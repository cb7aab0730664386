// How a client reaches a server, and what it believes before the server has proven anything.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/tree.h"

namespace immudb {

struct ClientTls {
  bool enabled = false;
  std::string authorities_file;  // PEM; empty: those the system trusts.
  std::string certificate_file;  // PEM; with the key, the client shows who it is (mTLS).
  std::string private_key_file;
  std::string server_name;  // That the server's certificate must have; empty: the address.
};

// What is repeated without the caller's knowledge: only calls that change nothing, and only if the
// server could not be reached or was too busy. A write is sent once.
struct ClientRetry {
  std::uint32_t attempts_max = 4;             // The first one included.
  std::chrono::milliseconds first_pause{50};  // Doubles, up to pause_max; a random part is added.
  std::chrono::milliseconds pause_max{1000};
};

// What happens at the first verified call to a database of which no trusted state is kept.
enum class FirstContact : std::uint8_t {
  kRefuse,           // kInvalidArgument: the caller must give `initial_head`.
  kTrustOnFirstUse,  // The first state that the server shows is believed, and recorded as such.
};

// A verified call that found a lie, as data: for evidence and for alarms.
struct TamperReport {
  std::string server;  // ClientOptions::server_identity.
  std::string database;
  std::string call;  // The method's name.
  std::string reason;
  std::optional<TreeHead> trusted;  // What this client had verified before.
  std::optional<TreeHead> claimed;  // What the server claims now, if it said.
  EntryProof proof;                 // As it came; empty if the lie is not about a proof.
};

struct ClientOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 3322;
  std::string unix_socket;  // If set, instead of address and port.
  ClientTls tls;

  std::chrono::milliseconds deadline{10'000};        // Of each call, its repetitions included.
  std::chrono::milliseconds connect_timeout{2'000};  // Of one attempt to connect.
  std::chrono::milliseconds keepalive{60'000};       // Between signs of life; 0: none.
  ClientRetry retry;
  std::uint64_t reply_bytes_max = 64u << 20;

  // Logs in again when the server has ended the session. Keeps the password in memory.
  bool renew_session = true;

  // Names the server in the trusted state: choose it, and it survives a change of address. Empty:
  // the address and port, or the socket.
  std::string server_identity;
  // Where trusted states are kept. Empty: $XDG_STATE_HOME/immudb, or ~/.local/state/immudb.
  std::string state_directory;
  FirstContact first_contact = FirstContact::kRefuse;
  // A state known from elsewhere, for databases of which none is kept.
  std::optional<TreeHead> initial_head;

  // The server's signing key: the uncompressed point (65 bytes) or its SHA-256 (32 bytes). With it,
  // only states that the server has signed are trusted.
  Bytes pinned_key;

  // Called once for each verified call that ends in kTampered, before that call ends.
  std::function<void(const TamperReport&)> on_tampering;
};

}  // namespace immudb
