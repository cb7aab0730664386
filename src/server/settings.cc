#include "server/settings.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/base64.h"
#include "base/error.h"
#include "process/duration.h"

namespace immudb::server {
namespace {

constexpr std::string_view kEncodedPrefix = "enc:";
constexpr std::int64_t kMebibyte = 1 << 20;
constexpr std::string_view kBlanks = " \t\n\v\f\r";

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Source: immudb 0.8.1; it trims before decoding only.
Result<std::string> DecodePassword(std::string_view text) {
  text = Trim(text);
  std::string password(text);
  if (text.starts_with(kEncodedPrefix)) {
    const Result<Bytes> decoded = FromBase64(Trim(text.substr(kEncodedPrefix.size())));
    if (!decoded) {
      return Fail(Code::kInvalidArgument,
                  "option admin-password: error decoding password from base64 string");
    }
    password.assign(decoded->begin(), decoded->end());
  }
  if (password.empty()) return Fail(Code::kInvalidArgument, "Admin password cannot be empty");
  return password;
}

LogLevel ToLogLevel(std::string_view text) {
  if (text == "error") return LogLevel::kError;
  if (text == "warn") return LogLevel::kWarning;
  return text == "debug" ? LogLevel::kDebug : LogLevel::kInfo;
}

Result<std::int64_t> SlowCallNs(std::string_view text) {
  if (text == "0") return 0;
  const auto time = process::ParseDuration(text);
  if (!time) {
    return Fail(time.error().code, "option slow-call-threshold: {}", time.error().message);
  }
  return std::chrono::nanoseconds(*time).count();
}

// Nothing that asks for encryption may end in clear text.
Status SetTls(Settings& settings, const process::Options& options) {
  const std::string& certificate = options.text("tls-certificate");
  const std::string& key = options.text("tls-key");
  if (certificate.empty() != key.empty()) {
    return Fail(Code::kInvalidArgument,
                "options tls-certificate and tls-key: one is of no use without the other");
  }
  settings.certificate_file = certificate;
  settings.key_file = key;
  if (!options.boolean("mtls")) return {};
  if (!certificate.empty()) {
    return Fail(Code::kInvalidArgument,
                "options mtls and tls-certificate: with mtls, name the files with certificate, "
                "pkey and clientcas");
  }
  settings.certificate_file = options.text("certificate");
  settings.key_file = options.text("pkey");
  settings.client_authorities_file = options.text("clientcas");
  if (settings.certificate_file.empty() || settings.key_file.empty() ||
      settings.client_authorities_file.empty()) {
    return Fail(Code::kInvalidArgument,
                "option mtls: certificate, pkey and clientcas must name files");
  }
  return {};
}

}  // namespace

Result<Settings> MakeSettings(const process::Options& options) {
  Settings settings;
  settings.directory = options.text("dir");
  if (settings.directory.empty()) {
    return Fail(Code::kInvalidArgument, "option dir: the data folder has no name");
  }
  settings.address = options.text("address");
  settings.port = static_cast<std::uint16_t>(options.integer("port"));
  settings.detached = options.boolean("detached");
  settings.pid_file = options.text("pidfile");
  settings.log_file = options.text("logfile");
  settings.log_level = ToLogLevel(options.text("log-level"));
  settings.log_format = options.text("log-format") == "json" ? LogFormat::kJson : LogFormat::kText;
  IMMUDB_ASSIGN(settings.slow_call_ns, SlowCallNs(options.text("slow-call-threshold")));
  settings.durability =
      options.text("durability") == "written" ? Durability::kWritten : Durability::kDurable;
  settings.request_bytes_max = static_cast<std::uint64_t>(options.integer("max-recv-msg-size"));
  IMMUDB_ASSIGN(settings.admin_password, DecodePassword(options.text("admin-password")));
  settings.admin_password_was_given =
      options.source("admin-password") != process::OptionSource::kDefault;
  settings.allow_default_password = options.boolean("allow-default-password");
  settings.auth = options.boolean("auth");
  settings.maintenance = options.boolean("maintenance");
  settings.dev_mode = options.boolean("devmode");
  settings.allow_cleartext_management = options.boolean("allow-cleartext-management");
  IMMUDB_TRY(SetTls(settings, options));
  settings.signing_key_file = options.text("signingKey");
  settings.metrics_address = options.text("metrics-address");
  if (settings.metrics_address.empty()) {
    const bool is_socket = settings.address.starts_with("unix:");
    settings.metrics_address = is_socket ? "127.0.0.1" : settings.address;
  }
  settings.metrics_port = static_cast<std::int32_t>(options.integer("metrics-port"));
  settings.has_histograms = !options.boolean("no-histograms");
  settings.scrub_bytes_per_second =
      static_cast<std::uint64_t>(options.integer("scrub-rate") * kMebibyte);
  if (!options.boolean("consistency-check")) settings.scrub_bytes_per_second = 0;
  settings.scrub_interval_s = static_cast<std::uint32_t>(options.integer("scrub-interval"));
  settings.network_threads = static_cast<std::uint32_t>(options.integer("network-threads"));
  settings.config_file = options.config_file();
  settings.notes = options.notes();
  return settings;
}

ThreadCounts ThreadCountsFor(std::uint32_t processors) {
  return {.committers = std::clamp(processors / 8, 1u, 8u),
          .syncs = std::clamp(processors / 8, 2u, 8u),
          .reads = std::clamp(processors, 2u, 64u),
          .hashing = std::clamp(processors / 2, 1u, 4u)};
}

}  // namespace immudb::server
