// The values of a program's options after all sources were read. Highest first: a flag, an
// environment variable (an empty one counts as unset), the configuration file, the default.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/result.h"
#include "process/command_line.h"
#include "process/option.h"

namespace immudb::process {

enum class OptionSource : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };

// The value of an environment variable, or nothing if it is not set. The real one is getenv.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment SystemEnvironment();

// Thread-compatible.
class Options {
 public:
  // Reads every source. The option named "config", if the program has one, names the file;
  // otherwise it is looked for in the home folder, ../src/configs, $GOPATH/src/configs and configs,
  // in this order, and none is needed.
  // Errors: kInvalidArgument, naming flag, variable or file, line and key: a value that is no
  // value of the option, or is reserved; those of ReadConfigFile and FindConfigFile.
  // Source: immudb 0.8.1, which takes an impossible value for false or 0.
  static Result<Options> Read(const Program& program, const CommandLine& line,
                              const Environment& environment);

  // Require: the program has an option `name` of that type.
  const std::string& text(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  OptionSource source(std::string_view name) const;

  // The file that was read; empty: none.
  const std::string& config_file() const { return config_file_; }

  // One line for each option that was set to something without effect.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  struct Value {
    OptionType type = OptionType::kText;
    std::string text;
    bool boolean = false;
    std::int64_t integer = 0;
    OptionSource source = OptionSource::kDefault;
  };

  const Value& Find(std::string_view name) const;
  Status Store(const OptionRow& row, OptionSource source, const std::string& origin,
               std::string text);

  std::map<std::string, Value, std::less<>> values_;
  std::string config_file_;
  std::vector<std::string> notes_;
};

}  // namespace immudb::process
