#include "process/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "process/small_file.h"
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace immudb::process {
namespace {

// Formats that immudb 0.8.1 reads, beside TOML.
constexpr std::array<std::string_view, 7> kOtherFormats = {"json", "yaml", "yml", "properties",
                                                           "hcl",  "env",  "ini"};
// Far above the length of any real one; bounds the parser.
constexpr SmallFileKind kKind{.name = "configuration file", .bytes_max = 1 << 20};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

const OptionRow* FindKey(const Program& program, std::string_view key) {
  for (const OptionRow& row : program.options) {
    if (row.has_key() && Lower(row.name) == Lower(key)) return &row;
  }
  return nullptr;
}

std::string_view Wanted(OptionType type) {
  switch (type) {
    case OptionType::kText: return "a text in quotes";
    case OptionType::kBool: return "true or false";
    case OptionType::kInteger: return "a whole number";
  }
  return "";
}

// The value as text, or nothing if its type is not the row's. A text may stand for any type: files
// written for immudb 0.8.1 quote numbers now and then.
std::optional<std::string> ToText(const OptionRow& row, const toml::node& node) {
  if (auto text = node.value_exact<std::string>()) return text;
  if (row.type == OptionType::kBool) {
    if (const auto value = node.value_exact<bool>()) return *value ? "true" : "false";
  }
  if (row.type == OptionType::kInteger) {
    if (const auto value = node.value_exact<std::int64_t>()) return Text("{}", *value);
  }
  return std::nullopt;
}

}  // namespace

Result<FileValues> ParseConfig(const Program& program, const std::string& path,
                               std::string_view text) {
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    return Fail(Code::kInvalidArgument, "{}:{}: {}", path, parsed.error().source().begin.line,
                parsed.error().description());
  }
  FileValues values;
  for (const auto& [key, node] : parsed.table()) {
    const unsigned line = key.source().begin.line;
    const OptionRow* row = FindKey(program, key.str());
    if (row == nullptr) {
      return Fail(Code::kInvalidArgument, "{}:{}: key \"{}\": there is no such option", path, line,
                  key.str());
    }
    std::optional<std::string> value = ToText(*row, node);
    if (!value) {
      return Fail(Code::kInvalidArgument, "{}:{}: key \"{}\": must be {}", path, line, key.str(),
                  Wanted(row->type));
    }
    const auto [place, is_new] = values.emplace(row->name, FileValue{*std::move(value), line});
    if (!is_new) {
      return Fail(Code::kInvalidArgument, "{}:{}: key \"{}\": stands twice", path,
                  std::max(line, place->second.line), row->name);
    }
  }
  return values;
}

Result<FileValues> ReadConfigFile(const Program& program, const std::string& path) {
  if (!Lower(path).ends_with(".toml")) {
    return Fail(Code::kUnsupported, "configuration file {}: only TOML is read (name it .toml)",
                path);
  }
  IMMUDB_ASSIGN(const SmallFile file, ReadSmallFile(kKind, path));
  IMMUDB_ASSIGN(FileValues values, ParseConfig(program, path, file.text));
  if ((file.strangers_mode & S_IROTH) == 0) return values;
  for (const OptionRow& row : program.options) {
    const auto found = values.find(row.name);
    if (!row.is_secret || found == values.end()) continue;
    if (found->second.text.empty() || found->second.text == row.default_value) continue;
    return Fail(Code::kDenied,
                "{}:{}: key \"{}\": other users can read this file (chmod o-r, or set the option "
                "by environment)",
                path, found->second.line, row.name);
  }
  return values;
}

Result<std::optional<std::string>> FindConfigFile(const Program& program,
                                                  const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    const std::string stem = Text("{}/{}", folder, program.name);
    if (access((stem + ".toml").c_str(), F_OK) == 0) return std::optional(stem + ".toml");
    for (const std::string_view ending : kOtherFormats) {
      const std::string path = Text("{}.{}", stem, ending);
      if (access(path.c_str(), F_OK) != 0) continue;
      return Fail(Code::kUnsupported, "configuration file {}: only TOML is read", path);
    }
  }
  return std::optional<std::string>();
}

}  // namespace immudb::process
