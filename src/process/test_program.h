// A small program with an option of each sort, for tests.

#pragma once

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/options.h"

namespace immudb::process {

inline const Program& TestProgram() {
  static const std::vector<OptionRow> options = {
      {.name = "config", .help = "file to read", .places = OptionPlaces::kFlag},
      {.name = "dir", .environment = {"T_DIR"}, .default_value = "./data", .help = "data folder"},
      {.name = "port",
       .short_name = 'p',
       .environment = {"T_PORT"},
       .type = OptionType::kInteger,
       .default_value = "3322",
       .help = "port to listen on",
       .minimum = 0,
       .maximum = 65535},
      {.name = "auth",
       .short_name = 's',
       .environment = {"T_AUTH"},
       .type = OptionType::kBool,
       .default_value = "true",
       .help = "ask who calls"},
      {.name = "signingKey",
       .environment = {"T_SIGNINGKEY", "T_SIGNING_KEY"},
       .help = "key to sign with"},
      {.name = "admin-password",
       .environment = {"T_ADMIN_PASSWORD"},
       .default_value = "immudb",
       .help = "first password",
       .is_secret = true},
      {.name = "durability",
       .environment = {"T_DURABILITY"},
       .default_value = "durable",
       .help = "what an answer promises",
       .choices = {"durable", "written"}},
      {.name = "mtls",
       .short_name = 'm',
       .environment = {"T_MTLS"},
       .type = OptionType::kBool,
       .default_value = "false",
       .help = "clients show certificates",
       .use = OptionUse::kReserved},
      {.name = "network",
       .default_value = "tcp",
       .help = "there is only tcp",
       .use = OptionUse::kNoEffect,
       .places = OptionPlaces::kFile},
      {.name = "log-level",
       .environment = {"LOG_LEVEL"},
       .default_value = "info",
       .help = "lowest level logged",
       .places = OptionPlaces::kNone},
  };
  static const std::vector<CommandRow> commands = {{"version", "tell the version"},
                                                   {"help", "tell the usage"}};
  static const Program program = {"prog", "prog does things", options, commands};
  return program;
}

// Words of a command line in memory that may be written to, as argv is.
class Words {
 public:
  Words(std::initializer_list<std::string> words) : words_(words) {
    for (std::string& word : words_) pointers_.push_back(word.data());
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  ~Words() = default;
  std::span<char* const> span() const { return pointers_; }
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

// A fresh folder of its own, removed at the end.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "process_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }
  std::string Write(std::string_view name, std::string_view content) const {
    std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << content;
    return path;
  }
  std::string Read(std::string_view name) const {
    std::ifstream file(*this / name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  std::string path_;
};

inline Environment FakeEnvironment(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace immudb::process
