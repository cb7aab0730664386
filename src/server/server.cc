#include "server/server.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "api/metered_dispatcher.h"
#include "api/root_signer.h"
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
#include "base/hex.h"
#include "base/log.h"
#include "base/wipe.h"
#include "catalog/catalog.h"
#include "catalog/names.h"
#include "crypto/ecdsa.h"
#include "crypto/random.h"
#include "http/server.h"
#include "http2/limits.h"
#include "immudb/engine.h"
#include "io/posix_file_system.h"
#include "metrics/exposition.h"
#include "net/loop_group.h"
#include "net/server.h"
#include "net/tls_context.h"
#include "process/config_edit.h"
#include "process/limits.h"
#include "process/private_file.h"
#include "process/version.h"
#include "server/metrics_page.h"
#include "server/option_table.h"
#include "server/scrubber.h"

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

// Null without TLS. Errors: those of CheckPrivateFile and TlsContext::Load.
Result<std::shared_ptr<const net::TlsContext>> LoadTls(const Settings& settings) {
  if (settings.certificate_file.empty()) return std::shared_ptr<const net::TlsContext>();
  IMMUDB_TRY(process::CheckPrivateFile(settings.key_file));
  return net::TlsContext::Load({.certificate_file = settings.certificate_file,
                                .key_file = settings.key_file,
                                .client_authorities_file = settings.client_authorities_file});
}

// Tells the calls of this run from those of others. Errors: those of RandomSource.
Result<std::string> RequestIdPrefix(crypto::RandomSource& random) {
  std::array<std::uint8_t, 3> bytes{};
  IMMUDB_TRY(random.Fill(bytes));
  return ToHex(bytes);
}

// Of the files this process may open, half are for connections and two fifths for databases, which
// take five or six each.
std::size_t OpenDatabasesMax() {
  constexpr std::uint64_t kFilesPerDatabase = 6;
  const std::uint64_t fit = process::RaiseOpenFileLimit() * 2 / 5 / kFilesPerDatabase;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(fit, 2, 256));
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

// As the original names a folder in labels: "data" for "./data/".
std::string Shortened(std::string path) {
  while (path.starts_with("./") && path.size() > 2) path.erase(0, 2);
  while (path.ends_with('/') && path.size() > 1) path.pop_back();
  return path;
}

// /healthz: the process answers. /readyz: the default database can be read and written.
http::Response AnswerPage(const MetricsSources& sources, const std::string& path) {
  if (path == "/metrics") {
    return {.content_type = std::string(metrics::kExpositionType), .body = MetricsPage(sources)};
  }
  if (path == "/healthz") return {.body = "ok\n"};
  if (path == "/readyz") {
    const catalog::LedgerHandle ledger = sources.catalog.Find(catalog::kDefaultDatabase);
    const bool is_ready = ledger != nullptr && ledger->statistics().accepts_writes;
    if (is_ready) return {.body = "ok\n"};
    return {.status = 503, .body = "the default database takes no writes\n"};
  }
  return {.status = 404, .body = "not found\n"};
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
  std::unique_ptr<api::RootSigner> signer;  // Null: roots are not signed.
  std::unique_ptr<api::Service> service;
  std::unique_ptr<api::MeteredDispatcher> metered;
  std::unique_ptr<net::LoopGroup> loops;
  std::unique_ptr<net::Server> network;
  std::unique_ptr<Scrubber> scrubber;     // Null: stored data is not read again.
  std::unique_ptr<http::Server> metrics;  // Null: none, or its port was taken.

  Status OpenData(const Settings& settings, const ThreadCounts& threads);
  Status OpenLogins(const Settings& settings);
  Status OpenSigner(const Settings& settings);
  Status Serve(const Settings& settings, const ThreadCounts& threads);
  void StartScrubber(const Settings& settings);
  api::ScrubState ScrubStateOf(const std::string& database) const;
  void ServeMetrics(const Settings& settings);
  Status Stop();
};

Status Server::Parts::OpenData(const Settings& settings, const ThreadCounts& threads) {
  IMMUDB_ASSIGN(engine, Engine::Create(EngineOptionsFor(settings, threads)));
  IMMUDB_ASSIGN(catalog, catalog::Catalog::Open({.files = files,
                                                 .engine = *engine,
                                                 .random = random,
                                                 .clock = clock,
                                                 .open_databases_max = OpenDatabasesMax()},
                                                settings.directory));
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

Status Server::Parts::OpenSigner(const Settings& settings) {
  if (settings.signing_key_file.empty()) return {};
  IMMUDB_ASSIGN(std::string pem, process::ReadPrivateFile(settings.signing_key_file));
  Result<crypto::EcdsaPrivateKey> key = crypto::EcdsaPrivateKey::FromPem(pem);
  WipeAndClear(pem);
  if (!key) {
    return Fail(key.error().code, "Unable to configure the cryptographic signer: {} ({})",
                key.error().message, settings.signing_key_file);
  }
  const std::string public_key = ToHex(key->public_key());
  Log(LogLevel::kInfo, "Roots are signed; the public key is {}", public_key);
  IMMUDB_TRY(catalog->audit().AppendAndWait({.kind = catalog::EventKind::kSigningKeyUsed,
                                             .actor = "",
                                             .subject = "",
                                             .address = "",
                                             .reason = "",
                                             .detail = public_key}));
  signer = std::make_unique<api::RootSigner>(*std::move(key), *catalog);
  return {};
}

api::ScrubState Server::Parts::ScrubStateOf(const std::string& database) const {
  if (scrubber == nullptr) return {};
  const ScrubberFigures figures = scrubber->figures();
  const auto found = figures.databases.find(database);
  if (found == figures.databases.end()) return {};
  return {.end_unix_us = found->second.end_unix_us, .findings = found->second.findings};
}

Status Server::Parts::Serve(const Settings& settings, const ThreadCounts& threads) {
  api::ServiceOptions service_options = ServiceOptionsFor(settings, files);
  service_options.scrub_state = [this](const std::string& database) {
    return ScrubStateOf(database);
  };
  service = std::make_unique<api::Service>(
      api::ServiceParts{.catalog = *catalog,
                        .users = *users,
                        .authenticator = *authenticator,
                        .sessions = *sessions,
                        .hasher = hasher,
                        .clock = clock,
                        .reads = std::make_unique<ThreadPool>(threads.reads, "reads"),
                        .hashing = std::make_unique<ThreadPool>(threads.hashing, "hashing"),
                        .long_reads = std::make_unique<ThreadPool>(threads.reads, "long reads",
                                                                   ThreadPool::Priority::kLow),
                        .signer = signer.get()},
      std::move(service_options));
  const std::size_t loop_count =
      settings.network_threads == 0 ? net::LoopGroup::DefaultCount() : settings.network_threads;
  IMMUDB_ASSIGN(loops, net::LoopGroup::Start(loop_count));
  net::ServerOptions options = NetOptionsFor(settings);
  IMMUDB_ASSIGN(options.tls, LoadTls(settings));
  StartScrubber(settings);  // Before anybody may ask for its figures.
  IMMUDB_ASSIGN(const std::string prefix, RequestIdPrefix(random));
  metered = std::make_unique<api::MeteredDispatcher>(
      *service, api::Service::Methods().size(), clock,
      api::MeterOptions{.slow_call_ns = settings.slow_call_ns, .request_id_prefix = prefix});
  IMMUDB_ASSIGN(network, net::Server::Start(options, *loops, *metered, clock));
  ServeMetrics(settings);
  return {};
}

void Server::Parts::StartScrubber(const Settings& settings) {
  if (settings.scrub_bytes_per_second == 0) return;
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  const ScrubbedData data = {.databases =
                                 [this] {
                                   std::vector<std::string> names;
                                   for (const auto& state : catalog->DatabaseStates())
                                     names.push_back(state.name);
                                   return names;
                                 },
                             .inspect =
                                 [this](const std::string& database, InspectionObserver& observer) {
                                   return catalog->Inspect(database, observer);
                                 }};
  scrubber = std::make_unique<Scrubber>(
      data, clock,
      ScrubberOptions{.bytes_per_second = settings.scrub_bytes_per_second,
                      .interval_ns = settings.scrub_interval_s * kNsPerSecond});
}

// Without metrics the server serves all the same, as immudb 0.8.1 does.
void Server::Parts::ServeMetrics(const Settings& settings) {
  if (settings.metrics_port < 0) return;
  const MetricsSources sources = {.calls = *metered,
                                  .catalog = *catalog,
                                  .network = *network,
                                  .scrubber = scrubber.get(),
                                  .clock = clock,
                                  .start_unix_us = clock.NowUnixUs(),
                                  .start_ns = clock.MonotonicNs(),
                                  .has_histograms = settings.has_histograms,
                                  .data_directory = Shortened(settings.directory)};
  auto started = http::Server::Start(
      {.host = settings.metrics_address, .port = static_cast<std::uint16_t>(settings.metrics_port)},
      [sources](const std::string& path) { return AnswerPage(sources, path); });
  if (!started) {
    return Log(LogLevel::kError, "Metrics error: {}", started.error().message);
  }
  metrics = *std::move(started);
  Log(LogLevel::kInfo, "Metrics and health on port {}", metrics->port());
}

// Each step leaves nobody who could still use what the next one takes away.
Status Server::Parts::Stop() {
  metrics.reset();
  if (scrubber != nullptr) scrubber->Stop();
  if (service != nullptr) service->EndWatches();  // Else they would take all of the time below.
  if (network != nullptr) network->Shutdown(kDrainMs);
  if (service != nullptr) service->Stop();
  return catalog == nullptr ? Status() : catalog->Close();
}

Server::Server(std::unique_ptr<Parts> parts, Settings settings)
    : settings_(std::move(settings)), parts_(std::move(parts)) {
  std::fill(settings_.admin_password.begin(), settings_.admin_password.end(), '\0');
}

Result<std::unique_ptr<Server>> Server::Start(const Settings& settings) {
  const ThreadCounts threads = ThreadCountsFor(std::thread::hardware_concurrency());
  std::unique_ptr<Server> server(new Server(std::make_unique<Parts>(), settings));
  IMMUDB_TRY(server->parts_->OpenData(settings, threads));
  IMMUDB_TRY(server->parts_->OpenLogins(settings));
  IMMUDB_TRY(server->parts_->OpenSigner(settings));
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

void Server::ReloadTls() {
  if (settings_.certificate_file.empty()) return;
  Result<std::shared_ptr<const net::TlsContext>> tls = LoadTls(settings_);
  if (!tls) {
    Log(LogLevel::kError,
        "The files for TLS cannot be used, and the old ones stay in use until they can: {}",
        tls.error().message);
    return;
  }
  parts_->network->ReplaceTls(*std::move(tls));
  Log(LogLevel::kInfo, "The files for TLS were read anew");
}

Status Server::Stop() {
  return parts_->Stop();
}

}  // namespace immudb::server
