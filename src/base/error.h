// Making and passing on errors. Kept out of immudb/result.h: users of the library get no macros.

#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "immudb/result.h"

namespace immudb {

// Builds an Error: `return Fail(Code::kNotFound, "database {}", name);`
template <typename... Args>
Error Fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return {code, fmt::format(format, std::forward<Args>(args)...)};
}

// Formats text as fmt does; the layers above base see no formatting library.
template <typename... Args>
std::string Text(fmt::format_string<Args...> format, Args&&... args) {
  return fmt::format(format, std::forward<Args>(args)...);
}

}  // namespace immudb

// Returns the error of `expr`, a Status or Result, from the enclosing function.
#define IMMUDB_TRY(expr)                                                             \
  do {                                                                               \
    if (auto immudb_try = (expr); !immudb_try) return std::move(immudb_try).error(); \
  } while (false)

// Declares `decl` with the value of `expr`, or returns its error.
#define IMMUDB_ASSIGN(decl, expr) \
  IMMUDB_ASSIGN_IMPL(decl, expr, IMMUDB_CONCAT(immudb_assign_, __LINE__))
#define IMMUDB_ASSIGN_IMPL(decl, expr, tmp) \
  auto tmp = (expr);                        \
  if (!tmp) return std::move(tmp).error();  \
  decl = *std::move(tmp)
#define IMMUDB_CONCAT(a, b) IMMUDB_CONCAT_IMPL(a, b)
#define IMMUDB_CONCAT_IMPL(a, b) a##b
