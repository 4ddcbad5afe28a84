// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "aegis/context/context_driver.h"
#include "aegis/context/mock_backend.h"

#include "testing/allocation_counter.h"

namespace aegis::context {
namespace {

using namespace time_literals;

TEST(AllocationCounter, sees_what_our_code_allocates) {
  const AllocationCounter counter;
  auto kept = std::make_unique<int>(1);
  EXPECT_EQ(counter.count(), 1U);
  kept.reset();
}

// The lane's whole path through driver, context, fault boundary and backend; every tenth job fails.
TEST(ContextDriver, runs_a_thousand_jobs_without_an_allocation) {
  ManualClock clock;
  MockBackend backend = MockBackend::advancing(clock);
  backend.script("c", {.segments = {MockSegment::exactly(15_ms), MockSegment::exactly(15_ms)},
                       .faults = {{MockFault::What::kTransient, MockFault::Where::kPoll, 1, 10}}});
  memory::LaneArena arena = memory::LaneArena::reserve().value();
  auto context = ExecutionContext::create(ContextId{0}, backend, {.name = "c"}, arena);
  ASSERT_TRUE(context);
  ContextDriver driver(8);
  ASSERT_TRUE(driver.add(TaskId{2}, **context));

  const AllocationCounter counter;
  int failed = 0;
  for (std::uint64_t job = 0; job < 1000; ++job) {
    for (std::uint32_t segment = 0; segment < 2; ++segment) {
      const Status started = driver.start_segment({TaskId{2}, job}, segment, 0);
      if (!started || !driver.poll()) ++failed;
    }
    driver.cancel();
    if (driver.start_segment({TaskId{7}, job}, 0, 0))
      ++failed;  // unknown: refused, and that too allocates nothing
  }
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(failed, 1);
}

}  // namespace
}  // namespace aegis::context
