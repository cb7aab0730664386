// The names of the databases that every server has.

#pragma once

#include <string_view>

namespace immudb::catalog {

// What clients work on unless they choose another.
inline constexpr std::string_view kDefaultDatabase = "defaultdb";
// The audit trail. Never listed, never selectable.
inline constexpr std::string_view kSystemDatabase = "systemdb";

}  // namespace immudb::catalog
