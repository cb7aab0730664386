// What the program tells the service manager that started it.

#pragma once

#include <string_view>

#include "immudb/result.h"

namespace immudb::process {

// Sends `state`, such as "READY=1" or "STOPPING=1", to the socket that `socket` names, a path or,
// after '@', a name that is not in the file system; an empty name: there is no service manager, and
// nothing is done. Thread-safe.
// Errors: kInvalidArgument for a name that no socket can have, kIo.
// Source: sd_notify(3), whose protocol systemd keeps stable; the name is in NOTIFY_SOCKET.
Status NotifyServiceManager(std::string_view socket, std::string_view state);

}  // namespace immudb::process
