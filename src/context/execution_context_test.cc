// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/execution_context.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/context/mock_backend.h"

namespace aegis::context {
namespace {

using namespace time_literals;

static_assert(!std::is_copy_constructible_v<ExecutionContext> &&
                  !std::is_move_constructible_v<ExecutionContext>,
              "exactly one context per model");

class ExecutionContextOfA : public ::testing::Test {
 protected:
  ManualClock clock_;
  MockBackend backend_ = MockBackend::advancing(clock_);
  memory::LaneArena arena_ = memory::LaneArena::reserve().value();

  std::unique_ptr<ExecutionContext> make(MockScript script) {
    backend_.script("A", std::move(script));
    auto context = ExecutionContext::create(ContextId{1}, backend_, {.name = "A"}, arena_);
    check(context.has_value(), "the mock loads");
    return std::move(*context);
  }
};

TEST_F(ExecutionContextOfA, runs_its_model_on_its_own_tensors) {
  const auto context = make({.segments = {MockSegment::exactly(20_ms)}});
  EXPECT_EQ(context->id(), ContextId{1});
  EXPECT_EQ(context->model().name, "A");
  context->fill_inputs(1);
  const auto run = [&] {
    EXPECT_TRUE(context->start_segment(0));
    EXPECT_EQ(context->poll().value(), Progress::kDone);
    const std::span<const std::byte> output = context->output(0);
    return std::vector<std::byte>(output.begin(), output.end());
  };
  const std::vector<std::byte> first = run();
  EXPECT_EQ(clock_.now().ns(), (20_ms).ns());
  EXPECT_EQ(run(), first);
  context->fill_inputs(2);
  EXPECT_NE(run(), first);
}

TEST_F(ExecutionContextOfA, a_transient_error_leaves_it_open) {
  const auto context = make({.faults = {{.what = MockFault::What::kTransient, .job = 0}}});
  ASSERT_TRUE(context->start_segment(0));
  EXPECT_EQ(context->poll().error().category, ErrorCategory::kTransient);
  EXPECT_TRUE(context->start_segment(0));
  EXPECT_EQ(context->poll().value(), Progress::kDone);
  EXPECT_EQ(context->faults().transient_errors(), 1U);
}

TEST_F(ExecutionContextOfA, a_permanent_error_closes_it_and_no_other) {
  using What = MockFault::What;
  using Where = MockFault::Where;
  const auto healthy = make({});
  for (const What what : {What::kPermanent, What::kFatal, What::kWrongOutput}) {
    const auto context = make({.faults = {{.what = what, .where = Where::kPoll}}});
    ASSERT_TRUE(context->start_segment(0));
    const Result<Progress> end = context->poll();
    ASSERT_FALSE(end);
    EXPECT_EQ(context->faults().first_error()->code, end.error().code);
    EXPECT_EQ(context->start_segment(0).error().code, ErrorCode::kFailedPrecondition);
    EXPECT_TRUE(healthy->start_segment(0));
    EXPECT_TRUE(healthy->poll());
  }
  const auto refusing = make({.faults = {{.what = What::kFatal, .where = Where::kStart}}});
  EXPECT_EQ(refusing->start_segment(0).error().category, ErrorCategory::kFatal);
  EXPECT_TRUE(refusing->faults().closed());
}

TEST_F(ExecutionContextOfA, refuses_more_than_its_budget_model_and_tensors_together) {
  backend_.script(
      "A", {.memory_bytes = 1000, .activation_bytes = 500, .input_bytes = 64, .output_bytes = 65});
  LoadRequest request{.name = "A", .budget = {.memory_bytes = 1692}};
  const auto fits = ExecutionContext::create(ContextId{1}, backend_, request, arena_);
  ASSERT_TRUE(fits);
  // Tensors are padded to 64: 64 + 128.
  EXPECT_EQ((*fits)->memory(),
            (memory::MemoryAccount{.weights = 1000, .activations = 500, .io = 192}));
  EXPECT_EQ((*fits)->memory().total(), 1692U);
  EXPECT_EQ((*fits)->budget().memory_bytes, 1692U);
  request.budget.memory_bytes = 1691;
  const auto refused = ExecutionContext::create(ContextId{1}, backend_, request, arena_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(refused.error().detail_view(), "A: needs 1692 bytes, budget.memory allows 1691");
}

TEST_F(ExecutionContextOfA, shares_the_lanes_arena_as_long_as_it_lives) {
  auto small = make({.activation_bytes = 5'000});
  const std::size_t alone = arena_.size_bytes();
  auto large = make({.activation_bytes = 50'000});
  EXPECT_GE(arena_.size_bytes(), 50'000U);
  EXPECT_LT(arena_.size_bytes(), 55'000U) << "the larger of the two, not their sum";
  large.reset();
  EXPECT_EQ(arena_.size_bytes(), alone);
}

TEST_F(ExecutionContextOfA, passes_on_why_a_model_does_not_load) {
  backend_.script(
      "A", {.faults = {{.what = MockFault::What::kPermanent, .where = MockFault::Where::kLoad}}});
  const auto context = ExecutionContext::create(ContextId{1}, backend_, {.name = "A"}, arena_);
  EXPECT_EQ(context.error().message(), "scripted error at load");
}

}  // namespace
}  // namespace aegis::context
