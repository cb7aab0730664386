// What the examples of the client library have in common: a client that is logged in, and the end
// of the program.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "immudb/client.h"

namespace sdk_example {

inline std::string ToText(immudb::BytesView bytes) {
  return {bytes.begin(), bytes.end()};
}

inline immudb::Bytes ToBytes(std::string_view text) {
  return {text.begin(), text.end()};
}

// Logs in to the server on this machine, as the user immudb with the password of the environment
// variable IMMUDB_PASSWORD, and chooses the database that every server has.
inline immudb::Result<std::unique_ptr<immudb::Client>> LogIn(std::uint16_t port,
                                                             const std::string& state_folder) {
  immudb::ClientOptions options;
  options.port = port;
  options.state_directory = state_folder;
  options.first_contact = immudb::FirstContact::kTrustOnFirstUse;
  auto client = immudb::Client::Connect(options);
  if (!client) return client;
  const char* password = std::getenv("IMMUDB_PASSWORD");
  const auto login = (*client)->Login("immudb", password == nullptr ? "" : password);
  if (!login) return login.error();
  if (const auto used = (*client)->UseDatabase("defaultdb"); !used) return used.error();
  return client;
}

// Runs `example` as the program PORT STATE_FOLDER.
template <typename Example>
int Main(int argc, char** argv, Example example) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s PORT STATE_FOLDER\n", argc > 0 ? argv[0] : "example");
    return EXIT_FAILURE;
  }
  const auto client = LogIn(static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2]);
  immudb::Status done = client ? example(**client) : immudb::Status(client.error());
  if (!done) std::fprintf(stderr, "%s: %s\n", argv[0], done.error().message.c_str());
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace sdk_example
