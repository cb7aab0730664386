// Many calls at once on one connection, with callbacks.
//
//   sdk_async PORT STATE_FOLDER

#include <atomic>
#include <future>

#include "sdk_example.h"

namespace {

using immudb::AsBytes;

constexpr int kCalls = 1000;

immudb::Status Run(immudb::Client& client) {
  std::atomic<int> open = kCalls;
  std::atomic<int> failed = 0;
  std::promise<void> all_done;
  for (int i = 0; i < kCalls; ++i) {
    const std::string key = "async " + std::to_string(i);
    // The callback runs on a thread of the client, and must not wait.
    client.async().Set(AsBytes(key), AsBytes("value"), {},
                       [&](const immudb::Result<immudb::LeafIndex>& index) {
                         if (!index) ++failed;
                         if (--open == 0) all_done.set_value();
                       });
  }
  all_done.get_future().wait();
  std::printf("%d calls, %d failed\n", kCalls, failed.load());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  return sdk_example::Main(argc, argv, Run);
}
