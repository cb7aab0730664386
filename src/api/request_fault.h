// Why a request does not parse. Generated code only says that it does not; clients of immudb 0.8.1
// see a text.

#pragma once

#include <optional>
#include <string>

#include "immudb/bytes.h"

namespace google::protobuf {
class Descriptor;
}  // namespace google::protobuf

namespace immudb::api {

// Returns the text of the first fault of `request` as a message of type `type`, or nothing if it is
// well formed. Allocates nothing that grows with the request: it also judges callers who may not
// make the call, for they are told of faults first.
std::optional<std::string> FindRequestFault(const google::protobuf::Descriptor& type,
                                            BytesView request);

}  // namespace immudb::api
