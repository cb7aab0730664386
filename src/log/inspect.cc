#include "log/inspect.h"

#include "base/error.h"
#include "log/recovery.h"
#include "log/segment_map.h"

namespace immudb::log {
namespace {

// It is read front to back, and a segment is never needed again.
constexpr std::size_t kOpenFilesMax = 1;

}  // namespace

Result<Inspected> InspectLog(io::FileSystem& files, const std::string& directory,
                             const LedgerId& id, const InspectOptions& options,
                             const InspectVisitor& visit) {
  SegmentMap segments(files, directory, kOpenFilesMax);
  const OpenOptions open_options{.known_durable_end = options.known_durable_end};
  Recovery recovery(files, directory, id, open_options, segments);
  IMMUDB_TRY(recovery.Inspect(
      options.until, [&](LogPosition position, const RecordHeader& header, BytesView body) {
        return visit(position, header, body,
                     recovery.damage() ? Standing::kAfterDamage : Standing::kIntact);
      }));
  return Inspected{.next = recovery.next(),
                   .end = recovery.end(),
                   .has_torn_tail = recovery.has_tail() && !recovery.damage(),
                   .damage = recovery.damage()};
}

}  // namespace immudb::log
