#include "options.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <string_view>

#include "base/error.h"

namespace immudb::bench {
namespace {

using Setter = std::function<bool(const std::string&)>;

template <typename Number>
Setter SetNumber(Number& number) {
  return [&number](const std::string& text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number > 0;
  };
}

Setter SetText(std::string& text) {
  return [&text](const std::string& value) {
    text = value;
    return true;
  };
}

bool SetAddress(Options& options, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  options.host = text.substr(0, colon);
  return SetNumber(options.port)(text.substr(colon + 1));
}

}  // namespace

bool Options::is_wanted(const std::string& row) const {
  const auto names = [&row](const std::string& word) {
    return row.find(word) != std::string::npos;
  };
  if (mixed) return names("mixed");
  return words.empty() || std::any_of(words.begin(), words.end(), names);
}

Result<Options> ParseOptions(int argc, char** argv) {
  Options options;
  options.bin_directory = std::filesystem::absolute(argv[0]).parent_path().string();
  const std::map<std::string_view, Setter> setters = {
      {"--dir", SetText(options.directory)},
      {"--json", SetText(options.json_file)},
      {"--bin", SetText(options.bin_directory)},
      {"--entries", SetNumber(options.entries)},
      {"--seconds",
       [&options](const std::string& text) { return SetNumber(options.seconds.emplace())(text); }},
      {"--address", [&options](const std::string& text) { return SetAddress(options, text); }},
      {"--metrics", SetNumber(options.metrics_port)},
      {"--user", SetText(options.user)},
      {"--password", SetText(options.password)}};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--soak" || argument == "--mixed") {
      (argument == "--soak" ? options.soak : options.mixed) = true;
    } else if (const auto setter = setters.find(argument); setter != setters.end()) {
      if (i + 1 == argc || !setter->second(argv[i + 1])) {
        return Fail(Code::kInvalidArgument, "{} needs another value", argument);
      }
      ++i;
    } else if (argument.starts_with("-")) {
      return Fail(Code::kInvalidArgument, "unknown option {}", argument);
    } else {
      options.words.push_back(argument);
    }
  }
  return options;
}

}  // namespace immudb::bench
