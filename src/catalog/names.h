// The names of databases: those that every server has, and what others may be called.

#pragma once

#include <string_view>

#include "immudb/result.h"

namespace immudb::catalog {

// What clients work on unless they choose another.
inline constexpr std::string_view kDefaultDatabase = "defaultdb";
// The audit trail. Never listed, never selectable.
inline constexpr std::string_view kSystemDatabase = "systemdb";

inline constexpr std::size_t kDatabaseNameBytesMax = 128;

// Checks that a database may be called `name`: lower-case letters and decimal digits.
// Errors: kInvalidArgument with the text of immudb 0.8.1.
Status CheckDatabaseName(std::string_view name);

}  // namespace immudb::catalog
