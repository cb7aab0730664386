// From the strings of generated code to bytes of our own.

#pragma once

#include <string_view>

#include "immudb/bytes.h"

namespace immudb::api {

inline Bytes ToBytes(std::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace immudb::api
