#include "api/status.h"

#include <gtest/gtest.h>

namespace immudb::api {
namespace {

using rpc::StatusCode;

TEST(StatusTest, WhatTheCallerDidWrongIsToldAsItIs) {
  const std::pair<Code, StatusCode> expected[] = {
      {Code::kInvalidArgument, StatusCode::kInvalidArgument},
      {Code::kNotFound, StatusCode::kNotFound},
      {Code::kExists, StatusCode::kAlreadyExists},
      {Code::kConflict, StatusCode::kAborted},
      {Code::kDenied, StatusCode::kPermissionDenied},
      {Code::kUnauthenticated, StatusCode::kUnauthenticated},
      {Code::kLimitExceeded, StatusCode::kUnknown},
      {Code::kExhausted, StatusCode::kResourceExhausted},
      {Code::kUnavailable, StatusCode::kUnavailable},
      {Code::kUnsupported, StatusCode::kFailedPrecondition},
  };
  for (const auto& [ours, theirs] : expected) {
    const rpc::RpcStatus status = StatusFor({ours, "Key not found"});
    EXPECT_EQ(status.code, theirs);
    EXPECT_EQ(status.message, "Key not found");
  }
}

TEST(StatusTest, TheServersOwnTroublesStayInItsLog) {
  const std::pair<Code, StatusCode> expected[] = {
      {Code::kClosed, StatusCode::kUnavailable},
      {Code::kIo, StatusCode::kInternal},
      {Code::kCorrupted, StatusCode::kDataLoss},
      {Code::kTampered, StatusCode::kDataLoss},
  };
  for (const auto& [ours, theirs] : expected) {
    const rpc::RpcStatus status = StatusFor({ours, "/data/defaultdb/log: bad sector"});
    EXPECT_EQ(status.code, theirs);
    EXPECT_EQ(status.message.find("/data"), std::string::npos);
    EXPECT_FALSE(status.message.empty());
  }
  EXPECT_EQ(StatusFor({Code::kCorrupted, "x"}).message,
            "the database should be checked manually as we detected possible tampering");
}

}  // namespace
}  // namespace immudb::api
