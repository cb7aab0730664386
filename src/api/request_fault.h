// Whether a request is well formed, and if not, why. Generated code does not tell why, which
// clients of immudb 0.8.1 see as a text; and it lets some faults pass.

#pragma once

#include <optional>
#include <string>

#include "immudb/bytes.h"

namespace google::protobuf {
class Descriptor;
}  // namespace google::protobuf

namespace immudb::api {

// Returns the text of the first fault of `request` as a message of type `type`, or nothing if it is
// well formed. Allocates nothing that grows with the request, for it also judges those of
// strangers. Cost: some 10 ns a field.
std::optional<std::string> FindRequestFault(const google::protobuf::Descriptor& type,
                                            BytesView request);

}  // namespace immudb::api
