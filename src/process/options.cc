#include "process/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "base/check.h"
#include "base/error.h"
#include "process/config_file.h"

namespace immudb::process {
namespace {

constexpr std::array<std::string_view, 6> kTrue = {"true", "True", "TRUE", "t", "T", "1"};
constexpr std::array<std::string_view, 6> kFalse = {"false", "False", "FALSE", "f", "F", "0"};

// Source: the texts that immudb 0.8.1 takes for a truth value.
std::optional<bool> ToBool(std::string_view text) {
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return false;
  return std::nullopt;
}

std::optional<std::int64_t> ToInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string Shown(const OptionRow& row, const std::string& text) {
  return row.is_secret ? std::string("the value") : Text("\"{}\"", text);
}

struct Found {
  OptionSource source = OptionSource::kDefault;
  std::string origin;  // Names the place, for errors.
  std::string text;
};

Found FindSource(const OptionRow& row, const CommandLine& line, const Environment& environment,
                 const std::string& file, const FileValues& file_values) {
  if (const auto flag = line.values.find(row.name); flag != line.values.end()) {
    return {OptionSource::kFlag, Text("flag --{}", row.name), flag->second};
  }
  for (const std::string_view variable : row.environment) {
    std::optional<std::string> text = environment(variable);
    if (!text || text->empty()) continue;
    return {OptionSource::kEnvironment, Text("environment variable {}", variable),
            *std::move(text)};
  }
  if (const auto key = file_values.find(row.name); key != file_values.end()) {
    return {OptionSource::kFile, Text("{}:{}: key \"{}\"", file, key->second.line, row.name),
            key->second.text};
  }
  return {OptionSource::kDefault, Text("default of {}", row.name), std::string(row.default_value)};
}

std::vector<std::string> SearchedFolders(const Environment& environment) {
  std::vector<std::string> folders;
  if (const auto home = environment("HOME"); home && !home->empty()) folders.push_back(*home);
  folders.emplace_back("../src/configs");
  if (const auto gopath = environment("GOPATH"); gopath && !gopath->empty()) {
    folders.push_back(*gopath + "/src/configs");
  }
  folders.emplace_back("configs");
  return folders;
}

}  // namespace

Environment SystemEnvironment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Result<Options> Options::Read(const Program& program, const CommandLine& line,
                              const Environment& environment) {
  Options options;
  FileValues file_values;
  if (const auto named = line.values.find("config");
      named != line.values.end() && !named->second.empty()) {
    options.config_file_ = named->second;
  } else {
    IMMUDB_ASSIGN(const auto found, FindConfigFile(program, SearchedFolders(environment)));
    options.config_file_ = found.value_or("");
  }
  if (!options.config_file_.empty()) {
    IMMUDB_ASSIGN(file_values, ReadConfigFile(program, options.config_file_));
  }
  for (const OptionRow& row : program.options) {
    Found found = FindSource(row, line, environment, options.config_file_, file_values);
    IMMUDB_TRY(options.Store(row, found.source, found.origin, std::move(found.text)));
  }
  return options;
}

Status Options::Store(const OptionRow& row, OptionSource source, const std::string& origin,
                      std::string text) {
  Value value{.type = row.type, .text = std::move(text), .source = source};
  if (row.type == OptionType::kBool) {
    const std::optional<bool> boolean = ToBool(value.text);
    if (!boolean) {
      return Fail(Code::kInvalidArgument, "{}: {} is neither true nor false", origin,
                  Shown(row, value.text));
    }
    value.boolean = *boolean;
    value.text = *boolean ? "true" : "false";
  }
  if (row.type == OptionType::kInteger) {
    const std::optional<std::int64_t> integer = ToInteger(value.text);
    if (!integer || *integer < row.minimum || *integer > row.maximum) {
      return Fail(Code::kInvalidArgument, "{}: {} is not a whole number from {} to {}", origin,
                  Shown(row, value.text), row.minimum, row.maximum);
    }
    value.integer = *integer;
    value.text = Text("{}", *integer);
  }
  if (!row.choices.empty()) {
    value.text = LowerCase(std::move(value.text));
    if (std::find(row.choices.begin(), row.choices.end(), value.text) == row.choices.end()) {
      std::string choices;
      for (const std::string_view choice : row.choices) {
        choices += Text("{}{}", choices.empty() ? "" : ", ", choice);
      }
      return Fail(Code::kInvalidArgument, "{}: {} is none of {}", origin, Shown(row, value.text),
                  choices);
    }
  }
  if (row.use == OptionUse::kReserved && value.text != row.default_value) {
    return Fail(Code::kInvalidArgument, "{}: this release supports only the default{}{}: {}",
                origin, row.default_value.empty() ? "" : ", ", row.default_value, row.help);
  }
  if (row.use == OptionUse::kNoEffect && source != OptionSource::kDefault &&
      value.text != row.default_value) {
    notes_.push_back(Text("{}: has no effect in this release: {}", origin, row.help));
  }
  values_.insert_or_assign(std::string(row.name), std::move(value));
  return {};
}

const Options::Value& Options::Find(std::string_view name) const {
  const auto found = values_.find(name);
  IMMUDB_CHECK(found != values_.end());
  return found->second;
}

const std::string& Options::text(std::string_view name) const {
  const Value& value = Find(name);
  IMMUDB_CHECK(value.type == OptionType::kText);
  return value.text;
}

bool Options::boolean(std::string_view name) const {
  const Value& value = Find(name);
  IMMUDB_CHECK(value.type == OptionType::kBool);
  return value.boolean;
}

std::int64_t Options::integer(std::string_view name) const {
  const Value& value = Find(name);
  IMMUDB_CHECK(value.type == OptionType::kInteger);
  return value.integer;
}

OptionSource Options::source(std::string_view name) const {
  return Find(name).source;
}

}  // namespace immudb::process
