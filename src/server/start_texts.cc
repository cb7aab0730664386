#include "server/start_texts.h"

#include <string_view>

#include "base/error.h"
#include "catalog/names.h"
#include "process/version.h"

namespace immudb::server {
namespace {

std::string Line(std::string_view label, std::string_view value) {
  return Text("{:<17}: {}\n", label, value);
}

}  // namespace

std::string ConfigText(const Settings& settings) {
  std::string text =
      Text("{}\n{:=<16} Config {:=<16}\n", process::ShortVersionText("immudb"), "", "");
  text += Line("Data dir", settings.directory);
  text += Line("Address", Text("{}:{}", settings.address, settings.port));
  if (settings.metrics_port >= 0) {
    text += Line("Metrics address",
                 Text("{}:{}/metrics", settings.metrics_address, settings.metrics_port));
  }
  text += Line("Config file", settings.config_file.empty() ? "none" : settings.config_file);
  if (!settings.pid_file.empty()) text += Line("PID file", settings.pid_file);
  if (!settings.log_file.empty()) text += Line("Log file", settings.log_file);
  text += Line("MTLS enabled", Text("{}", !settings.client_authorities_file.empty()));
  text += Line("TLS enabled", Text("{}", !settings.certificate_file.empty()));
  text += Line("Max recv msg size", Text("{}", settings.request_bytes_max));
  text += Line("Auth enabled", Text("{}", settings.auth));
  text += Line("Dev mode", Text("{}", settings.dev_mode));
  text += Line("Durability", settings.durability == Durability::kDurable
                                 ? "durable: answers wait for the disk"
                                 : "WRITTEN: A POWER LOSS MAY TAKE ACKNOWLEDGED WRITES");
  text += Line("Default database", catalog::kDefaultDatabase);
  text += Line("Maintenance mode", Text("{}", settings.maintenance));
  return text + Text("{:=<40}\n", "");
}

std::string ReadyText() {
  return "You can now use immuadmin and immuclient CLIs to login with the immudb superadmin user "
         "and start using immudb.\n";
}

}  // namespace immudb::server
