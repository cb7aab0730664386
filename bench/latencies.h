// Counts how often something took how long, to 1.6 %, in memory that does not grow.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace immudb::bench {

class Latencies {
 public:
  void Add(std::chrono::nanoseconds time) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
    ++counts_[BucketOf(ns)];
    ++count_;
    max_ns_ = std::max(max_ns_, ns);
  }

  void Add(const Latencies& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ns_ = std::max(max_ns_, other.max_ns_);
  }

  std::uint64_t count() const { return count_; }
  double max_us() const { return static_cast<double>(max_ns_) / 1000; }

  // The time that `part` of all took at most; 0 if there are none.
  double QuantileUs(double part) const {
    const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > wanted) {
        return static_cast<double>(std::min(EndOf(bucket), max_ns_)) / 1000;
      }
    }
    return max_us();
  }

 private:
  static constexpr unsigned kBits = 6;  // 64 buckets between a power of two and the next.
  static constexpr std::uint64_t kLinear = 1U << kBits;

  static std::size_t BucketOf(std::uint64_t ns) {
    if (ns < kLinear) return ns;
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - kBits - 1;
    return (std::size_t{shift} << kBits) + (ns >> shift);
  }
  // The greatest number of nanoseconds that falls into the bucket.
  static std::uint64_t EndOf(std::size_t bucket) {
    if (bucket < 2 * kLinear) return bucket;
    const auto shift = static_cast<unsigned>(bucket >> kBits) - 1;
    const std::uint64_t top = bucket - (std::uint64_t{shift} << kBits);
    return ((top + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - kBits + 1) << kBits> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace immudb::bench
