// The functions that libnghttp2 calls, made into calls of Session's methods.

#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>

#include "http2/limits.h"

namespace immudb::http2 {

using SessionCallbacks =
    std::unique_ptr<nghttp2_session_callbacks, void (*)(nghttp2_session_callbacks*)>;
using SessionOptions = std::unique_ptr<nghttp2_option, void (*)(nghttp2_option*)>;

// The callbacks of every session; its user data is the Session.
const SessionCallbacks& ServerCallbacks();

// What a session under `limits` asks of libnghttp2.
SessionOptions MakeServerOptions(const Limits& limits);

}  // namespace immudb::http2
