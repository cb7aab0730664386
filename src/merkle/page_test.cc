#include "merkle/page.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

namespace immudb::merkle {
namespace {

// Pages in the order in which appending leaf after leaf completes them.
std::vector<PageId> PagesInOrder(std::uint64_t leaf_count) {
  std::vector<PageId> pages;
  for (std::uint64_t size = 1; size <= leaf_count; size++) {
    std::uint64_t span = kPageLeafCount;
    for (std::uint8_t level = 0; size % span == 0; level++, span *= kPageLeafCount) {
      pages.push_back({level, size / span - 1});
    }
  }
  return pages;
}

TEST(PageTest, PagesLieInTheOrderOfTheirCompletion) {
  const std::vector<PageId> pages = PagesInOrder(300'000);
  for (std::size_t i = 0; i < pages.size(); i++) {
    ASSERT_EQ(PagePosition(pages[i]), i) << int{pages[i].level} << " " << pages[i].number;
  }
}

TEST(PageTest, TheNumberOfCompletePagesFollowsFromTheSize) {
  const std::vector<PageId> pages = PagesInOrder(20'000);
  std::size_t complete = 0;
  for (std::uint64_t size = 0; size <= 20'000; size++) {
    while (complete < pages.size()) {
      const PageId page = pages[complete];
      if ((page.number + 1) << (kPageLevelBits * (page.level + 1)) > size) break;
      complete++;
    }
    ASSERT_EQ(CompletePageCount({size}), complete) << size;
  }
}

TEST(PageTest, EverySlotHoldsOneNodeAndAParentFollowsItsChildren) {
  std::set<std::uint64_t> slots;
  for (std::uint8_t level = 0; level <= kPageLevelBits; level++) {
    for (std::uint64_t i = 0; i < kPageLeafCount >> level; i++) {
      EXPECT_TRUE(slots.insert(SlotOf(level, i)).second);
      if (level == 0) continue;
      const auto below = static_cast<std::uint8_t>(level - 1);
      EXPECT_LT(SlotOf(below, 2 * i + 1), SlotOf(level, i));
    }
  }
  EXPECT_EQ(slots.size(), kPageNodeCount);
  EXPECT_EQ(*slots.rbegin(), kPageRootSlot);
  EXPECT_EQ(SlotOf(kPageLevelBits, 0), kPageRootSlot);
}

TEST(PageTest, ANodeIsReadFromThePageInWhichItHasChildrenBesideIt) {
  EXPECT_EQ(PlaceOf({0, 0}), (NodePlace{{0, 0}, 0}));
  EXPECT_EQ(PlaceOf({0, 64}), (NodePlace{{0, 1}, 0}));
  EXPECT_EQ(PlaceOf({1, 33}), (NodePlace{{0, 1}, 65}));
  EXPECT_EQ(PlaceOf({5, 3}), (NodePlace{{0, 1}, 125}));
  EXPECT_EQ(PlaceOf({6, 64}), (NodePlace{{1, 1}, 0}));  // Not as the root of page 64 of level 0.
  EXPECT_EQ(PlaceOf({63, 0}), (NodePlace{{10, 0}, SlotOf(3, 0)}));
}

// The siblings on the way from a leaf to the root, of a tree of 64^4 leaves.
TEST(PageTest, FourPagesProveOneOfSixteenMillionEntries) {
  std::set<PageId> pages;
  const std::uint64_t leaf = 9'876'543;
  for (std::uint8_t level = 0; level < 24; level++) {
    pages.insert(PlaceOf({level, (leaf >> level) ^ 1}).page);
  }
  EXPECT_EQ(pages.size(), 4u);
}

TEST(PageTest, ThePageBeingFilledHasTheDigitOfTheSizeAsItsLeafCount) {
  const TreeSize size{5 + 64 * (7 + 64 * 9)};
  EXPECT_EQ(OpenPageLeafCount(size, 0), 5u);
  EXPECT_EQ(OpenPageLeafCount(size, 1), 7u);
  EXPECT_EQ(OpenPageLeafCount(size, 2), 9u);
  EXPECT_EQ(OpenPageLeafCount(size, 3), 0u);
  EXPECT_EQ(OpenPageLeafCount({UINT64_MAX}, 10), 15u);
}

TEST(PageTest, TheLastPagesHaveAPosition) {
  EXPECT_EQ(PagePosition({0, (UINT64_MAX / 64) - 1}),
            CompletePageCount({UINT64_MAX / 64 * 64}) - 1);
  EXPECT_EQ(PagePosition({9, 14}), CompletePageCount({15ull << 60}) - 1);
}

TEST(PageDeathTest, PlacesThatDoNotExistAreABug) {
  EXPECT_DEATH((void)SlotOf(7, 0), "check failed");
  EXPECT_DEATH((void)SlotOf(1, 32), "check failed");
  EXPECT_DEATH((void)PlaceOf({64, 0}), "check failed");
  EXPECT_DEATH((void)PagePosition({10, 20}), "check failed");
}

}  // namespace
}  // namespace immudb::merkle
