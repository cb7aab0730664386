// The handlers of immudb.admin.v1, as those of handlers.h. All of them are for the superadmin, run
// on the pool for reads and may wait for a disk.

#pragma once

#include "api/context.h"

namespace google::protobuf {
class Empty;
}  // namespace google::protobuf

namespace immudb::admin::v1 {
class AuditRange;
class SnapshotRequest;
}  // namespace immudb::admin::v1

namespace immudb::api {

void Databases(const Context& context, google::protobuf::Empty& request);
void ReadAuditTrail(const Context& context, admin::v1::AuditRange& request);
void TakeSnapshot(const Context& context, admin::v1::SnapshotRequest& request);

}  // namespace immudb::api
