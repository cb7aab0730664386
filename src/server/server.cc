#include "server/server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "api/service.h"
#include "api/users.h"
#include "auth/authenticator.h"
#include "auth/crypt_password_hasher.h"
#include "auth/login_throttle.h"
#include "auth/session_table.h"
#include "auth/user_registry.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/executor.h"
#include "base/log.h"
#include "catalog/catalog.h"
#include "crypto/random.h"
#include "http2/limits.h"
#include "immudb/engine.h"
#include "io/posix_file_system.h"
#include "net/loop_group.h"
#include "net/server.h"
#include "process/config_edit.h"
#include "process/limits.h"
#include "process/version.h"
#include "server/option_table.h"

namespace immudb::server {
namespace {

// Below the time that service managers commonly give before they kill.
constexpr std::int64_t kDrainMs = 10'000;

EngineOptions EngineOptionsFor(const Settings& settings, const ThreadCounts& threads) {
  EngineOptions options;
  options.durability = settings.durability;
  options.committer_threads = threads.committers;
  options.sync_threads = threads.syncs;
  options.batch_rules = BatchRules::kImmudb081;
  return options;
}

api::ServiceOptions ServiceOptionsFor(const Settings& settings, io::FileSystem& files) {
  api::ServiceOptions options;
  options.auth = settings.auth;
  options.maintenance = settings.maintenance;
  options.dev_mode = settings.dev_mode;
  options.allow_cleartext_management = settings.allow_cleartext_management;
  if (!settings.config_file.empty()) {
    options.store_setting = [&files, path = settings.config_file](std::string_view option,
                                                                  bool value) {
      return process::StoreSetting(files, ServerProgram(), path, option, value);
    };
  }
  options.version_text = process::ShortVersionText("immudb");
  options.reply_bytes_max = http2::Limits().reply_bytes_max;
  return options;
}

net::ServerOptions NetOptionsFor(const Settings& settings) {
  net::ServerOptions options;
  options.host = settings.address;
  options.port = settings.port;
  options.limits.request_bytes_max = settings.request_bytes_max;
  // The other half is for the files of the databases.
  const std::uint64_t connections_max = process::RaiseOpenFileLimit() / 2;
  options.admission.connections_max =
      std::min<std::uint64_t>(options.admission.connections_max, connections_max);
  return options;
}

}  // namespace

// In the order of their making; each uses those above it.
struct Server::Parts {
  SystemClock clock;
  io::PosixFileSystem files;
  crypto::SystemRandom random;
  auth::CryptPasswordHasher hasher{random, crypto::PasswordCost()};
  auth::LoginThrottle throttle{clock, auth::LoginThrottle::Options()};
  std::unique_ptr<Engine> engine;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<auth::UserRegistry> users;
  std::unique_ptr<auth::Authenticator> authenticator;
  std::unique_ptr<auth::SessionTable> sessions;
  std::unique_ptr<api::Service> service;
  std::unique_ptr<net::LoopGroup> loops;
  std::unique_ptr<net::Server> network;

  Status OpenData(const Settings& settings, const ThreadCounts& threads);
  Status OpenLogins(const Settings& settings);
  Status Serve(const Settings& settings, const ThreadCounts& threads);
  Status Stop();
};

Status Server::Parts::OpenData(const Settings& settings, const ThreadCounts& threads) {
  IMMUDB_ASSIGN(engine, Engine::Create(EngineOptionsFor(settings, threads)));
  IMMUDB_ASSIGN(catalog,
                catalog::Catalog::Open({files, *engine, random, clock}, settings.directory));
  return {};
}

Status Server::Parts::OpenLogins(const Settings& settings) {
  if (catalog->users_file() && settings.admin_password_was_given) {
    Log(LogLevel::kInfo, "The option admin-password was not used: it counts at the first start");
  }
  IMMUDB_ASSIGN(users, api::OpenUsers(*catalog, hasher, clock, settings.admin_password));
  const bool is_shared = catalog->has_user_databases() || users->List().size() > 1;
  if (!settings.auth && !settings.maintenance && is_shared) {
    return Fail(Code::kDenied,
                "Authentication must be on. There are users or databases that it protects");
  }
  using DefaultPassword = auth::Authenticator::DefaultPassword;
  const DefaultPassword default_password = settings.allow_default_password
                                               ? DefaultPassword::kFromAnywhere
                                               : DefaultPassword::kFromThisMachineOnly;
  IMMUDB_ASSIGN(authenticator,
                auth::Authenticator::Create(*users, hasher, throttle, default_password));
  sessions =
      std::make_unique<auth::SessionTable>(*users, random, clock, auth::SessionTable::Options());
  return {};
}

Status Server::Parts::Serve(const Settings& settings, const ThreadCounts& threads) {
  service = std::make_unique<api::Service>(
      api::ServiceParts{.catalog = *catalog,
                        .users = *users,
                        .authenticator = *authenticator,
                        .sessions = *sessions,
                        .hasher = hasher,
                        .clock = clock,
                        .reads = std::make_unique<ThreadPool>(threads.reads, "reads"),
                        .hashing = std::make_unique<ThreadPool>(threads.hashing, "hashing")},
      ServiceOptionsFor(settings, files));
  const std::size_t loop_count =
      settings.network_threads == 0 ? net::LoopGroup::DefaultCount() : settings.network_threads;
  IMMUDB_ASSIGN(loops, net::LoopGroup::Start(loop_count));
  IMMUDB_ASSIGN(network, net::Server::Start(NetOptionsFor(settings), *loops, *service, clock));
  return {};
}

// Each step leaves nobody who could still use what the next one takes away.
Status Server::Parts::Stop() {
  if (network != nullptr) network->Shutdown(kDrainMs);
  if (service != nullptr) service->Stop();
  return catalog == nullptr ? Status() : catalog->Close();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Server>> Server::Start(const Settings& settings) {
  const ThreadCounts threads = ThreadCountsFor(std::thread::hardware_concurrency());
  std::unique_ptr<Server> server(new Server(std::make_unique<Parts>()));
  IMMUDB_TRY(server->parts_->OpenData(settings, threads));
  IMMUDB_TRY(server->parts_->OpenLogins(settings));
  IMMUDB_TRY(server->parts_->Serve(settings, threads));
  return server;
}

Server::~Server() {
  if (const Status stopped = Stop(); !stopped) {
    Log(LogLevel::kError, "Stopping: {}", stopped.error().message);
  }
}

std::uint16_t Server::port() const {
  return parts_->network->port();
}

Status Server::Stop() {
  return parts_->Stop();
}

}  // namespace immudb::server
