// Verified calls: nothing the server answers is believed without a proof.
//
//   sdk_verified PORT STATE_FOLDER
//
// The server is on this machine and has the user immudb with the password of the environment
// variable IMMUDB_PASSWORD.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "immudb/client.h"

namespace {

// [region sdk verified]
using immudb::AsBytes;

immudb::Status Verified(immudb::Client& client) {
  // Written, proven to be in the ledger, and the ledger proven to continue what this client knew.
  const auto written = client.SafeSet(AsBytes("account:42"), AsBytes("100 EUR"));
  if (!written) return written.error();

  // kTampered if the server answers with anything but a genuine entry of this key.
  const auto read = client.SafeGet(AsBytes("account:42"));
  if (!read) return read.error();
  const std::string value(read->item.value.begin(), read->item.value.end());
  std::printf("%s is entry %llu of %llu, and the proof holds\n", value.c_str(),
              static_cast<unsigned long long>(read->item.index.value),
              static_cast<unsigned long long>(read->head.size.value));
  return {};
}

immudb::Result<std::unique_ptr<immudb::Client>> Connect(std::uint16_t port,
                                                        const std::string& state_folder) {
  immudb::ClientOptions options;
  options.port = port;
  options.state_directory = state_folder;  // What is trusted, kept between runs.
  options.first_contact = immudb::FirstContact::kTrustOnFirstUse;
  options.on_tampering = [](const immudb::TamperReport& report) {
    std::fprintf(stderr, "ALARM: %s: %s\n", report.call.c_str(), report.reason.c_str());
  };
  return immudb::Client::Connect(options);
}
// [end]

immudb::Status Run(std::uint16_t port, const std::string& state_folder) {
  const auto client = Connect(port, state_folder);
  if (!client) return client.error();
  const char* password = std::getenv("IMMUDB_PASSWORD");
  const auto login = (*client)->Login("immudb", password == nullptr ? "" : password);
  if (!login) return login.error();
  if (const auto used = (*client)->UseDatabase("defaultdb"); !used) return used;
  if (const auto done = Verified(**client); !done) return done;
  return (*client)->Logout();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: sdk_verified PORT STATE_FOLDER\n");
    return EXIT_FAILURE;
  }
  const immudb::Status done = Run(static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2]);
  if (!done) std::fprintf(stderr, "sdk_verified: %s\n", done.error().message.c_str());
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
