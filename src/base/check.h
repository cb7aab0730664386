// Assertions: statements about our own code that can only be false if the code is wrong.

#pragma once

namespace immudb::internal {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace immudb::internal

// Always on, in every build. A database that continues after a broken invariant writes garbage
// into an immutable log; stopping is the cheaper failure.
#define IMMUDB_CHECK(condition)       \
  ((condition) ? static_cast<void>(0) \
               : ::immudb::internal::CheckFailed(#condition, __FILE__, __LINE__))

// Like IMMUDB_CHECK, for conditions too costly for a release build, such as re-hashing a tree.
// Its own switch, not NDEBUG: an optimised test build must still be able to check.
#ifdef IMMUDB_DCHECKS
#define IMMUDB_DCHECK(condition) IMMUDB_CHECK(condition)
#else
#define IMMUDB_DCHECK(condition) static_cast<void>(sizeof(static_cast<bool>(condition)))
#endif
