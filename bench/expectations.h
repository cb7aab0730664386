// What the measured figures are compared with: the targets of this project, what immudb 0.8.1 does
// on two virtual cores, and what a sketch of the same design did, without checksums of blocks,
// recovery and old versions: an upper bound rather than a peer.

#pragma once

#include <optional>
#include <string_view>

namespace immudb::bench {

struct Expectation {
  std::string_view row;  // The beginning of the names of the rows it is for.
  std::string_view figure;
  bool less_is_better = false;
  std::optional<double> target{};
  std::optional<double> reference{};  // immudb 0.8.1; the better end where it varied.
  std::optional<double> sketch{};
};

// Null: nothing is expected of the figure.
const Expectation* FindExpectation(std::string_view row, std::string_view figure);

}  // namespace immudb::bench
