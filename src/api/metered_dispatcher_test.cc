#include "api/metered_dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "api/testing/fake_call.h"
#include "base/log.h"

namespace immudb::api {
namespace {

using rpc::StatusCode;

// Gives every call to a function.
class FunctionDispatcher : public rpc::Dispatcher {
 public:
  std::variant<Method, rpc::RpcStatus> Find(std::string_view /*path*/) const override {
    return Method{};
  }
  const rpc::Metadata& initial_metadata() const override { return metadata_; }
  void Start(Method /*method*/, std::unique_ptr<rpc::Call> call) override {
    answer(std::move(call));
  }

  std::function<void(std::unique_ptr<rpc::Call>)> answer;

 private:
  rpc::Metadata metadata_;
};

class MeteredDispatcherTest : public testing::Test {
 protected:
  FakeAnswer Send(std::uint32_t row = 0) {
    auto caller = std::make_shared<FakeCaller>();
    metered_.Start({.row = row},
                   std::make_unique<FakeCall>(caller, FakeRequest{.path = "/s/m", .message = {}}));
    return caller->answer().value();
  }
  std::uint64_t Handled(StatusCode code, std::size_t row = 0) const {
    return metered_.counters(row).handled[static_cast<std::size_t>(code)].value();
  }

  FakeClock clock_;
  FunctionDispatcher inner_;
  MeteredDispatcher metered_{inner_, 2, clock_};
};

TEST_F(MeteredDispatcherTest, AnAnswerIsCountedUnderItsCodeWithItsTime) {
  inner_.answer = [this](std::unique_ptr<rpc::Call> call) {
    clock_.AdvanceMs(30);
    call->Finish({}, {1, 2});
  };
  EXPECT_EQ(Send(1).reply, (Bytes{1, 2}));
  const CallCounters& counters = metered_.counters(1);
  EXPECT_EQ(counters.started.value(), 1u);
  EXPECT_EQ(counters.messages_received.value(), 1u);
  EXPECT_EQ(counters.messages_sent.value(), 1u);
  EXPECT_EQ(Handled(StatusCode::kOk, 1), 1u);
  EXPECT_EQ(counters.seconds.values().counts[3], 1u);  // Up to 0.05 s.
  EXPECT_EQ(metered_.counters(0).started.value(), 0u);
  EXPECT_EQ(metered_.peers().Read().at("127.0.0.1").calls, 1u);
}

TEST_F(MeteredDispatcherTest, RefusalsAndForgottenCallsAreCountedToo) {
  inner_.answer = [](std::unique_ptr<rpc::Call> call) {
    call->Finish({StatusCode::kNotFound, "no"}, {});
  };
  EXPECT_EQ(Send().status.code, StatusCode::kNotFound);
  inner_.answer = [](std::unique_ptr<rpc::Call> call) {
    call->Refuse({StatusCode::kInternal, "bad"});
  };
  EXPECT_FALSE(Send().has_initial_metadata);
  inner_.answer = [](std::unique_ptr<rpc::Call> /*call*/) {};
  EXPECT_EQ(Send().status.code, StatusCode::kInternal);
  EXPECT_EQ(Handled(StatusCode::kNotFound), 1u);
  EXPECT_EQ(Handled(StatusCode::kInternal), 2u);
  EXPECT_EQ(metered_.counters(0).messages_sent.value(), 0u);
  EXPECT_EQ(metered_.counters(0).started.value(), 3u);
}

// The log, as a file that the test reads.
class CallLogTest : public MeteredDispatcherTest {
 protected:
  void SetUp() override {
    std::filesystem::remove(path_);
    ASSERT_TRUE(LogToFile(path_));
  }

  std::string SendNamed(const std::string& id) {
    auto caller = std::make_shared<FakeCaller>();
    rpc::Metadata metadata;
    if (!id.empty()) metadata.emplace_back("x-request-id", id);
    slow_.Start({},
                std::make_unique<FakeCall>(caller, FakeRequest{.path = "/s/m",
                                                               .message = {},
                                                               .metadata = metadata,
                                                               .peer = {.address = "192.0.2.1"}}));
    if (const auto stream = caller->TakeStream()) {
      while (stream->Pull([] {}).kind != rpc::MessageStream::Next::Kind::kEnd) {
      }
    }
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  // Notes who calls, takes `ms`, and ends with NotFound.
  auto TakeMs(std::int64_t ms) {
    return [this, ms](std::unique_ptr<rpc::Call> call) {
      call->Describe("alice", "accounts");
      Log(LogLevel::kInfo, "within");
      clock_.AdvanceMs(ms);
      call->Finish({StatusCode::kNotFound, "no"}, {});
    };
  }

  const std::filesystem::path path_ = std::filesystem::path(testing::TempDir()) / "call_log_test";
  MeteredDispatcher slow_{
      inner_, 1, clock_, {.slow_call_ns = 1'000'000'000, .request_id_prefix = "abc123"}};
};

TEST_F(CallLogTest, EveryLineOfACallHasItsNameAndASlowOneIsTold) {
  inner_.answer = TakeMs(1500);
  EXPECT_THAT(SendNamed("trace-7.A_b:c"),
              testing::AllOf(testing::HasSubstr("INFO: within request_id=trace-7.A_b:c\n"),
                             testing::EndsWith("WARNING: slow call method=/s/m user=alice "
                                               "database=accounts peer=192.0.2.1 "
                                               "duration_ms=1500.000 status=NotFound "
                                               "request_id=trace-7.A_b:c\n")));
}

TEST_F(CallLogTest, ACallBelowTheThresholdIsNotTold) {
  inner_.answer = TakeMs(999);
  EXPECT_THAT(SendNamed("r"), testing::Not(testing::HasSubstr("slow call")));
  inner_.answer = TakeMs(5000);
  EXPECT_EQ(Send().status.code, StatusCode::kNotFound);  // With a threshold of 0.
  inner_.answer = TakeMs(0);
  EXPECT_THAT(SendNamed("r"), testing::Not(testing::HasSubstr("slow call")));
}

TEST_F(CallLogTest, ANameThatMayNotStandInTheLogIsReplaced) {
  inner_.answer = TakeMs(0);
  const std::vector<std::string> bad = {"",         "a b",     "a\nERROR: forged",  "a=b",
                                        "\xc3\xbc", "{\"a\"}", std::string(65, 'a')};
  for (const std::string& id : bad) SendNamed(id);
  const std::string text = SendNamed(std::string(64, 'a'));
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_THAT(text, testing::HasSubstr("within request_id=abc123-" + std::to_string(i) + "\n"));
  }
  EXPECT_THAT(text, testing::EndsWith("request_id=" + std::string(64, 'a') + "\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("forged")));
}

// One message, then the end after a while.
class SlowStream : public rpc::MessageStream {
 public:
  explicit SlowStream(FakeClock& clock) : clock_(clock) {}
  Next Pull(const std::function<void()>& /*wake*/) override {
    clock_.AdvanceMs(800);
    Log(LogLevel::kInfo, "pulled");
    if (std::exchange(has_begun_, true)) return {};
    return {.kind = Next::Kind::kMessage, .message = {1}, .status = {}};
  }

 private:
  FakeClock& clock_;
  bool has_begun_ = false;
};

TEST_F(CallLogTest, AStreamIsToldWhenItHasEnded) {
  inner_.answer = [this](std::unique_ptr<rpc::Call> call) {
    call->Describe("bob", "");
    call->FinishWithStream(std::make_unique<SlowStream>(clock_));
  };
  EXPECT_THAT(SendNamed("s-1"),
              testing::AllOf(testing::HasSubstr("pulled request_id=s-1\n"),
                             testing::EndsWith("slow call method=/s/m user=bob peer=192.0.2.1 "
                                               "duration_ms=1600.000 status=OK "
                                               "request_id=s-1\n")));
}

TEST(SlowCallLogTest, TooManyLinesAreLeftOutAndCounted) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "slow_call_test";
  std::filesystem::remove(path);
  ASSERT_TRUE(LogToFile(path));
  FakeClock clock;
  SlowCallLog slow(clock, 1);
  const CallFacts call = {
      .method = "/s/m", .user = "", .database = "", .peer = "unix", .request_id = "r"};
  for (int i = 0; i < 130; ++i) slow.Tell(call, 1, StatusCode::kOk);
  clock.AdvanceMs(1000);
  slow.Tell(call, 1, StatusCode::kOk);
  std::ifstream file(path);
  int lines = 0;
  std::string last;
  for (std::string line; std::getline(file, line); ++lines) last = line;
  EXPECT_EQ(lines, 101);
  EXPECT_THAT(last, testing::HasSubstr(" left_out=30 "));
}

}  // namespace
}  // namespace immudb::api
