// Messages of protobuf as bytes, for messages_*.cc only: nothing else sees generated code.

#pragma once

#include <google/protobuf/message_lite.h>

#include <limits>

#include "base/error.h"
#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::client {

inline Bytes Encode(const google::protobuf::MessageLite& message) {
  Bytes bytes(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(bytes.data());
  return bytes;
}

// Errors: kCorrupted.
template <typename Message>
Result<Message> Parse(BytesView body) {
  Message message;
  constexpr std::size_t kBytesMax = std::numeric_limits<int>::max();
  if (body.size() > kBytesMax ||
      !message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Fail(Code::kCorrupted, "the server's reply cannot be read");
  }
  return message;
}

}  // namespace immudb::client
