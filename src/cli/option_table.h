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

// How to reach the server. Errors: those of process::ParseDuration.
Result<ClientOptions> ConnectionOf(const process::Options& options);

}  // namespace immudb::cli
