#include "cli/option_table.h"

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"

namespace immudb::cli {
namespace {

using process::OptionPlaces;
using process::OptionRow;
using process::OptionType;
using process::OptionUse;
using Rows = std::vector<OptionRow>;

Rows ConnectionRows() {
  return {
      {.name = "config",
       .help = "configuration file in TOML; without it immuclient.toml is looked for in the home "
               "folder and where immudb 0.8.1 looked",
       .places = OptionPlaces::kFlag},
      {.name = "immudb-address",
       .short_name = 'a',
       .environment = {"IMMUCLIENT_IMMUDB_ADDRESS"},
       .default_value = "127.0.0.1",
       .help = "the server's address, or unix:PATH"},
      {.name = "immudb-port",
       .short_name = 'p',
       .environment = {"IMMUCLIENT_IMMUDB_PORT"},
       .type = OptionType::kInteger,
       .default_value = "3322",
       .help = "the server's port",
       .minimum = 1,
       .maximum = 65'535},
      {.name = "max-recv-msg-size",
       .environment = {"IMMUCLIENT_MAX_RECV_MSG_SIZE"},
       .type = OptionType::kInteger,
       .default_value = "4194304",
       .help = "the largest answer that is taken, in bytes",
       .minimum = 1024,
       .maximum = 1 << 30},
      {.name = "timeout",
       .environment = {"IMMUCLIENT_TIMEOUT"},
       .default_value = "10s",
       .help = "how long to wait for the answer to a call"},
      {.name = "connect-timeout",
       .environment = {"IMMUCLIENT_CONNECT_TIMEOUT"},
       .default_value = "2s",
       .help = "how long to wait for a connection"},
      {.name = "retries",
       .environment = {"IMMUCLIENT_RETRIES"},
       .type = OptionType::kInteger,
       .default_value = "0",
       .help = "how often to repeat a call that changes nothing, if the server is not there",
       .minimum = 0,
       .maximum = 1000},
  };
}

Rows TlsRows() {
  return {
      {.name = "mtls",
       .short_name = 'm',
       .environment = {"IMMUCLIENT_MTLS"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "encrypt, and show a client certificate"},
      {.name = "servername",
       .environment = {"IMMUCLIENT_SERVERNAME"},
       .default_value = "localhost",
       .help = "name that the server's certificate must have"},
      {.name = "certificate",
       .environment = {"IMMUCLIENT_CERTIFICATE"},
       .default_value = "./tools/mtls/4_client/certs/localhost.cert.pem",
       .help = "client certificate (PEM)"},
      {.name = "pkey",
       .environment = {"IMMUCLIENT_PKEY"},
       .default_value = "./tools/mtls/4_client/private/localhost.key.pem",
       .help = "private key of the client certificate (PEM)"},
      {.name = "clientcas",
       .environment = {"IMMUCLIENT_CLIENTCAS"},
       .default_value = "./tools/mtls/2_intermediate/certs/ca-chain.cert.pem",
       .help = "authorities that the server's certificate may come from (PEM)"},
  };
}

Rows SessionRows() {
  return {
      {.name = "tokenfile",
       .environment = {"IMMUCLIENT_TOKENFILE"},
       .default_value = "token",
       .help = "file that keeps the session; without a slash: in the home folder"},
      {.name = "password-file",
       .environment = {"IMMUCLIENT_PASSWORD_FILE"},
       .help = "file whose first line is the password of login"},
      {.name = "password",
       .environment = {"IMMUCLIENT_PASSWORD"},
       .help = "the password of login",
       .places = OptionPlaces::kNone,
       .is_secret = true},
  };
}

Rows TrustRows() {
  return {
      {.name = "state-dir",
       .environment = {"IMMUCLIENT_STATE_DIR"},
       .help = "folder of the trusted states; default $XDG_STATE_HOME/immudb, else "
               "~/.local/state/immudb"},
      {.name = "server-identity",
       .environment = {"IMMUCLIENT_SERVER_IDENTITY"},
       .help = "name of the server in the trusted states; default: its address and port"},
      {.name = "first-contact",
       .environment = {"IMMUCLIENT_FIRST_CONTACT"},
       .default_value = "trust",
       .help = "what to do if no state is trusted yet",
       .choices = {"trust", "refuse"}},
      {.name = "trusted-root",
       .environment = {"IMMUCLIENT_TRUSTED_ROOT"},
       .help = "INDEX:HASH, as `current` shows them, known from elsewhere"},
      {.name = "server-key",
       .environment = {"IMMUCLIENT_SERVER_KEY"},
       .help = "the server's signing key in hex, or its SHA-256: trust signed states only"},
  };
}

Rows OutputRows() {
  return {
      {.name = "value-only",
       .environment = {"IMMUCLIENT_VALUE_ONLY"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "print values only"},
      {.name = "output",
       .environment = {"IMMUCLIENT_OUTPUT"},
       .default_value = "text",
       .help = "form of the results; raw: the bytes of values, and nothing else",
       .choices = {"text", "json", "raw"}},
      {.name = "raw",
       .environment = {"IMMUCLIENT_RAW"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "the same as --output raw"},
  };
}

// The system's folder for temporary files, which stays where it is while a program runs.
std::string_view TemporaryFolder() {
  static const std::string folder = [] {
    std::error_code ignored;
    return std::filesystem::temp_directory_path(ignored).string();
  }();
  return folder;
}

OptionRow Reserved(std::string_view name, std::string_view variable, std::string_view value,
                   std::string_view help) {
  return {.name = name,
          .environment = {variable},
          .default_value = value,
          .help = help,
          .use = OptionUse::kReserved};
}

Rows AuditRows() {
  Rows rows = {
      Reserved("dir", "IMMUCLIENT_DIR", TemporaryFolder(), "folder of the auditor"),
      Reserved("roots-filepath", "IMMUCLIENT_ROOTS_FILEPATH", "/tmp/",
               "folder of trusted states; now --state-dir"),
      Reserved("prometheus-host", "IMMUCLIENT_PROMETHEUS_HOST", "0.0.0.0",
               "address of the auditor's metrics"),
      Reserved("prometheus-port", "IMMUCLIENT_PROMETHEUS_PORT", "9477",
               "port of the auditor's metrics"),
      Reserved("audit-username", "IMMUCLIENT_AUDIT_USERNAME", "", "user of the auditor"),
      Reserved("audit-password", "IMMUCLIENT_AUDIT_PASSWORD", "", "password of the auditor"),
      Reserved("audit-databases", "IMMUCLIENT_AUDIT_DATABASES", "", "databases to audit"),
      Reserved("audit-signature", "IMMUCLIENT_AUDIT_SIGNATURE", "",
               "whether the auditor checks signatures"),
      Reserved("audit-notification-url", "IMMUCLIENT_AUDIT_NOTIFICATION_URL", "",
               "where the auditor reports to"),
      Reserved("audit-notification-username", "IMMUCLIENT_AUDIT_NOTIFICATION_USERNAME", "",
               "user name for the reports"),
      Reserved("audit-notification-password", "IMMUCLIENT_AUDIT_NOTIFICATION_PASSWORD", "",
               "password for the reports"),
  };
  for (OptionRow& row : rows) row.is_secret = row.name.ends_with("password");
  return rows;
}

}  // namespace

std::span<const OptionRow> ClientOptionRows() {
  static const Rows all = [] {
    Rows rows;
    for (const Rows& group :
         {ConnectionRows(), TlsRows(), SessionRows(), TrustRows(), OutputRows(), AuditRows()}) {
      rows.insert(rows.end(), group.begin(), group.end());
    }
    return rows;
  }();
  return all;
}

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
  };
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  for (const Unit& known : {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}}) {
    if (fault == std::errc() && unit == known.name && number > 0) {
      return std::chrono::milliseconds(number * known.milliseconds);
    }
  }
  return Fail(Code::kInvalidArgument, "\"{}\" is no time such as 500ms, 10s or 2m", text);
}

}  // namespace immudb::cli
