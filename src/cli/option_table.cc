#include "cli/option_table.h"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "process/duration.h"

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
       .help =
           "configuration file in TOML; without it one with the program's name is looked for in "
           "the home folder and where immudb 0.8.1 looked",
       .places = OptionPlaces::kFlag},
      {.name = "immudb-address",
       .short_name = 'a',
       .default_value = "127.0.0.1",
       .help = "the server's address, or unix:PATH"},
      {.name = "immudb-port",
       .short_name = 'p',
       .type = OptionType::kInteger,
       .default_value = "3322",
       .help = "the server's port",
       .minimum = 1,
       .maximum = 65'535},
      {.name = "max-recv-msg-size",
       .type = OptionType::kInteger,
       .default_value = "4194304",
       .help = "the largest answer that is taken, in bytes",
       .minimum = 1024,
       .maximum = 1 << 30},
      {.name = "timeout",
       .default_value = "10s",
       .help = "how long to wait for the answer to a call"},
      {.name = "connect-timeout",
       .default_value = "2s",
       .help = "how long to wait for a connection"},
      {.name = "auth",
       .type = OptionType::kBool,
       .default_value = "true",
       .help = "a session is used if there is one",
       .use = OptionUse::kNoEffect,
       .places = OptionPlaces::kFile},
      {.name = "retries",
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
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "encrypt, and show a client certificate"},
      {.name = "servername",
       .default_value = "localhost",
       .help = "name that the server's certificate must have"},
      {.name = "certificate",
       .default_value = "./tools/mtls/4_client/certs/localhost.cert.pem",
       .help = "client certificate (PEM)"},
      {.name = "pkey",
       .default_value = "./tools/mtls/4_client/private/localhost.key.pem",
       .help = "private key of the client certificate (PEM)"},
      {.name = "clientcas",
       .default_value = "./tools/mtls/2_intermediate/certs/ca-chain.cert.pem",
       .help = "authorities that the server's certificate may come from (PEM)"},
  };
}

Rows SessionRows() {
  return {
      {.name = "tokenfile",
       .default_value = "token",
       .help = "file that keeps the session; without a slash: in the home folder"},
      {.name = "password-file",
       .help = "file whose first line is the password; others must not be able to read it"},
      {.name = "password",
       .help = "the password",
       .places = OptionPlaces::kNone,
       .is_secret = true},
  };
}

Rows NewPasswordRows() {
  return {
      {.name = "new-password-file",
       .help = "file whose first line is the new password; others must not be able to read it"},
      {.name = "new-password",
       .help = "the new password",
       .places = OptionPlaces::kNone,
       .is_secret = true},
  };
}

Rows TrustRows() {
  return {
      {.name = "state-dir",
       .help = "folder of the trusted states; default $XDG_STATE_HOME/immudb, else "
               "~/.local/state/immudb"},
      {.name = "server-identity",
       .help = "name of the server in the trusted states; default: its address and port"},
      {.name = "first-contact",
       .default_value = "trust",
       .help = "what to do if no state is trusted yet",
       .choices = {"trust", "refuse"}},
      {.name = "trusted-root", .help = "INDEX:HASH, as `current` shows them, known from elsewhere"},
      {.name = "server-key",
       .help = "the server's signing key in hex, or its SHA-256: trust signed states only"},
  };
}

Rows OutputRows() {
  return {
      {.name = "value-only",
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "print values only"},
      {.name = "output",
       .default_value = "text",
       .help = "form of the results; raw: the bytes of values, and nothing else",
       .choices = {"text", "json", "raw"}},
      {.name = "raw",
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

OptionRow Reserved(std::string_view name, std::string_view value, std::string_view help) {
  return {.name = name, .default_value = value, .help = help, .use = OptionUse::kReserved};
}

Rows AuditRows() {
  Rows rows = {
      Reserved("dir", TemporaryFolder(), "folder of the auditor"),
      Reserved("roots-filepath", "/tmp/", "folder of trusted states; now --state-dir"),
      Reserved("prometheus-host", "0.0.0.0", "address of the auditor's metrics"),
      Reserved("prometheus-port", "9477", "port of the auditor's metrics"),
      Reserved("audit-username", "", "user of the auditor"),
      Reserved("audit-password", "", "password of the auditor"),
      Reserved("audit-databases", "", "databases to audit"),
      Reserved("audit-signature", "", "whether the auditor checks signatures"),
      Reserved("audit-notification-url", "", "where the auditor reports to"),
      Reserved("audit-notification-username", "", "user name for the reports"),
      Reserved("audit-notification-password", "", "password for the reports"),
  };
  for (OptionRow& row : rows) row.is_secret = row.name.ends_with("password");
  return rows;
}

Rows AdminOutputRows() {
  return {{.name = "output",
           .default_value = "text",
           .help = "form of the results",
           .choices = {"text", "json"}}};
}

Rows StatsRows() {
  return {
      {.name = "metrics-port",
       .type = OptionType::kInteger,
       .default_value = "9497",
       .help = "port of the server's page of metrics",
       .minimum = 1,
       .maximum = 65'535},
      {.name = "raw",
       .short_name = 'r',
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "print the page itself",
       .places = OptionPlaces::kFlag},
      {.name = "text",
       .short_name = 't',
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "print text, on a terminal too",
       .places = OptionPlaces::kFlag},
      {.name = "visual",
       .short_name = 'v',
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "show the live view, or fail without a terminal",
       .places = OptionPlaces::kFlag},
      {.name = "interval", .default_value = "1s", .help = "how often the live view reads the page"},
  };
}

Rows BackupRows() {
  return {
      {.name = "dbdir", .default_value = "./data", .help = "the server's data folder"},
      {.name = "manual-stop-start",
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "as immudb 0.8.1: the server is stopped and started by hand; asks first, backup "
               "reads the data folder itself, restore replaces it",
       .places = OptionPlaces::kFlag},
      {.name = "uncompressed",
       .short_name = 'u',
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "write a folder in place of one file",
       .places = OptionPlaces::kFlag},
      {.name = "force",
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "replace a data folder that exists; it is kept under another name",
       .places = OptionPlaces::kFlag},
      {.name = "yes",
       .short_name = 'y',
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "do not ask",
       .places = OptionPlaces::kFlag},
      {.name = "expect",
       .help = "what the backup must hold, known from elsewhere: the digest that `backup` printed, "
               "or roots, as NAME=ROOT or NAME=ROOT@SIZE, separated by commas",
       .places = OptionPlaces::kFlag},
      {.name = "server-key",
       .help = "the server's signing key in hex, or its SHA-256: accept what it has signed only"},
      {.name = "users-file",
       .help = "file with the users of the restored server, a copy of `users` in a data folder; "
               "without it those of the replaced folder, or a new superadmin"},
  };
}

Rows AuditLogRows() {
  return {
      {.name = "follow",
       .short_name = 'f',
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "go on with what comes, until interrupted",
       .places = OptionPlaces::kFlag},
      {.name = "since",
       .help = "show events from then on: 2020-12-08, 2020-12-08T12:52:00 (UTC), or 30m, 12h, 7d "
               "ago",
       .places = OptionPlaces::kFlag},
      {.name = "until", .help = "show events before then", .places = OptionPlaces::kFlag},
      {.name = "user",
       .help = "show what this user did, or what was done to him",
       .places = OptionPlaces::kFlag},
      {.name = "event",
       .help = "show events of this kind, such as login",
       .places = OptionPlaces::kFlag},
      {.name = "database",
       .help = "show events about this database",
       .places = OptionPlaces::kFlag},
      {.name = "last",
       .type = OptionType::kInteger,
       .default_value = "0",
       .help = "show no more than so many, the newest; 0: all",
       .places = OptionPlaces::kFlag,
       .minimum = 0,
       .maximum = 1'000'000},
  };
}

// `NAME_IMMUDB_PORT` of the program `NAME` for the option `immudb-port`.
std::string VariableOf(std::string_view program, std::string_view option) {
  std::string name = Text("{}_{}", program, option);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-') c = '_';
  }
  return name;
}

// Rows, and the texts that they look at.
class OptionTable {
 public:
  OptionTable(std::string_view program, const std::vector<Rows>& groups) {
    for (const Rows& group : groups) rows_.insert(rows_.end(), group.begin(), group.end());
    for (OptionRow& row : rows_) {
      if (row.places == OptionPlaces::kFlag) continue;
      variables_.push_back(VariableOf(program, row.name));
      row.environment = {variables_.back()};
    }
  }

  std::span<const OptionRow> rows() const { return rows_; }

 private:
  Rows rows_;
  std::deque<std::string> variables_;  // Which stay where they are.
};

}  // namespace

std::span<const OptionRow> ClientOptionRows() {
  static const OptionTable table("immuclient", {ConnectionRows(), TlsRows(), SessionRows(),
                                                TrustRows(), OutputRows(), AuditRows()});
  return table.rows();
}

std::span<const OptionRow> AdminOptionRows() {
  static const OptionTable table("immuadmin",
                                 {ConnectionRows(), TlsRows(), SessionRows(), NewPasswordRows(),
                                  AdminOutputRows(), StatsRows(), BackupRows(), AuditLogRows()});
  return table.rows();
}

Result<ClientOptions> ConnectionOf(const process::Options& options) {
  ClientOptions client;
  client.address = options.text("immudb-address");
  if (client.address.starts_with("unix:")) client.unix_socket = client.address.substr(5);
  client.port = static_cast<std::uint16_t>(options.integer("immudb-port"));
  client.reply_bytes_max = static_cast<std::uint64_t>(options.integer("max-recv-msg-size"));
  IMMUDB_ASSIGN(client.deadline, process::ParseDuration(options.text("timeout")));
  IMMUDB_ASSIGN(client.connect_timeout, process::ParseDuration(options.text("connect-timeout")));
  client.retry.attempts_max = static_cast<std::uint32_t>(options.integer("retries")) + 1;
  client.renew_session = false;
  if (options.boolean("mtls")) {
    client.tls = {.enabled = true,
                  .authorities_file = options.text("clientcas"),
                  .certificate_file = options.text("certificate"),
                  .private_key_file = options.text("pkey"),
                  .server_name = options.text("servername")};
  }
  return client;
}

}  // namespace immudb::cli
