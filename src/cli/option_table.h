// Every option of the tools, and what those that both have mean.

#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "immudb/client_options.h"
#include "immudb/result.h"
#include "process/option.h"
#include "process/options.h"

namespace immudb::cli {

// Source: names, variables and defaults are those of immudb 0.8.1 where it has the option.
std::span<const process::OptionRow> ClientOptionRows();  // Of immuclient.
std::span<const process::OptionRow> AdminOptionRows();   // Of immuadmin.

// How to reach the server. Errors: those of ParseDuration.
Result<ClientOptions> ConnectionOf(const process::Options& options);

// Reads a time such as 500ms, 10s or 2m. Errors: kInvalidArgument, naming the text.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

}  // namespace immudb::cli
