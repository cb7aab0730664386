// Many threads of several processes, on one server and one state directory. For ThreadSanitizer
// too.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "client/testing/client_fixture.h"
#include "immudb/client.h"

namespace immudb::client {
namespace {

constexpr int kProcesses = 3;
constexpr int kThreads = 4;
constexpr int kCallsEach = 12;

class ClientThreadsTest : public testing::Test {
 protected:
  World world;
  std::atomic<int> alarms = 0;

  // A process, with a thread of its own for its files.
  std::unique_ptr<Client> NewProcess() {
    ClientOptions options = world.options;
    options.on_tampering = [this](const TamperReport&) { ++alarms; };
    return std::make_unique<Client>(
        AsyncClient::CreateWith(options, {.transport = world.server,
                                          .executor = std::make_shared<ThreadPool>(1, "client"),
                                          .clock = std::make_shared<SystemClock>(),
                                          .files = world.files,
                                          .random = std::make_shared<crypto::SeededRandom>(1)}));
  }
};

TEST_F(ClientThreadsTest, ManyThreadsOfManyProcessesRaiseNoAlarm) {
  std::vector<std::unique_ptr<Client>> processes;
  for (int i = 0; i < kProcesses; ++i) processes.push_back(NewProcess());
  std::atomic<int> failures = 0;
  std::atomic<std::uint64_t> newest = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kProcesses * kThreads; ++i) {
    Client& client = *processes[static_cast<std::size_t>(i % kProcesses)];
    threads.emplace_back([&client, &failures, &newest] {
      for (int call = 0; call < kCallsEach; ++call) {
        const auto written = client.SafeSet(AsBytes("key"), AsBytes("value"));
        const auto read = client.SafeGet(AsBytes("key"));
        if (!written || !read) {
          ++failures;
          ADD_FAILURE() << (written ? read.error().message : written.error().message);
          continue;
        }
        std::uint64_t seen = newest;
        while (seen < written->index.value &&
               !newest.compare_exchange_weak(seen, written->index.value)) {
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(alarms, 0);
  const auto kept = NewProcess()->TrustedHead();
  ASSERT_TRUE(kept && kept->has_value());
  EXPECT_GT((*kept)->size.value, newest.load());
}

TEST_F(ClientThreadsTest, AForkIsNoticedByEveryProcessThatKnowsTheOldHistory) {
  const auto one = NewProcess();
  const auto two = NewProcess();
  ASSERT_TRUE(one->SafeSet(AsBytes("key"), AsBytes("value")));
  ASSERT_TRUE(two->SafeGet(AsBytes("key")));
  world.server->ledger = {};
  for (int i = 0; i < 3; ++i) world.server->ledger.Append("key", "forged");
  std::vector<std::jthread> threads;
  for (Client* client : {one.get(), two.get(), one.get(), two.get()}) {
    threads.emplace_back(
        [client] { EXPECT_EQ(CodeOf(client->SafeGet(AsBytes("key"))), Code::kTampered); });
  }
  threads.clear();
  EXPECT_EQ(alarms, 4);
}

TEST_F(ClientThreadsTest, AClientWaitsForTheEndOfItsCalls) {
  std::atomic<int> answers = 0;
  {
    const auto process = NewProcess();
    for (int i = 0; i < 20; ++i) {
      process->async().SafeSet(AsBytes("key"), AsBytes("value"), {},
                               [&answers](const Result<VerifiedWrite>&) { ++answers; });
    }
  }
  EXPECT_EQ(answers, 20);
}

}  // namespace
}  // namespace immudb::client
