// What immuadmin prints: text as users of immudb 0.8.1 know it, or JSON, one object a line.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/printer.h"
#include "immudb/client_types.h"

namespace immudb::cli {

enum class Ink : std::uint8_t { kRed, kGreen, kYellow, kPurple, kWhite };
// `text` in a colour, if the style has any.
std::string Painted(Ink ink, std::string_view text, const Style& style);

// A sentence that 0.8.1 prints without an end of line: it gets one on a terminal only, so that
// scripts see what they know. As JSON: an object with the one field `name`.
std::string BareFactText(std::string_view name, std::string_view fact, const Style& style);

std::string LoginText(const LoginReply& reply, const Style& style);
std::string UsersText(const std::vector<User>& users, const Style& style);
// `current` is the session's database; empty: none.
std::string DatabasesText(const std::vector<std::string>& names, std::string_view current,
                          const Style& style);
std::string TreeText(const std::vector<TreeLayer>& layers, const Style& style);

}  // namespace immudb::cli
