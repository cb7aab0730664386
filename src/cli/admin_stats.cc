// immuadmin stats: what the server's page of metrics says.

#include "base/error.h"
#include "cli/command.h"
#include "cli/http_get.h"
#include "cli/metrics_text.h"
#include "cli/option_table.h"
#include "cli/server_figures.h"
#include "cli/terminal.h"

namespace immudb::cli {
namespace {

Result<std::string> ReadPage(Context& context) {
  const process::Options& options = *context.options;
  std::string host = options.text("immudb-address");
  if (host.starts_with("unix:")) host = "localhost";
  const auto limit = ParseDuration(options.text("timeout"));
  if (!limit) return UsageError(context, limit.error().message);
  const auto port = static_cast<std::uint16_t>(options.integer("metrics-port"));
  return HttpGet({.host = host, .port = port, .path = "/metrics"}, *limit);
}

Result<ServerFigures> ReadFigures(Context& context) {
  IMMUDB_ASSIGN(const std::string page, ReadPage(context));
  IMMUDB_ASSIGN(const MetricsText metrics, MetricsText::Parse(page));
  return FiguresOf(metrics);
}

Status Stats(Context& context) {
  // As 0.8.1: whoever mistypes the address learns it from the port that counts.
  if (const auto health = context.client->Health(); !health) return health.error();
  if (context.options->boolean("raw")) {
    IMMUDB_ASSIGN(const std::string page, ReadPage(context));
    Print(page);
    return {};
  }
  IMMUDB_ASSIGN(const ServerFigures figures, ReadFigures(context));
  Print(FiguresText(figures, std::chrono::system_clock::now(), context.style));
  return {};
}

}  // namespace

std::vector<Command> StatsCommands() {
  return {{.name = "stats",
           .aliases = {"s"},
           .help = "print the server's figures, from its page of metrics",
           .flags = {"metrics-port", "raw", "text"},
           .run = Stats}};
}

}  // namespace immudb::cli
