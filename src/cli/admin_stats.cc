// immuadmin stats: what the server's page of metrics says.

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "cli/command.h"
#include "cli/dashboard.h"
#include "cli/http_get.h"
#include "cli/metrics_text.h"
#include "cli/option_table.h"
#include "cli/screen.h"
#include "cli/server_figures.h"
#include "cli/terminal.h"
#include "process/duration.h"

namespace immudb::cli {
namespace {

using std::chrono::milliseconds;

// A live view must not stand still for long.
constexpr milliseconds kLiveReadLimit{2000};

HttpPage PageOf(const process::Options& options) {
  std::string host = options.text("immudb-address");
  if (host.starts_with("unix:")) host = "localhost";
  return {.host = host,
          .port = static_cast<std::uint16_t>(options.integer("metrics-port")),
          .path = "/metrics"};
}

Result<milliseconds> TimeOption(Context& context, std::string_view name) {
  Result<milliseconds> time = process::ParseDuration(context.options->text(name));
  if (!time) return UsageError(context, time.error().message);
  return time;
}

Result<ServerFigures> ReadFigures(const HttpPage& page, milliseconds limit) {
  IMMUDB_ASSIGN(const std::string text, HttpGet(page, limit));
  IMMUDB_ASSIGN(const MetricsText metrics, MetricsText::Parse(text));
  return FiguresOf(metrics);
}

Moment Now() {
  return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
}

// Shows the figures until somebody leaves. Errors: those of the first reading.
Status ShowLive(const Context& context, milliseconds limit, milliseconds interval) {
  const HttpPage page = PageOf(*context.options);
  IMMUDB_ASSIGN(const ServerFigures first, ReadFigures(page, limit));
  IMMUDB_ASSIGN(const auto screen, Screen::Open());
  Dashboard dashboard(Text("{}:{}", page.host, context.options->integer("immudb-port")),
                      screen->glyphs());
  dashboard.Add(first, Now());
  auto next = std::chrono::steady_clock::now() + interval;
  while (true) {
    screen->Show(dashboard.Draw(screen->size()));
    const auto left = std::chrono::ceil<milliseconds>(next - std::chrono::steady_clock::now());
    if (left.count() > 0) {
      if (screen->Wait(left) == ScreenEvent::kLeave) return {};
      continue;
    }
    const Result<ServerFigures> figures = ReadFigures(page, std::min(limit, kLiveReadLimit));
    if (figures) {
      dashboard.Add(*figures, Now());
    } else {
      dashboard.AddFailure(figures.error().message, Now());
    }
    next = std::chrono::steady_clock::now() + interval;
  }
}

Status Stats(Context& context) {
  // As 0.8.1: whoever mistypes the address learns it from the port that counts.
  if (const auto health = context.client->Health(); !health) return health.error();
  const process::Options& options = *context.options;
  IMMUDB_ASSIGN(const milliseconds limit, TimeOption(context, "timeout"));
  IMMUDB_ASSIGN(const milliseconds interval, TimeOption(context, "interval"));
  if (options.boolean("raw")) {
    IMMUDB_ASSIGN(const std::string page, HttpGet(PageOf(options), limit));
    Print(page);
    return {};
  }
  const bool has_terminal =
      IsTerminal(StandardStream::kInput) && IsTerminal(StandardStream::kOutput);
  if (options.boolean("visual") && !has_terminal) {
    return UsageError(context, "the live view needs a terminal; use --text");
  }
  const bool wants_text = options.boolean("text") || context.style.form != OutputForm::kText;
  if (options.boolean("visual") || (has_terminal && !wants_text)) {
    return ShowLive(context, limit, interval);
  }
  IMMUDB_ASSIGN(const ServerFigures figures, ReadFigures(PageOf(options), limit));
  Print(FiguresText(figures, std::chrono::system_clock::now(), context.style));
  return {};
}

}  // namespace

std::vector<Command> StatsCommands() {
  return {{.name = "stats",
           .aliases = {"s"},
           .help = "show the server's figures, from its page of metrics: on a terminal live, until "
                   "q is typed, otherwise as text",
           .flags = {"metrics-port", "raw", "text", "visual", "interval"},
           .run = Stats}};
}

}  // namespace immudb::cli
