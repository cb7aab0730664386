#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/tool_documents.h"

namespace immudb::cli {
namespace {

using process::OptionRow;
using process::OptionType;

// The options of `command`, its own and those of every command; null: the latter.
std::vector<const OptionRow*> FlagsOf(const Tool& tool, const Command* command) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : tool.options) {
    const bool is_own = command != nullptr && Takes(*command, row.name);
    if (row.has_flag() && (is_own || IsGlobal(tool, row.name))) rows.push_back(&row);
  }
  return rows;
}

std::vector<const Command*> CommandsOf(const Tool& tool, std::string_view group) {
  std::vector<const Command*> commands;
  for (const Command& command : tool.commands) {
    if (command.group == group && !command.help.empty()) commands.push_back(&command);
  }
  return commands;
}

// The name and every alias, with `separator` between.
template <typename Row>
std::string NamesOf(const Row& row, std::string_view separator) {
  std::string text(row.name);
  for (const std::string_view alias : row.aliases) text += Text("{}{}", separator, alias);
  return text;
}

std::string WordsOf(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += Text("{}{}", text.empty() ? "" : " ", word);
  return text;
}

// Whether a command's argument is the name of a file.
bool TakesFile(const Command& command) {
  return command.words.find("file") != std::string_view::npos ||
         command.words.find("directory") != std::string_view::npos;
}

// `--name=` cases of bash: the flags that take a value, as one pattern.
std::string ValuePattern(const Tool& tool) {
  std::string pattern;
  for (const OptionRow& row : tool.options) {
    if (!row.has_flag() || row.type == OptionType::kBool) continue;
    pattern += Text("{}--{}", pattern.empty() ? "" : "|", row.name);
    if (row.short_name != '\0') pattern += Text("|-{}", row.short_name);
  }
  return pattern;
}

std::string BashFlags(const Tool& tool, const Command* command) {
  std::string text = "--help";
  for (const OptionRow* row : FlagsOf(tool, command)) text += Text(" --{}", row->name);
  return text;
}

std::string BashCase(const Tool& tool, const Command& command, std::string_view pattern) {
  return Text("    {}) words='' flags='{}' files={} ;;\n", pattern, BashFlags(tool, &command),
              TakesFile(command) ? "yes" : "no");
}

std::string BashCases(const Tool& tool) {
  std::string first_words = "help";
  std::string cases;
  for (const CommandGroup& group : tool.groups) {
    first_words += Text(" {}", group.name);
    std::string second_words;
    for (const Command* command : CommandsOf(tool, group.name)) {
      second_words += Text("{}{}", second_words.empty() ? "" : " ", command->name);
      cases += BashCase(tool, *command, Text("'{} {}'", group.name, command->name));
    }
    cases += Text("    '{} ') words='{}' flags='{}' files=no ;;\n", group.name, second_words,
                  BashFlags(tool, nullptr));
  }
  for (const Command* command : CommandsOf(tool, "")) {
    first_words += Text(" {}", command->name);
    cases += BashCase(tool, *command, Text("'{} '*", command->name));
  }
  return Text("    ' ') words='{}' flags='{}' files=no ;;\n{}", first_words,
              BashFlags(tool, nullptr), cases);
}

// Aliases, made names.
std::string BashAliases(const Tool& tool) {
  std::string text;
  const auto add = [&text](const auto& row) {
    for (const std::string_view alias : row.aliases) {
      text += Text("    {}) first={} ;;\n", alias, row.name);
    }
  };
  for (const CommandGroup& group : tool.groups) add(group);
  for (const Command* command : CommandsOf(tool, "")) add(*command);
  return text;
}

std::string BashChoices(const Tool& tool) {
  std::string text;
  for (const OptionRow& row : tool.options) {
    if (!row.has_flag() || row.choices.empty()) continue;
    text += Text("    --{}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n", row.name,
                 WordsOf(row.choices));
  }
  return text;
}

// In the quotes of zsh and fish, and not taken for a part of zsh's own grammar.
std::string Quotable(std::string_view text) {
  std::string quotable;
  for (const char c : text) {
    if (c == '\'') {
      quotable += "'\\''";
    } else if (c == '[' || c == ']') {
      quotable += c == '[' ? '(' : ')';
    } else {
      quotable += c;
    }
  }
  return quotable;
}

std::string ZshFlag(const OptionRow& row) {
  std::string value;
  if (row.type != OptionType::kBool) {
    value = row.choices.empty() ? ":value:_files" : Text(":value:({})", WordsOf(row.choices));
  }
  const std::string help = Text("[{}]{}", Quotable(row.help), value);
  const std::string_view equals = value.empty() ? "" : "=";
  if (row.short_name == '\0') return Text("    '--{}{}{}' \\\n", row.name, equals, help);
  return Text("    '-{0}{2}' '--{1}{3}{2}' \\\n", row.short_name, row.name, help, equals);
}

std::string ZshFlags(const Tool& tool, const Command* command) {
  std::string text = "    '--help[show help]' \\\n";
  for (const OptionRow* row : FlagsOf(tool, command)) text += ZshFlag(*row);
  return text;
}

// A list of words for _describe.
template <typename Row>
std::string ZshWord(const Row& row) {
  std::string help;
  for (const char c : Quotable(row.help)) help += c == ':' ? std::string("\\:") : std::string(1, c);
  return Text(" '{}:{}'", row.name, help);
}

}  // namespace

std::string BashCompletion(const Tool& tool) {
  return Text(
      "# Completion of {0} for bash.\n"
      "_{0}() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} first='' second='' words='' flags='' files=no i\n"
      "  case ${{COMP_WORDS[COMP_CWORD - 1]}} in\n{1}"
      "    {2}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
      "  esac\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${{COMP_WORDS[i]}} in\n"
      "      {2}) ((i++)) ;;\n"
      "      -*) ;;\n"
      "      *) if [[ -z $first ]]; then first=${{COMP_WORDS[i]}}\n"
      "         elif [[ -z $second ]]; then second=${{COMP_WORDS[i]}}; fi ;;\n"
      "    esac\n"
      "  done\n"
      "  case $first in\n"
      "    help) first=$second second='' ;;\n{3}"
      "  esac\n"
      "  case \"$first $second\" in\n{4}"
      "  esac\n"
      "  [[ $word != -* ]] || words=$flags\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "  if [[ $files == yes && $word != -* ]]; then\n"
      "    COMPREPLY+=($(compgen -f -- \"$word\"))\n"
      "  fi\n"
      "}}\n"
      "complete -F _{0} {0}\n",
      tool.name, BashChoices(tool), ValuePattern(tool), BashAliases(tool), BashCases(tool));
}

std::string ZshCompletion(const Tool& tool) {
  std::string first_words = " 'help:print help'";
  std::string cases;
  for (const CommandGroup& group : tool.groups) {
    first_words += ZshWord(group);
    std::string second_words;
    for (const Command* command : CommandsOf(tool, group.name)) second_words += ZshWord(*command);
    cases += Text(
        "    {}) local -a second=({})\n"
        "      if ((CURRENT == 2)); then _describe command second; else _arguments \\\n{}"
        "        '*:: :_default'; fi ;;\n",
        NamesOf(group, "|"), second_words, ZshFlags(tool, nullptr));
  }
  for (const Command* command : CommandsOf(tool, "")) {
    first_words += ZshWord(*command);
    cases += Text("    {}) _arguments \\\n{}        '*:: :{}' ;;\n", NamesOf(*command, "|"),
                  ZshFlags(tool, command), TakesFile(*command) ? "_files" : "_message argument");
  }
  return Text(
      "#compdef {0}\n"
      "_{0}() {{\n"
      "  local context state line\n"
      "  local -a first=({1})\n"
      "  _arguments -C \\\n{2}"
      "    '1: :->first' '*:: :->rest'\n"
      "  case $state in\n"
      "    first) _describe command first; return ;;\n"
      "    rest) ;;\n"
      "    *) return ;;\n"
      "  esac\n"
      "  case $words[1] in\n{3}"
      "  esac\n"
      "}}\n"
      "_{0} \"$@\"\n",
      tool.name, first_words, ZshFlags(tool, nullptr), cases);
}

std::string FishCompletion(const Tool& tool) {
  std::string text = Text("# Completion of {0} for fish.\ncomplete -c {0} -f\n", tool.name);
  const auto word = [&](std::string_view condition, const auto& row) {
    text += Text("complete -c {} -n '{}' -a {} -d '{}'\n", tool.name, condition, row.name,
                 Quotable(row.help));
  };
  const auto flag = [&](std::string_view condition, const OptionRow& row) {
    text += Text("complete -c {}{} -l {}", tool.name, condition, row.name);
    if (row.short_name != '\0') text += Text(" -s {}", row.short_name);
    if (row.type != OptionType::kBool) text += row.choices.empty() ? " -r -F" : " -x";
    if (!row.choices.empty()) text += Text(" -a '{}'", WordsOf(row.choices));
    text += Text(" -d '{}'\n", Quotable(row.help));
  };
  for (const CommandGroup& group : tool.groups) {
    word("__fish_use_subcommand", group);
    std::string all;
    for (const Command* command : CommandsOf(tool, group.name)) all += Text(" {}", command->name);
    const std::string condition =
        Text("__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from{}",
             NamesOf(group, " "), all);
    for (const Command* command : CommandsOf(tool, group.name)) word(condition, *command);
  }
  for (const Command* command : CommandsOf(tool, "")) {
    word("__fish_use_subcommand", *command);
    const std::string seen = Text("__fish_seen_subcommand_from {}", NamesOf(*command, " "));
    if (TakesFile(*command)) text += Text("complete -c {} -n '{}' -F\n", tool.name, seen);
  }
  for (const OptionRow* row : FlagsOf(tool, nullptr)) flag("", *row);
  for (const Command& command : tool.commands) {
    if (command.help.empty()) continue;
    const std::string seen = Text(" -n '__fish_seen_subcommand_from {}'", NamesOf(command, " "));
    for (const OptionRow& row : tool.options) {
      if (row.has_flag() && Takes(command, row.name)) flag(seen, row);
    }
  }
  return text;
}

}  // namespace immudb::cli
