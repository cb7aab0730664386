// What a program's options look like, as data: one row per option. The command line, the
// environment, the configuration file, the help text and the checks of values all come from these
// rows, so that they cannot disagree.

#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace immudb::process {

enum class OptionType : std::uint8_t { kText, kBool, kInteger };

enum class OptionUse : std::uint8_t {
  kRead,      // This release does what the value says.
  kReserved,  // Known from immudb 0.8.1 and not served yet: any value but the default is refused.
  kNoEffect,  // Known from immudb 0.8.1; every value is accepted, none changes anything.
};

// Where an option may be set, other than by environment variables, which the row names.
enum class OptionPlaces : std::uint8_t { kFlagAndFile, kFlag, kFile, kNone };

struct OptionRow {
  std::string_view name;  // The long flag and, in any case of letters, the key in files.
  char short_name = '\0';
  std::vector<std::string_view> environment = {};  // The first that is set and not empty counts.
  OptionType type = OptionType::kText;
  std::string_view default_value = {};  // As it would stand in the environment.
  std::string_view help = {};           // kReserved, kNoEffect: also why.
  OptionUse use = OptionUse::kRead;
  OptionPlaces places = OptionPlaces::kFlagAndFile;
  std::string_view command = {};                                    // That it is for; empty: all.
  bool is_secret = false;                                           // Never shown, wiped from argv.
  std::int64_t minimum = std::numeric_limits<std::int64_t>::min();  // Of kInteger; inclusive.
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string_view> choices = {};  // Of kText, in lower case; empty: any text.

  bool has_flag() const {
    return places == OptionPlaces::kFlagAndFile || places == OptionPlaces::kFlag;
  }
  bool has_key() const {
    return places == OptionPlaces::kFlagAndFile || places == OptionPlaces::kFile;
  }
};

struct CommandRow {
  std::string_view name;
  std::string_view help;
};

// All that a program accepts. The rows must outlive it and what was read with them.
struct Program {
  std::string_view name;
  std::string_view summary;  // What it is: the first lines of the help text.
  std::span<const OptionRow> options;
  std::span<const CommandRow> commands;
};

}  // namespace immudb::process
