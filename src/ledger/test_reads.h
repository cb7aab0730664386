// Reading whole answers in tests.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "immudb/cursor.h"

namespace immudb::ledger {

// All items of an answer, read in pieces of `limit`, or its error.
template <typename Item>
Result<std::vector<Item>> ReadAll(Result<std::unique_ptr<Cursor<Item>>> cursor,
                                  const ReadLimit& limit = {.rows = 3}) {
  if (!cursor) return std::move(cursor).error();
  std::vector<Item> items;
  for (bool more = true; more;) {
    const std::size_t before = items.size();
    Result<bool> read = (*cursor)->Read(limit, items);
    if (!read) return std::move(read).error();
    more = *read;
    EXPECT_LE(items.size() - before, limit.rows);
  }
  return items;
}

// The one item of a count.
inline Result<std::uint64_t> ReadCount(Result<std::unique_ptr<Cursor<std::uint64_t>>> cursor,
                                       const ReadLimit& limit = {.rows = 3}) {
  Result<std::vector<std::uint64_t>> items = ReadAll(std::move(cursor), limit);
  if (!items) return std::move(items).error();
  EXPECT_EQ(items->size(), 1u);
  return items->at(0);
}

}  // namespace immudb::ledger
