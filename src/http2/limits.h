// What one peer, one connection and one message may cost. Every number has a default that an
// attack or a measurement chose; docs/decisions/0005-network-front.md has the table.

#pragma once

#include <cstddef>
#include <cstdint>

namespace immudb::http2 {

struct Limits {
  // Calls a connection may have open, as the peer is told. Calls that were reset while their
  // handler still works count too: open and abandoned calls together may be twice this number.
  std::uint32_t streams_max = 128;
  // What may come of a request before it has got room in the ledger of requests. The window grows
  // to the message's size then.
  std::uint32_t stream_window_bytes = 48U << 10;
  std::uint32_t connection_window_bytes = 4U << 20;
  // Name + value + 32 for each field. Advertised, and counted by us: nghttp2 only advertises it.
  std::uint32_t header_list_bytes_max = 16U << 10;
  std::size_t request_bytes_max = 4U << 20;  // One message, also after decompression.
  // A request may take a while, and longer the more of it has come: who sends more slowly holds
  // room that others want.
  std::int64_t request_ms = 10'000;
  std::int64_t request_bytes_per_second = 64 << 10;
  std::int64_t room_ms = 20'000;  // How long a large request waits for room.
  // Of calls that are small and few nothing is charged to what all connections share.
  std::size_t connection_free_bytes = 16U << 10;
  std::size_t reply_bytes_max = 64U << 20;  // One message.
  // Replies that wait for one peer to read them; the process-wide ledger bounds all peers.
  std::size_t connection_reply_bytes_max = 16U << 20;
  std::size_t write_bytes_max = 256U << 10;  // Taken from a session before the socket is asked.

  // Frames that carry no work raise the score of a connection, useful ones lower it, and time
  // leaks it. An honest Go client sends one PING per call and stays near 0.
  std::int64_t abuse_score_max = 10'000;
  std::int64_t abuse_leak_per_second = 200;
  // nghttp2's own bucket for RST_STREAM. Its default of 33 a second is too few for honest clients
  // whose deadlines pass on an overloaded server.
  std::uint64_t reset_burst = 1'000;
  std::uint64_t resets_per_second = 200;

  std::int64_t stall_ms = 20'000;          // A reply that its peer doesn't read.
  std::int64_t keepalive_ms = 60'000;      // Silence after which the peer is asked for a sign.
  std::int64_t keepalive_ack_ms = 20'000;  // How long it has to give one.
};

}  // namespace immudb::http2
