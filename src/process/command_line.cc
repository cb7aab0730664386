#include "process/command_line.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace immudb::process {
namespace {

const OptionRow* FindLong(const Program& program, std::string_view name) {
  for (const OptionRow& row : program.options) {
    if (row.has_flag() && row.name == name) return &row;
  }
  return nullptr;
}

const OptionRow* FindShort(const Program& program, char name) {
  for (const OptionRow& row : program.options) {
    if (row.has_flag() && row.short_name == name) return &row;
  }
  return nullptr;
}

class Parser {
 public:
  Parser(const Program& program, std::span<char* const> words) : program_(program), words_(words) {}

  Result<CommandLine> Parse() {
    bool only_words = false;
    while (next_ < words_.size()) {
      char* const word = words_[next_++];
      const std::string_view text = word;
      if (only_words || text.size() < 2 || text[0] != '-') {
        IMMUDB_TRY(TakeWord(text));
      } else if (text == "--") {
        only_words = true;
      } else if (text[1] == '-') {
        IMMUDB_TRY(TakeLong(word + 2));
      } else {
        IMMUDB_TRY(TakeShorts(word + 1));
      }
    }
    IMMUDB_TRY(CheckCommand());
    return std::move(line_);
  }

  // After an error the words not reached may still hold a secret in the form --name=value.
  void WipeRest() {
    for (; next_ < words_.size(); ++next_) {
      for (const OptionRow& row : program_.options) {
        const std::string prefix = Text("--{}", row.name);
        if (!row.is_secret || !std::string_view(words_[next_]).starts_with(prefix)) continue;
        char* const after = words_[next_] + prefix.size();
        if (*after == '=') Wipe(after + 1);
        if (*after == '\0' && next_ + 1 < words_.size()) Wipe(words_[++next_]);
      }
    }
  }

 private:
  Status TakeWord(std::string_view word) {
    if (!line_.command.empty()) {
      line_.arguments.emplace_back(word);
      return {};
    }
    const auto named = [word](const CommandRow& row) { return row.name == word; };
    if (std::none_of(program_.commands.begin(), program_.commands.end(), named)) {
      return Fail(Code::kNotFound, "unknown command \"{}\" for \"{}\"", word, program_.name);
    }
    line_.command = word;
    return {};
  }

  // The command may stand behind its flags.
  Status CheckCommand() const {
    for (const auto& [name, value] : line_.values) {
      const std::string_view command = FindLong(program_, name)->command;
      if (command.empty() || command == line_.command || line_.wants_help) continue;
      return Fail(Code::kInvalidArgument, "flag --{} is for the command {}", name, command);
    }
    return {};
  }

  // `flag` is what follows "--".
  Status TakeLong(char* flag) {
    char* const equals = std::strchr(flag, '=');
    const std::string_view name =
        equals == nullptr ? flag : std::string_view(flag, static_cast<std::size_t>(equals - flag));
    if (name == "help") {
      line_.wants_help = true;
      return {};
    }
    const OptionRow* row = FindLong(program_, name);
    if (row == nullptr) return Fail(Code::kInvalidArgument, "unknown flag: --{}", name);
    if (equals != nullptr) return Store(*row, equals + 1);
    if (row->type == OptionType::kBool) return StoreTrue(*row);
    if (next_ == words_.size()) {
      return Fail(Code::kInvalidArgument, "flag needs an argument: --{}", name);
    }
    return Store(*row, words_[next_++]);
  }

  // `flags` is what follows "-": some switches, then perhaps one flag with its value.
  Status TakeShorts(char* flags) {
    const std::string all = flags;
    for (char* flag = flags; *flag != '\0'; ++flag) {
      if (*flag == 'h') {
        line_.wants_help = true;
        continue;
      }
      const OptionRow* row = FindShort(program_, *flag);
      if (row == nullptr) {
        return Fail(Code::kInvalidArgument, "unknown shorthand flag: '{}' in -{}", *flag,
                    all.substr(0, all.find('=')));
      }
      if (flag[1] == '=') return Store(*row, flag + 2);
      if (row->type == OptionType::kBool) {
        IMMUDB_TRY(StoreTrue(*row));
        continue;
      }
      if (flag[1] != '\0') return Store(*row, flag + 1);
      if (next_ == words_.size()) {
        return Fail(Code::kInvalidArgument, "flag needs an argument: '{}' in -{}", *flag, all);
      }
      return Store(*row, words_[next_++]);
    }
    return {};
  }

  Status Store(const OptionRow& row, char* value) {
    line_.values[std::string(row.name)] = value;
    if (row.is_secret) Wipe(value);
    return {};
  }

  Status StoreTrue(const OptionRow& row) {
    line_.values[std::string(row.name)] = "true";
    return {};
  }

  static void Wipe(char* text) { std::memset(text, '*', std::strlen(text)); }

  const Program& program_;
  std::span<char* const> words_;
  std::size_t next_ = 0;  // The first word not looked at yet.
  CommandLine line_;
};

std::string_view TypeName(const OptionRow& row) {
  switch (row.type) {
    case OptionType::kText: return "string";
    case OptionType::kBool: return "";
    case OptionType::kInteger: return "int";
  }
  return "";
}

std::string Details(const OptionRow& row) {
  std::string text(row.help);
  if (!row.command.empty()) text = Text("with {}: {}", row.command, row.help);
  if (!row.choices.empty()) {
    text += " (";
    for (std::size_t i = 0; i < row.choices.size(); ++i) {
      text += Text("{}{}", i == 0 ? "" : " | ", row.choices[i]);
    }
    text += ")";
  }
  if (!row.is_secret && !row.default_value.empty()) {
    const std::string_view quote = row.type == OptionType::kText ? "\"" : "";
    text += Text(" (default {}{}{})", quote, row.default_value, quote);
  }
  for (const std::string_view variable : row.environment) text += Text(" [{}]", variable);
  if (row.use == OptionUse::kReserved) text += " (only the default in this release)";
  if (row.use == OptionUse::kNoEffect) text += " (accepted, without effect in this release)";
  if (row.places == OptionPlaces::kFile) text += " (configuration file only)";
  if (row.places == OptionPlaces::kNone) text += " (environment only)";
  return text;
}

std::string OptionLine(const OptionRow& row) {
  std::string flag = row.short_name == '\0' ? "      " : Text("  -{}, ", row.short_name);
  flag += row.has_flag() ? Text("--{} {}", row.name, TypeName(row)) : std::string(row.name);
  return Text("{:<36} {}\n", flag, Details(row));
}

}  // namespace

Result<CommandLine> ParseCommandLine(const Program& program, std::span<char* const> words) {
  Parser parser(program, words);
  Result<CommandLine> line = parser.Parse();
  if (!line) parser.WipeRest();
  return line;
}

std::string HelpText(const Program& program) {
  std::string text = Text("{}\n\nUsage:\n  {} [flags]\n", program.summary, program.name);
  if (!program.commands.empty()) {
    text += Text("  {} [command]\n\nAvailable Commands:\n", program.name);
    for (const CommandRow& row : program.commands) {
      text += Text("  {:<12} {}\n", row.name, row.help);
    }
  }
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : program.options) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(),
            [](const OptionRow* a, const OptionRow* b) { return a->name < b->name; });
  text += "\nFlags (also keys of the configuration file; [NAME] is an environment variable):\n";
  for (const OptionRow* row : rows) text += OptionLine(*row);
  text += Text("{:<36} {}\n", "  -h, --help", "show this text");
  return text;
}

}  // namespace immudb::process
