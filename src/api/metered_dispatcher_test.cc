#include "api/metered_dispatcher.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "api/testing/fake_call.h"

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

}  // namespace
}  // namespace immudb::api
