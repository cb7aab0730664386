// What is written about a tool for other programs: its manual page, and what shells complete.
// Made from the same rows as its parser and its help.

#pragma once

#include <string>

#include "cli/tool.h"

namespace immudb::cli {

// A page of section 1, for groff's macros of manual pages. Holds no date: the same tool gives the
// same page.
std::string ManPage(const Tool& tool);

std::string BashCompletion(const Tool& tool);
std::string ZshCompletion(const Tool& tool);
std::string FishCompletion(const Tool& tool);

}  // namespace immudb::cli
