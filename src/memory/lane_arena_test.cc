// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/lane_arena.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

namespace aegis::memory {
namespace {

TEST(LaneArena, is_as_large_as_its_largest_share) {
  LaneArena arena = LaneArena::reserve().value();
  EXPECT_EQ(arena.size_bytes(), 0U);
  const ArenaShare small = arena.share(4096).value();
  EXPECT_EQ(arena.size_bytes(), 4096U);
  {
    const ArenaShare large = arena.share(5 * 4096).value();
    EXPECT_EQ(arena.size_bytes(), 5U * 4096);
    EXPECT_EQ(large.bytes().data(), small.bytes().data()) << "the same bytes";
    EXPECT_EQ(large.bytes().size(), 5U * 4096);
  }
  EXPECT_EQ(arena.size_bytes(), 4096U) << "the largest has left";
}

TEST(LaneArena, grows_and_shrinks_without_touching_what_others_hold) {
  LaneArena arena = LaneArena::reserve().value();
  const ArenaShare small = arena.share(4096).value();
  std::ranges::fill(small.bytes(), std::byte{7});
  for (int round = 0; round < 3; ++round) {
    const ArenaShare large = arena.share(std::size_t{1} << 20).value();
    EXPECT_EQ(large.bytes().back(), std::byte{0}) << "new pages are zeroed in round " << round;
    std::ranges::fill(large.bytes().subspan(4096), std::byte{9});
  }
  EXPECT_TRUE(std::ranges::all_of(small.bytes(), [](std::byte b) { return b == std::byte{7}; }));
}

TEST(LaneArena, a_share_that_moves_is_given_back_once) {
  LaneArena arena = LaneArena::reserve().value();
  ArenaShare first = arena.share(4096).value();
  ArenaShare second = std::move(first);
  EXPECT_EQ(arena.size_bytes(), 4096U);
  second = ArenaShare();
  EXPECT_EQ(arena.size_bytes(), 0U);
}

TEST(LaneArena, more_than_reserved_is_refused_and_changes_nothing) {
  LaneArena arena = LaneArena::reserve(8192).value();
  const ArenaShare held = arena.share(4096).value();
  const auto refused = arena.share(8193);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "activations need more than a lane's arena can hold: 8193 of 8192 bytes");
  EXPECT_EQ(arena.size_bytes(), 4096U);
}

TEST(LaneArena, nothing_is_a_share_too) {
  LaneArena arena = LaneArena::reserve().value();
  EXPECT_TRUE(arena.share(0).value().bytes().empty());
}

TEST(LaneArena, poison_is_no_number) {
  LaneArena arena = LaneArena::reserve().value();
  const ArenaShare share = arena.share(4096).value();
  arena.poison();
  float value = 0;
  std::memcpy(&value, share.bytes().data() + 400, sizeof(value));
  EXPECT_TRUE(std::isnan(value));
}

}  // namespace
}  // namespace aegis::memory
