#include "process/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace immudb::process {
namespace {

// Formats that immudb 0.8.1 reads, beside TOML.
constexpr std::array<std::string_view, 7> kOtherFormats = {"json", "yaml", "yml", "properties",
                                                           "hcl",  "env",  "ini"};
constexpr std::size_t kFileBytesMax = 1 << 20;  // Far above any real one; bounds the parser.

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

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Error OsError(const std::string& path, int error) {
  const Code code = error == ENOENT                     ? Code::kNotFound
                    : error == EACCES || error == EPERM ? Code::kDenied
                                                        : Code::kIo;
  return Fail(code, "configuration file {}: {}", path, std::strerror(error));
}

struct FileContent {
  std::string text;
  bool is_private = false;  // Nobody outside this process's user and group can read it.
};

Result<FileContent> ReadWhole(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.number() < 0 || fstat(file.number(), &status) != 0) return OsError(path, errno);
  if (S_ISDIR(status.st_mode)) return OsError(path, EISDIR);
  FileContent content;
  const bool group_is_ours = status.st_gid == getegid();
  content.is_private =
      (status.st_mode & S_IROTH) == 0 && ((status.st_mode & S_IRGRP) == 0 || group_is_ours);
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = read(file.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return OsError(path, errno);
    if (got == 0) return content;
    content.text.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.text.size() > kFileBytesMax) {
      return Fail(Code::kLimitExceeded, "configuration file {}: longer than {} bytes", path,
                  kFileBytesMax);
    }
  }
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
  IMMUDB_ASSIGN(const FileContent content, ReadWhole(path));
  IMMUDB_ASSIGN(FileValues values, ParseConfig(program, path, content.text));
  if (content.is_private) return values;
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
