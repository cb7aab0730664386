#include <array>
#include <cctype>

#include "base/error.h"
#include "cli/tool_documents.h"
#include "process/version.h"

namespace immudb::cli {
namespace {

using process::OptionRow;
using process::OptionUse;

struct ExitCode {
  int code;
  std::string_view meaning;
};
constexpr std::array kExitCodes = {
    ExitCode{kExitSuccess, "the command did what it says"},
    ExitCode{kExitFailure, "it failed for another reason than those below"},
    ExitCode{kExitUsage, "the command line, a variable or the configuration file is wrong"},
    ExitCode{kExitNotFound, "the key, entry, user or database does not exist"},
    ExitCode{kExitDenied, "not logged in, or not allowed"},
    ExitCode{kExitUnreachable, "the server cannot be reached"},
    ExitCode{kExitTampered, "verification failed: what the server answers is not what it proved"},
};

// What groff would take for its own.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '-') {
      escaped += "\\-";
    } else if (c == '\\') {
      escaped += "\\e";
    } else {
      escaped += c;
    }
  }
  // A line must not begin with what marks a request.
  return escaped.starts_with('.') || escaped.starts_with('\'') ? "\\&" + escaped : escaped;
}

std::string UpperCase(std::string_view text) {
  std::string upper;
  for (const char c : text) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

std::string OptionEntry(const OptionRow& row) {
  std::string text = ".TP\n";
  if (row.short_name != '\0') text += Text("\\fB\\-{}\\fR, ", row.short_name);
  text += Text("\\fB\\-\\-{}\\fR", Escaped(row.name));
  if (row.type != process::OptionType::kBool) text += " \\fIvalue\\fR";
  text += Text("\n{}", Escaped(row.help));
  if (!row.choices.empty()) {
    text += ": ";
    for (std::size_t i = 0; i < row.choices.size(); ++i) {
      text += Text("{}{}", i == 0 ? "" : ", ", Escaped(row.choices[i]));
    }
  }
  if (!row.is_secret && !row.default_value.empty()) {
    text += Text(" (default {})", Escaped(row.default_value));
  }
  if (row.use == OptionUse::kReserved) text += " (only the default in this release)";
  return text + "\n";
}

std::string CommandEntry(const Command& command) {
  std::string text = Text(".TP\n\\fB{}\\fR", Escaped(NameOf(command)));
  if (!command.words.empty()) text += Text(" \\fI{}\\fR", Escaped(command.words));
  text += Text("\n{}", Escaped(command.help));
  for (std::size_t i = 0; i < command.aliases.size(); ++i) {
    text += Text("{}{}", i == 0 ? ". Also called " : ", ", Escaped(command.aliases[i]));
  }
  text += ".\n";
  return text;
}

// The options of `tool` for which `wanted` holds.
template <typename Wanted>
std::string OptionEntries(const Tool& tool, const Wanted& wanted) {
  std::string text;
  for (const OptionRow& row : tool.options) {
    if (row.has_flag() && wanted(row)) text += OptionEntry(row);
  }
  return text;
}

std::string EnvironmentSection(const Tool& tool) {
  std::string text = Text(
      ".SH ENVIRONMENT\nEvery option may stand in a variable: \\fB{}_\\fR and its name in upper "
      "case, with _ for \\-. A flag counts more than a variable, a variable more than the "
      "configuration file. Only in variables:\n",
      UpperCase(tool.name));
  for (const OptionRow& row : tool.options) {
    if (row.places != process::OptionPlaces::kNone || row.environment.empty()) continue;
    text += Text(".TP\n\\fB{}\\fR\n{}\n", row.environment.front(), Escaped(row.help));
  }
  return text + ".TP\n\\fBNO_COLOR\\fR\nif set, nothing is coloured\n";
}

}  // namespace

std::string ManPage(const Tool& tool) {
  std::string_view summary = tool.summary;
  if (summary.starts_with(tool.name)) summary.remove_prefix(tool.name.size() + 1);
  if (summary.ends_with('.')) summary.remove_suffix(1);
  const std::string version = process::ShortVersionText("immudb");
  std::string text = Text(".TH {} 1 \"\" \"{}\" \"immudb\"\n.SH NAME\n{} \\- {}\n",
                          UpperCase(tool.name), version, tool.name, Escaped(summary));
  text +=
      Text(".SH SYNOPSIS\n\\fB{}\\fR \\fIcommand\\fR [\\fIargument\\fR ...] [\\fIflag\\fR ...]\n",
           tool.name);
  text += ".SH COMMANDS\n";
  for (const Command& command : tool.commands) {
    if (command.help.empty()) continue;
    text += CommandEntry(command);
    const std::string own =
        OptionEntries(tool, [&command](const OptionRow& row) { return Takes(command, row.name); });
    if (!own.empty()) text += Text(".RS\n{}.RE\n", own);
  }
  text += ".SH OPTIONS\nOf every command:\n";
  text += OptionEntries(tool, [&tool](const OptionRow& row) { return IsGlobal(tool, row.name); });
  text += EnvironmentSection(tool);
  text += Text(
      ".SH FILES\n.TP\n\\fI~/{0}.toml\\fR\nconfiguration in TOML; a key is the name of an option\n",
      tool.name);
  text += ".SH EXIT STATUS\n";
  for (const ExitCode& exit : kExitCodes) {
    text += Text(".TP\n\\fB{}\\fR\n{}\n", exit.code, Escaped(exit.meaning));
  }
  return text;
}

}  // namespace immudb::cli
