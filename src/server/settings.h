// What a server is to do, in types: the checked options of its program.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/log.h"
#include "immudb/ledger.h"
#include "immudb/result.h"
#include "process/options.h"

namespace immudb::server {

struct Settings {
  std::string directory;
  std::string address;
  std::uint16_t port = 0;
  bool detached = false;
  std::string pid_file;  // Empty: none.
  std::string log_file;  // Empty: standard error.
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::int64_t slow_call_ns = 0;  // From here on calls are told in the log; 0: none is.
  Durability durability = Durability::kDurable;
  std::uint64_t request_bytes_max = 0;
  std::string admin_password;  // Decoded.
  bool admin_password_was_given = false;
  bool allow_default_password = false;
  bool auth = true;
  bool maintenance = false;
  bool dev_mode = false;
  bool allow_cleartext_management = false;
  std::string certificate_file;  // Empty: connections are not encrypted.
  std::string key_file;
  std::string client_authorities_file;  // Empty: clients need no certificate.
  std::string signing_key_file;         // Empty: roots are not signed.
  std::string metrics_address;
  std::int32_t metrics_port = 0;  // -1: no metrics.
  bool has_histograms = true;
  std::uint64_t scrub_bytes_per_second = 0;  // 0: stored data is not read again.
  std::uint32_t scrub_interval_s = 0;
  std::uint32_t network_threads = 0;  // 0: by the number of processors.
  std::string config_file;            // Empty: none was read.
  std::vector<std::string> notes;     // For the log: options without effect.
};

// Errors: kInvalidArgument for an empty folder, an administrator's password that is empty or not
// decodable, or files for TLS that do not make a whole. Source: immudb 0.8.1, whose message repeats
// the text of the password.
Result<Settings> MakeSettings(const process::Options& options);

// How many threads the parts of a server get.
struct ThreadCounts {
  std::uint32_t committers = 1;
  std::uint32_t syncs = 2;
  std::uint32_t reads = 2;
  std::uint32_t hashing = 1;
};

// Grows from the defaults above, for 2 processors, to 8, 8, 64 and 4 for 64 processors.
ThreadCounts ThreadCountsFor(std::uint32_t processors);

}  // namespace immudb::server
