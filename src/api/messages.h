// Generated messages as bytes.

#pragma once

#include <google/protobuf/message_lite.h>

#include "immudb/bytes.h"

namespace immudb::api {

inline Bytes EncodeMessage(const google::protobuf::MessageLite& message) {
  Bytes out(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(out.data());
  return out;
}

}  // namespace immudb::api
