#include "process/duration.h"

#include <charconv>
#include <cstdint>
#include <system_error>

#include "base/error.h"

namespace immudb::process {

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
  };
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  for (const Unit& known : {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}}) {
    if (fault == std::errc() && unit == known.name && number > 0) {
      return std::chrono::milliseconds(number * known.milliseconds);
    }
  }
  return Fail(Code::kInvalidArgument, "\"{}\" is no time such as 500ms, 10s or 2m", text);
}

}  // namespace immudb::process
