// What the server tells people when it starts.

#pragma once

#include <string>

#include "server/settings.h"

namespace immudb::server {

// The settings that hold, line by line. Source: the form is that of immudb 0.8.1, without the
// settings that this release does not have.
std::string ConfigText(const Settings& settings);

// The line that says that calls are answered from now on, the same as that of immudb 0.8.1:
// scripts wait for it.
std::string ReadyText();

}  // namespace immudb::server
