// A signing key for tests, made with OpenSSL's command line.

#pragma once

#include <string_view>

namespace immudb::crypto {

inline constexpr std::string_view kTestKeyPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQga+RqvqoGl54Igngh\n"
    "ErTIPNq43aUWmv1c/jbmVmUU7dKhRANCAAQl2Ko27ZsAasCdETgoJzN46FSruIpB\n"
    "PncqJ0PBC5YCku/DWl6t2bSobWWxHhbJ/7uHSMa0obrj9ErG3/fji5zN\n"
    "-----END PRIVATE KEY-----\n";

}  // namespace immudb::crypto
