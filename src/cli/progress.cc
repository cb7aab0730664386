#include "cli/progress.h"

#include <array>
#include <ctime>

#include "base/error.h"

namespace immudb::cli {
namespace {

constexpr std::chrono::milliseconds kBetween{200};
constexpr std::uint64_t kMegabyte = 1'000'000;

}  // namespace

void Progress::Add(std::uint64_t count, std::uint64_t bytes) {
  count_ += count;
  bytes_ += bytes;
  const auto now = std::chrono::steady_clock::now();
  if (!is_seen_ || now < next_) return;
  next_ = now + kBetween;
  const std::string counted = unit_.empty() ? "" : Text("{} {}, ", count_, unit_);
  PrintError(Text("\r{}{} MB", counted, bytes_ / kMegabyte));
  has_line_ = true;
}

void Progress::End() {
  if (has_line_) PrintError("\r\x1b[K");
  has_line_ = false;
}

std::string TimeStamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  std::array<char, 64> text{};
  localtime_r(&now, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d_%H-%M-%S", &parts)};
}

}  // namespace immudb::cli
