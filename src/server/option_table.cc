#include "server/option_table.h"

#include <vector>

namespace immudb::server {
namespace {

using process::CommandRow;
using process::OptionPlaces;
using process::OptionRow;
using process::OptionType;
using process::OptionUse;

std::vector<OptionRow> ServedRows() {
  return {
      {.name = "config",
       .help = "configuration file in TOML; without it immudb.toml is looked for in the home "
               "folder, ../src/configs, $GOPATH/src/configs and configs",
       .places = OptionPlaces::kFlag},
      {.name = "dir",
       .environment = {"IMMUDB_DIR"},
       .default_value = "./data",
       .help = "data folder"},
      {.name = "address",
       .short_name = 'a',
       .environment = {"IMMUDB_ADDRESS"},
       .default_value = "0.0.0.0",
       .help = "address to listen on, or unix:PATH"},
      {.name = "port",
       .short_name = 'p',
       .environment = {"IMMUDB_PORT"},
       .type = OptionType::kInteger,
       .default_value = "3322",
       .help = "port to listen on; 0: any that is free",
       .minimum = 0,
       .maximum = 65'535},
      {.name = "detached",
       .short_name = 'd',
       .environment = {"IMMUDB_DETACHED"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "go on in the background once the server is ready; without logfile the log is "
               "immudb.log in the data folder then"},
      {.name = "pidfile", .environment = {"IMMUDB_PIDFILE"}, .help = "file for the process number"},
      {.name = "logfile",
       .environment = {"IMMUDB_LOGFILE"},
       .help = "log file instead of standard error, opened anew at SIGHUP"},
      {.name = "log-format",
       .environment = {"IMMUDB_LOG_FORMAT"},
       .default_value = "text",
       .help = "form of log lines; json: one object a line, times in UTC",
       .choices = {"text", "json"}},
      {.name = "slow-call-threshold",
       .environment = {"IMMUDB_SLOW_CALL_THRESHOLD"},
       .default_value = "1s",
       .help = "time such as 500ms or 10s from which on a call is told in the log; 0: none is"},
      {.name = "log-level",
       .environment = {"LOG_LEVEL"},
       .default_value = "info",
       .help = "lowest level of log lines",
       .places = OptionPlaces::kNone,
       .choices = {"error", "warn", "info", "debug"}},
      {.name = "durability",
       .environment = {"IMMUDB_DURABILITY"},
       .default_value = "durable",
       .help = "what an answer promises: that the write survives a power loss, or only the end of "
               "this process",
       .choices = {"durable", "written"}},
      {.name = "max-recv-msg-size",
       .environment = {"IMMUDB_MAX_RECV_MSG_SIZE"},
       .type = OptionType::kInteger,
       .default_value = "4194304",
       .help = "longest request in bytes",
       .minimum = 1,
       .maximum = 1 << 30},
      {.name = "admin-password",
       .environment = {"IMMUDB_ADMIN_PASSWORD"},
       .default_value = "immudb",
       .help = "password of the user immudb at the first start, as text or enc: and base64; the "
               "environment or a private file keeps it from other users",
       .is_secret = true},
      {.name = "allow-default-password",
       .environment = {"IMMUDB_ALLOW_DEFAULT_PASSWORD"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "let the user immudb log in from other machines with the password everybody knows"},
      {.name = "auth",
       .short_name = 's',
       .environment = {"IMMUDB_AUTH"},
       .type = OptionType::kBool,
       .default_value = "true",
       .help = "ask every caller for a login; without, only this machine is served, and only if "
               "there are no databases and users but those of a new server"},
      {.name = "maintenance",
       .environment = {"IMMUDB_MAINTENANCE"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "serve this machine without logins, user management included"},
      {.name = "devmode",
       .environment = {"IMMUDB_DEVMODE"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "where there are no logins, serve other machines too"},
      {.name = "allow-cleartext-management",
       .environment = {"IMMUDB_ALLOW_CLEARTEXT_MANAGEMENT"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "let users and settings be changed from other machines over unencrypted "
               "connections"},
      {.name = "tls-certificate",
       .environment = {"IMMUDB_TLS_CERTIFICATE"},
       .help = "encrypt connections: file with the server's certificate and those that lead to its "
               "authority (PEM)"},
      {.name = "tls-key",
       .environment = {"IMMUDB_TLS_KEY"},
       .help = "file with the private key of tls-certificate (PEM), readable by the server only"},
      {.name = "mtls",
       .short_name = 'm',
       .environment = {"IMMUDB_MTLS"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "encrypt connections, and serve only clients with a certificate of clientcas"},
      {.name = "certificate",
       .environment = {"IMMUDB_CERTIFICATE"},
       .default_value = "./tools/mtls/3_application/certs/localhost.cert.pem",
       .help = "with mtls: file with the server's certificate (PEM)"},
      {.name = "pkey",
       .environment = {"IMMUDB_PKEY"},
       .default_value = "./tools/mtls/3_application/private/localhost.key.pem",
       .help = "with mtls: file with the server's private key (PEM), readable by the server only"},
      {.name = "clientcas",
       .environment = {"IMMUDB_CLIENTCAS"},
       .default_value = "./tools/mtls/2_intermediate/certs/ca-chain.cert.pem",
       .help = "with mtls: file with the authorities of clients (PEM)"},
      {.name = "signingKey",
       .environment = {"IMMUDB_SIGNINGKEY", "IMMUDB_SIGNING_KEY"},
       .help = "file with an ECDSA key on P-256 (PEM), readable by the server only: roots are "
               "signed with it"},
      {.name = "metrics-address",
       .environment = {"IMMUDB_METRICS_ADDRESS"},
       .help = "address for metrics and health over HTTP; the same as address without it"},
      {.name = "metrics-port",
       .environment = {"IMMUDB_METRICS_PORT"},
       .type = OptionType::kInteger,
       .default_value = "9497",
       .help = "port for metrics and health over HTTP; 0: any that is free, -1: none",
       .minimum = -1,
       .maximum = 65'535},
      {.name = "no-histograms",
       .environment = {"IMMUDB_NO_HISTOGRAMS"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "leave the histograms of call times out of the metrics"},
      {.name = "consistency-check",
       .environment = {"IMMUDB_CONSISTENCY_CHECK"},
       .type = OptionType::kBool,
       .default_value = "true",
       .help = "read stored data again in the background and compare it"},
      {.name = "scrub-rate",
       .environment = {"IMMUDB_SCRUB_RATE"},
       .type = OptionType::kInteger,
       .default_value = "8",
       .help = "MiB a second that are read again for consistency-check, one database after the "
               "other; 0: "
               "none",
       .minimum = 0,
       .maximum = 1 << 20},
      {.name = "scrub-interval",
       .environment = {"IMMUDB_SCRUB_INTERVAL"},
       .type = OptionType::kInteger,
       .default_value = "86400",
       .help = "seconds from the beginning of one reading of all databases to the beginning of the "
               "next, if it has ended by then",
       .minimum = 0,
       .maximum = 365 * 86400},
      {.name = "network-threads",
       .environment = {"IMMUDB_NETWORK_THREADS"},
       .type = OptionType::kInteger,
       .default_value = "0",
       .help = "threads for network input and output; 0: one for two processors",
       .minimum = 0,
       .maximum = 256},
  };
}

// Options of the command verify. --dir and --config are the server's.
std::vector<OptionRow> VerifyRows() {
  return {
      {.name = "database",
       .help = "look at this database only",
       .places = OptionPlaces::kFlag,
       .command = kVerifyCommand},
      {.name = "expect",
       .help = "ROOT@SIZE or, of several databases, NAME=ROOT@SIZE,...: after SIZE entries the "
               "database must have had this root, in hexadecimal; SIZE is the index that clients "
               "print beside a root, plus 1",
       .places = OptionPlaces::kFlag,
       .command = kVerifyCommand},
      {.name = "output",
       .default_value = "text",
       .help = "how to tell what was found",
       .places = OptionPlaces::kFlag,
       .command = kVerifyCommand,
       .choices = {"text", "json"}},
  };
}

// Options of immudb 0.8.1 whose values all come to the same in this release.
std::vector<OptionRow> NoEffectRows() {
  return {
      {.name = "network",
       .default_value = "tcp",
       .help = "was never read",
       .use = OptionUse::kNoEffect,
       .places = OptionPlaces::kFile},
      {.name = "dbname",
       .default_value = "immudb",
       .help = "was never read",
       .use = OptionUse::kNoEffect,
       .places = OptionPlaces::kFile},
  };
}

std::vector<OptionRow> AllRows() {
  std::vector<OptionRow> rows = ServedRows();
  for (const std::vector<OptionRow>& more : {VerifyRows(), NoEffectRows()}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

}  // namespace

const process::Program& ServerProgram() {
  static const std::vector<OptionRow> options = AllRows();
  static const std::vector<CommandRow> commands = {
      {"help", "show this text"},
      {kVerifyCommand, "look whether everything in the data folder is what it was"},
      {"version", "show the version"}};
  static const process::Program program = {
      .name = "immudb",
      .summary =
          "immudb: an immutable, tamper-evident key-value store.\n\n"
          "Without a command it serves the data folder until SIGTERM or SIGINT.",
      .options = options,
      .commands = commands};
  return program;
}

}  // namespace immudb::server
