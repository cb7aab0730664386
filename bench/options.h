// What is to be measured: the options that the programs of bench/ share. Each program uses those it
// has rows for, so one set of arguments serves them all.
//
//   WORD...              only rows whose name has one of the words
//   --dir DIR            scratch folder, on the disk that is to be measured (build/bench)
//   --json FILE          append one line of JSON for each row
//   --soak               the long forms too: 20 and 100 million entries, ten minutes of mixed load
//   --entries N          entries of the rows that read (1000000)
//   --seconds S          of each row of the server (1); of the mixed load (10, or 600 with --mixed)
//   --mixed              only the mixed load
//   --bin DIR            where immudb and echo_server are (the program's own folder)
//   --address HOST:PORT  measure this server instead of one of our own; no engine is measured then
//   --metrics PORT       where that server tells its CPU time and memory (9497)
//   --user, --password   to log in with there (immudb, immudb)

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "immudb/result.h"

namespace immudb::bench {

struct Options {
  std::vector<std::string> words;
  std::string directory = "build/bench";
  std::string json_file;
  std::string bin_directory;
  bool soak = false;
  bool mixed = false;
  std::uint64_t entries = 1'000'000;
  std::optional<double> seconds;
  std::string host;  // Empty: a server of our own.
  std::uint16_t port = 0;
  std::uint16_t metrics_port = 9497;
  std::string user = "immudb";
  std::string password = "immudb";

  bool is_wanted(const std::string& row) const;
};

// Errors: kInvalidArgument, with a text that names the argument.
Result<Options> ParseOptions(int argc, char** argv);

}  // namespace immudb::bench
