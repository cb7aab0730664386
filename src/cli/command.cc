#include "cli/command.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/error.h"

namespace immudb::cli {

std::span<const Command> Commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> commands;
    for (const auto& group : {SessionCommands(), ReadCommands(), WriteCommands(),
                              ReferenceCommands(), ProofCommands()}) {
      commands.insert(commands.end(), group.begin(), group.end());
    }
    std::sort(commands.begin(), commands.end(),
              [](const Command& a, const Command& b) { return a.name < b.name; });
    return commands;
  }();
  return all;
}

const Command* FindCommand(std::string_view name) {
  for (const Command& command : Commands()) {
    const bool is_alias =
        std::find(command.aliases.begin(), command.aliases.end(), name) != command.aliases.end();
    if (command.name == name || is_alias) return &command;
  }
  return nullptr;
}

Error UsageError(Context& context, std::string text) {
  context.is_usage_error = true;
  return {Code::kInvalidArgument, std::move(text)};
}

Result<std::uint64_t> NumberArgument(Context& context, std::size_t number) {
  const std::string& text = context.arguments[number];
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || stop != end) {
    return UsageError(context, Text("\"{}\" is not a valid index number", text));
  }
  return value;
}

}  // namespace immudb::cli
