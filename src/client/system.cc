// A client with the operating system's means.

#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "client/core.h"
#include "client/grpc_transport.h"
#include "immudb/async_client.h"
#include "io/posix_file_system.h"

namespace immudb {
namespace {

constexpr std::uint64_t kPemBytesMax = 1u << 20;
constexpr std::size_t kPointBytes = 65;
constexpr std::size_t kFingerprintBytes = 32;

Result<std::string> ReadPem(io::FileSystem& files, const std::string& path) {
  if (path.empty()) return std::string();
  IMMUDB_ASSIGN(const Bytes bytes, io::ReadFile(files, path, kPemBytesMax));
  if (bytes.empty()) return Fail(Code::kInvalidArgument, "{} is empty", path);
  return std::string(bytes.begin(), bytes.end());
}

Result<std::string> DefaultStateDirectory() {
  const char* state_home = std::getenv("XDG_STATE_HOME");
  // A relative path there is to be ignored. Source: XDG base directory specification.
  if (state_home != nullptr && state_home[0] == '/') return io::JoinPath(state_home, "immudb");
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return Fail(Code::kInvalidArgument,
                "no directory for trusted states: give one, or set XDG_STATE_HOME or HOME");
  }
  return io::JoinPath(home, ".local/state/immudb");
}

Status CheckOptions(const ClientOptions& options) {
  if (options.unix_socket.empty() && (options.address.empty() || options.port == 0)) {
    return Fail(Code::kInvalidArgument, "the server's address or port is missing");
  }
  if (options.deadline.count() <= 0 || options.connect_timeout.count() <= 0) {
    return Fail(Code::kInvalidArgument, "a deadline must be longer than 0");
  }
  if (options.tls.certificate_file.empty() != options.tls.private_key_file.empty()) {
    return Fail(Code::kInvalidArgument,
                "a client certificate needs its private key, and a key its "
                "certificate");
  }
  const std::size_t pinned = options.pinned_key.size();
  if (pinned != 0 && pinned != kPointBytes && pinned != kFingerprintBytes) {
    return Fail(Code::kInvalidArgument,
                "the pinned key must have 65 bytes, or its SHA-256 32, "
                "not {}",
                pinned);
  }
  if (options.initial_head.has_value() && options.initial_head->size.value == 0) {
    return Fail(Code::kInvalidArgument, "the initial head is that of an empty tree");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<AsyncClient>> AsyncClient::Create(const ClientOptions& given) {
  IMMUDB_TRY(CheckOptions(given));
  ClientOptions options = given;
  if (options.state_directory.empty()) {
    IMMUDB_ASSIGN(options.state_directory, DefaultStateDirectory());
  }
  if (options.server_identity.empty()) {
    options.server_identity = options.unix_socket.empty()
                                  ? Text("{}:{}", options.address, options.port)
                                  : "unix:" + options.unix_socket;
  }
  const auto files = std::make_shared<io::PosixFileSystem>();
  client::TlsMaterial tls;
  if (options.tls.enabled) {
    IMMUDB_ASSIGN(tls.authorities, ReadPem(*files, options.tls.authorities_file));
    IMMUDB_ASSIGN(tls.certificate, ReadPem(*files, options.tls.certificate_file));
    IMMUDB_ASSIGN(tls.private_key, ReadPem(*files, options.tls.private_key_file));
  }
  return CreateWith(options, {.transport = client::MakeGrpcTransport(options, tls),
                              .executor = std::make_shared<ThreadPool>(1, "immudb-client"),
                              .clock = std::make_shared<SystemClock>(),
                              .files = files,
                              .random = std::make_shared<crypto::SystemRandom>()});
}

}  // namespace immudb
