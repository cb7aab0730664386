#include "api/health_service.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "api/testing/fake_call.h"

namespace immudb::api {
namespace {

using Kind = rpc::MessageStream::Next::Kind;
using rpc::StatusCode;

class HealthServiceTest : public testing::Test {
 protected:
  std::shared_ptr<FakeCaller> Watch(Bytes request = {}) {
    auto caller = std::make_shared<FakeCaller>();
    FakeCall call(caller, {.path = "/h/Watch", .message = std::move(request)});
    health_.Watch(call);
    return caller;
  }
  rpc::MessageStream::Next Pull(rpc::MessageStream& stream) {
    return stream.Pull([this] { wakes_++; });
  }

  HealthStatus status_ = HealthStatus::kServing;
  HealthService health_{[this] { return status_; }, 3};
  int wakes_ = 0;
};

TEST_F(HealthServiceTest, WhoWatchesIsToldOfEveryChangeAndOfTheEnd) {
  const std::unique_ptr<rpc::MessageStream> stream = Watch()->TakeStream();
  EXPECT_EQ(Pull(*stream).message, (Bytes{0x08, 0x01}));
  EXPECT_EQ(Pull(*stream).kind, Kind::kLater);
  health_.Refresh();
  EXPECT_EQ(wakes_, 0);  // Nothing has changed.

  status_ = HealthStatus::kNotServing;
  health_.Refresh();
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(Pull(*stream).message, (Bytes{0x08, 0x02}));
  EXPECT_EQ(Pull(*stream).kind, Kind::kLater);

  status_ = HealthStatus::kServing;
  health_.Refresh();
  EXPECT_EQ(Pull(*stream).message, (Bytes{0x08, 0x01}));
  EXPECT_EQ(Pull(*stream).kind, Kind::kLater);

  health_.End();
  health_.Refresh();  // Changes nothing any more.
  EXPECT_EQ(wakes_, 3);
  EXPECT_EQ(Pull(*stream).message, (Bytes{0x08, 0x02}));
  const rpc::MessageStream::Next last = Pull(*stream);
  EXPECT_EQ(last.kind, Kind::kEnd);
  EXPECT_EQ(last.status.code, StatusCode::kUnavailable);
}

TEST_F(HealthServiceTest, AnUnknownServiceIsUnknownAndStaysSo) {
  const std::unique_ptr<rpc::MessageStream> stream = Watch({0x0a, 0x01, 'x'})->TakeStream();
  EXPECT_EQ(Pull(*stream).message, (Bytes{0x08, 0x03}));
  EXPECT_EQ(Pull(*stream).kind, Kind::kLater);
  health_.End();
  EXPECT_EQ(Pull(*stream).kind, Kind::kEnd);
}

TEST_F(HealthServiceTest, ARequestThatDoesNotParseIsRefused) {
  EXPECT_EQ(Watch({0x0a})->answer()->status.code, StatusCode::kInternal);
}

TEST_F(HealthServiceTest, OnlySoManyMayWatchAtOnceAndWhoLeavesMakesRoom) {
  std::vector<std::unique_ptr<rpc::MessageStream>> streams;
  streams.reserve(3);
  for (int i = 0; i < 3; ++i) streams.push_back(Watch()->TakeStream());
  for (const auto& stream : streams) {
    EXPECT_EQ(Pull(*stream).kind, Kind::kMessage);
    EXPECT_EQ(Pull(*stream).kind, Kind::kLater);
  }
  EXPECT_EQ(Watch()->answer()->status.code, StatusCode::kResourceExhausted);
  streams.pop_back();
  EXPECT_NE(Watch()->TakeStream(), nullptr);
  health_.End();
  EXPECT_EQ(wakes_, 2);  // Nobody wakes those who have left.
}

}  // namespace
}  // namespace immudb::api
