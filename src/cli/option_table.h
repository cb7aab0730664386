// Every option of immuclient.

#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "immudb/result.h"
#include "process/option.h"

namespace immudb::cli {

// Source: names, variables and defaults are those of immudb 0.8.1 where it has the option.
std::span<const process::OptionRow> ClientOptionRows();

// Reads a time such as 500ms, 10s or 2m. Errors: kInvalidArgument, naming the text.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

}  // namespace immudb::cli
