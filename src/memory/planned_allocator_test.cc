// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/planned_allocator.h"

#include <algorithm>
#include <array>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/memory/host_region.h"

namespace aegis::memory {
namespace {

using testing::HasSubstr;
using Kind = AllocationStep::Kind;

// a = 512 bytes, b = 64, then a goes, c = 256 comes: c takes a's place.
AllocationLog example() {
  return {{{Kind::kAllocate, 0, 512},
           {Kind::kAllocate, 1, 64},
           {Kind::kRelease, 0, 512},
           {Kind::kAllocate, 2, 256},
           {Kind::kRelease, 1, 64},
           {Kind::kRelease, 2, 256}}};
}

class PlannedAllocatorOfTheExample : public testing::Test {
 protected:
  void SetUp() override {
    allocator_.place(arena_.bytes());
    allocator_.begin();
  }
  // The planned run; deviations are up to the test.
  void run() {
    std::byte* a = allocator_.allocate(512);
    std::byte* b = allocator_.allocate(64);
    allocator_.release(a);
    std::byte* c = allocator_.allocate(256);
    EXPECT_EQ(c, a);
    allocator_.release(b);
    allocator_.release(c);
  }
  PlannedAllocator allocator_ = PlannedAllocator::plan(example()).value();
  HostRegion arena_ = HostRegion::create(allocator_.needed_bytes()).value();
};

TEST_F(PlannedAllocatorOfTheExample, serves_run_after_run_from_the_arena) {
  EXPECT_EQ(allocator_.needed_bytes(), 576U);
  EXPECT_EQ(allocator_.peak_bytes(), 576U);
  EXPECT_EQ(allocator_.buffer_count(), 3U);
  for (int i = 0; i < 3; ++i) {
    allocator_.begin();
    run();
    EXPECT_TRUE(allocator_.end(true));
  }
  EXPECT_EQ(allocator_.unplanned_allocations(), 0U);
}

TEST_F(PlannedAllocatorOfTheExample, another_size_is_a_deviation_and_gets_nothing) {
  EXPECT_NE(allocator_.allocate(512), nullptr);
  EXPECT_EQ(allocator_.allocate(65), nullptr);
  EXPECT_EQ(allocator_.allocate(64), nullptr) << "once astray, no address is safe";
  const Status ended = allocator_.end(true);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kDeviation);
  EXPECT_EQ(ended.error().category, ErrorCategory::kPermanent);
  EXPECT_EQ(ended.error().detail_view(),
            "request 1 of 6: allocates 65 bytes, planned: allocate 64 bytes");
  EXPECT_EQ(allocator_.unplanned_allocations(), 2U);
}

TEST_F(PlannedAllocatorOfTheExample, releasing_late_gives_out_no_shared_byte) {
  std::byte* a = allocator_.allocate(512);
  std::byte* b = allocator_.allocate(64);
  EXPECT_TRUE(allocator_.release(b)) << "the plan has a first";
  EXPECT_EQ(allocator_.allocate(256), nullptr) << "its place is a's, and a is alive";
  EXPECT_TRUE(allocator_.release(a));
  EXPECT_FALSE(allocator_.end(true));
  EXPECT_FALSE(allocator_.end(false)) << "it asked for memory after all";
}

TEST_F(PlannedAllocatorOfTheExample, a_run_that_stops_early_may_release_in_any_order) {
  std::byte* a = allocator_.allocate(512);
  std::byte* b = allocator_.allocate(64);
  EXPECT_TRUE(allocator_.release(b));
  EXPECT_TRUE(allocator_.release(a));
  EXPECT_TRUE(allocator_.end(false)) << "cancelled";
  EXPECT_FALSE(allocator_.end(true)) << "but a completed run does everything";
  allocator_.begin();
  run();
  EXPECT_TRUE(allocator_.end(true)) << "the next run is unharmed";
}

TEST_F(PlannedAllocatorOfTheExample, more_and_fewer_requests_are_deviations) {
  run();
  EXPECT_EQ(allocator_.allocate(8), nullptr);
  EXPECT_THAT(allocator_.end(true).error().message(),
              HasSubstr("request 6 of 6: allocates 8 bytes, planned: nothing more"));
  allocator_.begin();
  EXPECT_THAT(allocator_.end(true).error().message(), HasSubstr("request 0 of 6: ends"));
}

TEST_F(PlannedAllocatorOfTheExample, knows_its_own_addresses) {
  std::array<std::byte, 64> elsewhere{};
  EXPECT_FALSE(allocator_.release(elsewhere.data()));
  EXPECT_FALSE(allocator_.release(nullptr));
  EXPECT_FALSE(allocator_.release(arena_.bytes().data() + allocator_.needed_bytes()));
  run();
  EXPECT_TRUE(allocator_.end(true)) << "foreign memory is not its business";
}

TEST(PlannedAllocator, without_an_arena_serves_nothing) {
  PlannedAllocator allocator = PlannedAllocator::plan(example()).value();
  allocator.begin();
  EXPECT_EQ(allocator.allocate(512), nullptr);
  EXPECT_FALSE(allocator.end(true));
}

TEST(PlannedAllocator, buffers_of_no_bytes_have_addresses_of_their_own) {
  PlannedAllocator allocator = PlannedAllocator::plan({{{Kind::kAllocate, 0, 0},
                                                        {Kind::kAllocate, 1, 64},
                                                        {Kind::kRelease, 1, 64},
                                                        {Kind::kAllocate, 2, 64},
                                                        {Kind::kRelease, 0, 0},
                                                        {Kind::kRelease, 2, 64}}})
                                   .value();
  const HostRegion arena = HostRegion::create(allocator.needed_bytes()).value();
  allocator.place(arena.bytes());
  allocator.begin();
  std::byte* nothing = allocator.allocate(0);
  std::byte* some = allocator.allocate(64);
  EXPECT_NE(nothing, some);
  EXPECT_TRUE(allocator.release(nothing)) << "an address of the arena";
  EXPECT_EQ(allocator.allocate(64), nullptr) << "and not the one that was to be released";
  allocator.release(some);
  EXPECT_FALSE(allocator.end(true));
}

TEST(PlannedAllocator, the_largest_scratch_is_known) {
  const PlannedAllocator allocator = PlannedAllocator::plan({{{Kind::kAllocate, 0, 512},
                                                              {Kind::kAllocate, 1, 100},
                                                              {Kind::kRelease, 1, 100},
                                                              {Kind::kAllocate, 2, 64},
                                                              {Kind::kRelease, 0, 512},
                                                              {Kind::kRelease, 2, 64}}})
                                         .value();
  EXPECT_EQ(allocator.scratch_bytes(), 128U);
}

// Random runs: what is alive never overlaps and keeps what was written to it, in every run.
TEST(PlannedAllocator, random_logs_never_share_a_byte) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 100; ++round) {
    AllocationLog log;
    std::vector<std::pair<std::uint32_t, std::size_t>> alive;
    std::uint32_t buffers = 0;
    for (int step = 0; step < 60 || !alive.empty(); ++step) {
      if (step < 60 && (alive.empty() || random() % 2 == 0)) {
        alive.emplace_back(buffers, random() % 4 == 0 ? 0 : random() % 500);
        log.steps.push_back({Kind::kAllocate, buffers++, alive.back().second});
      } else {
        const auto at = alive.begin() + static_cast<std::ptrdiff_t>(random() % alive.size());
        log.steps.push_back({Kind::kRelease, at->first, at->second});
        alive.erase(at);
      }
    }
    PlannedAllocator allocator = PlannedAllocator::plan(log).value();
    const HostRegion arena = HostRegion::create(allocator.needed_bytes()).value();
    allocator.place(arena.bytes());
    for (int run = 0; run < 2; ++run) {
      allocator.begin();
      std::vector<std::byte*> place(buffers);
      for (const AllocationStep& step : log.steps) {
        const auto mark = static_cast<std::byte>(step.buffer);
        if (step.kind == Kind::kAllocate) {
          place[step.buffer] = allocator.allocate(step.bytes);
          ASSERT_NE(place[step.buffer], nullptr);
          std::fill_n(place[step.buffer], step.bytes, mark);
        } else {
          std::byte* begin = place[step.buffer];
          ASSERT_TRUE(
              std::all_of(begin, begin + step.bytes, [mark](std::byte b) { return b == mark; }));
          ASSERT_TRUE(allocator.release(begin));
        }
      }
      ASSERT_TRUE(allocator.end(true));
    }
  }
}

}  // namespace
}  // namespace aegis::memory
