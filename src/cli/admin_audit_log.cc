// immuadmin audit-log: what the server has recorded of logins, users, rights, databases, settings,
// backups.

#include <poll.h>

#include <deque>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "cli/audit_filter.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace immudb::cli {
namespace {

constexpr int kBetweenLooksMs = 1000;

Result<AuditFilter> ReadFilter(Context& context) {
  const process::Options& options = *context.options;
  AuditFilter filter{.user = options.text("user"),
                     .event = options.text("event"),
                     .database = options.text("database")};
  const std::int64_t now_us = SystemClock().NowUnixUs();
  for (const auto& [name, moment] :
       {std::pair("since", &filter.since_us), std::pair("until", &filter.until_us)}) {
    const std::string& text = options.text(name);
    if (text.empty()) continue;
    const Result<std::int64_t> read = ParseMoment(text, now_us);
    if (!read) return UsageError(context, Text("--{}: {}", name, read.error().message));
    *moment = *read;
  }
  return filter;
}

// Hands the line of each event from `next` to the trail's end to `show`; `next` is then the end.
template <typename Show>
Status ReadLines(Context& context, const AuditFilter& filter, LeafIndex& next, const Show& show) {
  for (;;) {
    IMMUDB_ASSIGN(const AuditPage page, context.client->ReadAuditTrail(next));
    if (page.entries.empty()) return {};
    for (const AuditEntry& entry : page.entries) {
      if (entry.index != next) return Fail(Code::kTampered, "the audit trail has a gap");
      ++next.value;
      if (auto line = AuditLine(entry, filter, context.style)) show(*std::move(line));
    }
    if (next.value >= page.head.size.value) return {};
  }
}

Status ShowAuditLog(Context& context) {
  IMMUDB_ASSIGN(const AuditFilter filter, ReadFilter(context));
  const auto last = static_cast<std::size_t>(context.options->integer("last"));
  LeafIndex next;
  std::deque<std::string> newest;
  IMMUDB_TRY(ReadLines(context, filter, next, [&](std::string line) {
    if (last == 0) return Print(line);
    newest.push_back(std::move(line));
    if (newest.size() > last) newest.pop_front();
  }));
  for (const std::string& line : newest) Print(line);
  while (context.options->boolean("follow")) {
    ::poll(nullptr, 0, kBetweenLooksMs);
    IMMUDB_TRY(ReadLines(context, filter, next, [](const std::string& line) { Print(line); }));
  }
  return {};
}

}  // namespace

std::vector<Command> AuditLogCommands() {
  return {{.name = "audit-log",
           .aliases = {},
           .help = "show what the server has recorded: logins, users, rights, databases, settings, "
                   "snapshots and restored backups",
           .flags = {"follow", "since", "until", "user", "event", "database", "last"},
           .run = ShowAuditLog}};
}

}  // namespace immudb::cli
