#include "device.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "measure.h"

namespace immudb::bench {
namespace {

constexpr std::size_t kBytes = 200;

}  // namespace

Latencies ProbeDevice(const std::string& directory, std::size_t count) {
  std::filesystem::create_directories(directory);
  const std::string path = directory + "/probe";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::vector<char> zeros(kBytes * count);
  const auto size = static_cast<ssize_t>(zeros.size());
  if (file < 0 || pwrite(file, zeros.data(), zeros.size(), 0) != size || fsync(file) != 0) {
    GiveUp("cannot write " + path);
  }
  Latencies times;
  for (std::size_t i = 0; i < count; ++i) {
    const auto start = Clock::now();
    const auto written = pwrite(file, zeros.data(), kBytes, static_cast<off_t>(i * kBytes));
    if (written != kBytes || fdatasync(file) != 0) GiveUp("cannot sync " + path);
    times.Add(Clock::now() - start);
  }
  close(file);
  std::filesystem::remove(path);
  return times;
}

}  // namespace immudb::bench
