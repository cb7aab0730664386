// What entries hash to, many at once. The digest itself is in immudb/verify.h.

#pragma once

#include <span>

#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/tree.h"
#include "immudb/verify.h"

namespace immudb::proof {

using immudb::EntryDigest;

struct EntryView {
  BytesView key;
  BytesView value;
};

// Puts the digests of `entries`, the first of which has the index `first`, into `digests`. Hashes
// two entries at a time, large values where they lie.
// Requires: as many digests as entries.
void EntryDigests(LeafIndex first, std::span<const EntryView> entries, std::span<Digest> digests);

}  // namespace immudb::proof
