// Reading a whole log without changing a byte of it: for whoever wants to know whether it is whole.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "immudb/result.h"
#include "immudb/tree.h"
#include "io/file_system.h"
#include "log/log.h"
#include "log/record.h"

namespace immudb::log {

struct InspectOptions {
  // Everything below was synced, as the caller knows. Not seeing it is damage.
  LogPosition known_durable_end{};
  // With it, the log may be appended to meanwhile: reading stops where this entry begins, and every
  // entry before it must be there. Without it, the log ends as a recovery would find it.
  std::optional<LeafIndex> until{};
};

struct Inspected {
  LeafIndex next;              // Index of the entry behind the last one that was shown.
  LogPosition end;             // Where its record begins.
  bool has_torn_tail = false;  // Behind the end lies what a recovery would cut off.
  std::optional<Damage> damage;
};

// Whether every record before, and the one that is shown, is intact.
enum class Standing : std::uint8_t { kIntact, kAfterDamage };

// As RecordVisitor. After damage the values of the entries, and they alone, are not verified.
using InspectVisitor = std::function<Status(LogPosition position, const RecordHeader& header,
                                            BytesView body, Standing standing)>;

// Shows `visit` every record, seals too, in order, as Log::Open does from the beginning of the log.
// Errors: kNotFound (no such directory); kCorrupted (no segment can be read); kUnsupported (a newer
// format); kIo; that of `visit`.
Result<Inspected> InspectLog(io::FileSystem& files, const std::string& directory,
                             const LedgerId& id, const InspectOptions& options,
                             const InspectVisitor& visit);

}  // namespace immudb::log
