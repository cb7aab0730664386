// The messages of one Dump: every entry of a database in the order of the indexes, each with its
// leaf, then the nodes of the tree above, then a record of the tree's size. As records of the
// storage engine of 0.8.1, which its tools keep in files:
//
//   entry       key: its key                             value: index + 1 (8 bytes), its value
//   leaf, node  key: 0x00, layer, index (8 bytes)        value: hash; of a leaf, then its entry's
//   key size        key: IMMUDB.METADATA.LAST_FLUSHED_LEAF   value: size (8 bytes)
//
// A message is made when the transport asks for it, on the pool for long reads, and belongs to the
// budget of unfinished replies until the transport takes it. Between messages the dump holds no
// memory and pins nothing: a client that stops reading costs nothing.

#pragma once

#include <functional>
#include <memory>

#include "api/environment.h"
#include "catalog/database_table.h"
#include "rpc/call.h"

namespace immudb::api {

// `environment` must outlive it, and the pool's tasks.
class DumpStream : public rpc::MessageStream {
 public:
  DumpStream(Environment& environment, catalog::LedgerHandle ledger);
  ~DumpStream() override;
  DumpStream(const DumpStream&) = delete;
  DumpStream& operator=(const DumpStream&) = delete;

  Next Pull(const std::function<void()>& wake) override;

 private:
  class Maker;
  const std::shared_ptr<Maker> maker_;  // Shared with the task that makes a message.
};

}  // namespace immudb::api
