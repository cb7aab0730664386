// Fetches a page over HTTP/1.0: what a server's metrics need, and no more. No redirects, no TLS.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "immudb/result.h"

namespace immudb::cli {

struct HttpPage {
  std::string host;
  std::uint16_t port = 0;
  std::string path = "/";
};

// Returns the body of the answer, of at most 16 MiB. The time limit is that of connecting and
// reading together; looking up a name is not in it.
// Errors: kUnavailable if the server cannot be reached or does not answer in time, or with another
// status than 200; kLimitExceeded; kCorrupted for what is no HTTP. All name the page.
Result<std::string> HttpGet(const HttpPage& page, std::chrono::milliseconds limit);

}  // namespace immudb::cli
