#include "expectations.h"

#include <algorithm>
#include <array>

namespace immudb::bench {
namespace {

constexpr double kThousand = 1e3;
constexpr double kMillion = 1e6;
constexpr std::string_view kRate = "per_second";
constexpr std::string_view kCpu = "cpu_us";
constexpr std::string_view kResident = "resident_mib";
constexpr std::string_view kDiskBytes = "bytes_per_entry";

// A rate: more is better.
constexpr Expectation Rate(std::string_view row, std::optional<double> target,
                           std::optional<double> reference, std::optional<double> sketch) {
  return {row, kRate, false, target, reference, sketch};
}

// With fewer calls at once, less is shared.
constexpr double kOfFew = 1.5;

// CPU time of a call, at 128, at 16 and at 1 in flight.
constexpr std::array<Expectation, 3> Calls(std::array<std::string_view, 3> rows, double target,
                                           double reference) {
  return {{{rows[0], kCpu, true, target, reference, {}},
           {rows[1], kCpu, true, target * kOfFew, reference, {}},
           {rows[2], kCpu, true, {}, reference, {}}}};
}

constexpr std::array kEngine = {
    Rate("set, 1 blocking caller, written", {}, {}, 845 * kThousand),
    Rate("set, 16 blocking callers, written", {}, {}, 223 * kThousand),
    Rate("set, 128 blocking callers, written", 700 * kThousand, 160 * kThousand, 225 * kThousand),
    Rate("set, 1 blocking caller, durable", {}, {}, 9 * kThousand),
    Rate("set, 16 blocking callers, durable", {}, {}, 62 * kThousand),
    Rate("set, 128 blocking callers, durable", 130 * kThousand, 80 * kThousand, 144 * kThousand),
    Rate("async set, 16 in flight, written", {}, {}, 322 * kThousand),
    Rate("async set, 128 in flight, written", 3 * kMillion, {}, 1.66 * kMillion),
    Rate("async set, 1024 in flight, written", {}, {}, 4.73 * kMillion),
    Rate("async set, 16 in flight, durable", {}, {}, 93 * kThousand),
    Rate("async set, 128 in flight, durable", 350 * kThousand, {}, 469 * kThousand),
    Rate("async set, 1024 in flight, durable", 1.2 * kMillion, {}, 1.68 * kMillion),
    Rate("batches of 100, 16 callers, written", {}, 280 * kThousand, 3.72 * kMillion),
    Rate("batches of 1000, 16 callers, written", {}, 280 * kThousand, 7.54 * kMillion),
    Rate("batches of 62500, 16 callers, written", {}, 280 * kThousand, 7.36 * kMillion),
    Rate("batches of 100, 16 callers, durable", {}, 280 * kThousand, 1.9 * kMillion),
    Rate("batches of 1000, 16 callers, durable", {}, 280 * kThousand, 6.31 * kMillion),
    Rate("batches of 62500, 16 callers, durable", 3.5 * kMillion, 280 * kThousand, 8.74 * kMillion),
    Rate("get with its log read, 1 thread", 600 * kThousand, {}, {}),
    Rate("inclusion proof, 1 thread", 500 * kThousand, {}, {}),
    Rate("scan, keys only, written", 5 * kMillion, {}, {}),
    Rate("scan with values, order of the log", kMillion, {}, {}),
    Rate("sustained, 20 M random keys", 1.2 * kMillion, {}, {}),
    Expectation{"sustained, 20 M random keys", kResident, true, 1024, {}, {}},
    Expectation{"sustained, 100 M random keys", kResident, true, 1024, {}, {}},
    Expectation{"sustained, 20 M random keys", kDiskBytes, true, 220, 344, {}},
    Expectation{"sustained, 100 M random keys", kDiskBytes, true, 220, 344, {}},
    Expectation{"open after a kill, 100 M entries", "ready_ms", true, 3000, {}, {}},
    Expectation{"open after a kill, 1 GiB of log", "ready_ms", true, 3000, {}, {}}};

constexpr std::array kServer = {
    Expectation{"ready on an empty folder", "ready_ms", true, 100, {}, {}},
    Expectation{"resident memory, idle", kResident, true, 20, {}, {}},
    Expectation{"resident memory, 1000 idle connections", "more_mib", true, 20, {}, {}},
    Expectation{"resident memory, after 2 M entries", kResident, true, 300, 1434, {}},
    Expectation{"disk, entries of 80 bytes", kDiskBytes, true, 220, 344, {}},
    Expectation{"mixed load", "max_us", true, 100'000, {}, {}}};

constexpr std::array kCalls = {
    Calls({"Get, 128 in flight", "Get, 16 in flight", "Get, 1 in flight"}, 8, 80),
    Calls({"Set, 128 in flight", "Set, 16 in flight", "Set, 1 in flight"}, 8, 89),
    Calls({"SafeGet, 128 in flight", "SafeGet, 16 in flight", "SafeGet, 1 in flight"}, 12, 99),
    Calls({"SafeSet, 128 in flight", "SafeSet, 16 in flight", "SafeSet, 1 in flight"}, 12, 125),
    Calls({"SetBatch of 100, 128 in flight", "SetBatch of 100, 16 in flight",
           "SetBatch of 100, 1 in flight"},
          60, 977)};

template <typename List>
const Expectation* FindIn(const List& list, std::string_view row, std::string_view figure) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const Expectation& each) {
    return row.starts_with(each.row) && figure == each.figure;
  });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

const Expectation* FindExpectation(std::string_view row, std::string_view figure) {
  if (const Expectation* found = FindIn(kEngine, row, figure)) return found;
  if (const Expectation* found = FindIn(kServer, row, figure)) return found;
  for (const auto& call : kCalls) {
    if (const Expectation* found = FindIn(call, row, figure)) return found;
  }
  return nullptr;
}

}  // namespace immudb::bench
