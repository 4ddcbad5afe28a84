// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/context_driver.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/context/mock_backend.h"

namespace aegis::context {
namespace {

using namespace time_literals;
using executor::SegmentState;

class Contexts : public ::testing::Test {
 protected:
  ManualClock clock_;
  MockBackend backend_ = MockBackend::advancing(clock_);
  memory::LaneArena arena_ = memory::LaneArena::reserve().value();
  std::uint32_t next_ = 0;

  std::unique_ptr<ExecutionContext> make(MockScript script = {}) {
    backend_.script("model", std::move(script));
    auto context =
        ExecutionContext::create(ContextId{next_++}, backend_, {.name = "model"}, arena_);
    check(context.has_value(), "the mock loads");
    return std::move(*context);
  }
};
using ContextDriverTable = Contexts;
using ContextDriverPath = Contexts;

TEST_F(ContextDriverTable, runs_the_context_of_the_task) {
  const auto a = make({.segments = {MockSegment::exactly(20_ms)}});
  const auto b = make({.segments = {MockSegment::exactly(15_ms)}});
  ContextDriver driver(4);
  ASSERT_TRUE(driver.add(TaskId{0}, *a));
  ASSERT_TRUE(driver.add(TaskId{1}, *b));
  ASSERT_TRUE(driver.start_segment({TaskId{1}, 0}, 0, 0));
  EXPECT_EQ(driver.poll().value(), SegmentState::kDone);
  EXPECT_EQ(clock_.now().ns(), (15_ms).ns());
  ASSERT_TRUE(driver.start_segment({TaskId{0}, 0}, 0, 0));
  EXPECT_EQ(driver.poll().value(), SegmentState::kDone);
  EXPECT_EQ(clock_.now().ns(), (35_ms).ns());
}

TEST_F(ContextDriverPath, a_hang_closes_its_context_and_no_other) {
  const auto a = make();
  const auto b = make();
  ContextDriver driver(4);
  ASSERT_TRUE(driver.add(TaskId{0}, *a));
  ASSERT_TRUE(driver.add(TaskId{1}, *b));
  driver.hung(TaskId{0});
  driver.hung(TaskId{7});
  EXPECT_EQ(a->faults().first_error()->code, ErrorCode::kTimeout);
  EXPECT_FALSE(b->faults().closed());
  EXPECT_FALSE(driver.start_segment({TaskId{0}, 1}, 0, 0));
  EXPECT_TRUE(driver.start_segment({TaskId{1}, 0}, 0, 0));
}

TEST_F(ContextDriverTable, refuses_a_second_context_for_a_task_and_a_second_task_for_a_context) {
  const auto a = make();
  const auto b = make();
  ContextDriver driver(4);
  ASSERT_TRUE(driver.add(TaskId{0}, *a));
  EXPECT_EQ(driver.add(TaskId{0}, *b).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(driver.add(TaskId{1}, *a).error().code, ErrorCode::kAlreadyExists);
}

TEST_F(ContextDriverTable, is_full_at_its_capacity_and_has_room_after_a_removal) {
  const auto a = make();
  const auto b = make();
  const auto c = make();
  ContextDriver driver(2);
  ASSERT_TRUE(driver.add(TaskId{10}, *a));
  ASSERT_TRUE(driver.add(TaskId{12}, *b));  // the same first probe
  EXPECT_EQ(driver.add(TaskId{14}, *c).error().code, ErrorCode::kResourceExhausted);
  ASSERT_TRUE(driver.remove(TaskId{10}));
  EXPECT_EQ(driver.remove(TaskId{10}).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(driver.start_segment({TaskId{12}, 0}, 0, 0));  // found past the hole
  EXPECT_TRUE(driver.poll());
  ASSERT_TRUE(driver.add(TaskId{14}, *c));
}

TEST_F(ContextDriverTable, task_numbers_may_grow_for_ever) {
  const auto a = make();
  const auto b = make();
  ContextDriver driver(2);
  for (std::uint32_t id = 0; id < 1000; id += 2) {
    ASSERT_TRUE(driver.add(TaskId{id}, *a));
    ASSERT_TRUE(driver.add(TaskId{id + 1}, *b));
    ASSERT_TRUE(driver.start_segment({TaskId{id + 1}, 0}, 0, 0));
    ASSERT_TRUE(driver.poll());
    ASSERT_TRUE(driver.remove(TaskId{id}));
    ASSERT_TRUE(driver.remove(TaskId{id + 1}));
  }
}

TEST_F(ContextDriverPath, an_unknown_task_is_refused) {
  ContextDriver driver(2);
  EXPECT_EQ(driver.start_segment({TaskId{3}, 0}, 0, 0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(driver.poll().error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(ContextDriverPath, reports_running_until_the_device_is_done) {
  const auto a = make({.polls = 2});
  ContextDriver driver(1);
  ASSERT_TRUE(driver.add(TaskId{0}, *a));
  ASSERT_TRUE(driver.start_segment({TaskId{0}, 0}, 0, 0));
  EXPECT_EQ(driver.poll().value(), SegmentState::kRunning);
  EXPECT_EQ(driver.poll().value(), SegmentState::kRunning);
  EXPECT_EQ(driver.poll().value(), SegmentState::kDone);
}

TEST_F(ContextDriverPath, an_error_of_one_context_leaves_the_others_running) {
  const auto bad = make({.faults = {{.what = MockFault::What::kFatal}}});
  const auto good = make();
  ContextDriver driver(2);
  ASSERT_TRUE(driver.add(TaskId{0}, *bad));
  ASSERT_TRUE(driver.add(TaskId{1}, *good));
  ASSERT_TRUE(driver.start_segment({TaskId{0}, 0}, 0, 0));
  EXPECT_EQ(driver.poll().error().category, ErrorCategory::kFatal);
  for (std::uint64_t job = 0; job < 3; ++job) {
    EXPECT_EQ(driver.start_segment({TaskId{0}, job + 1}, 0, 0).error().code,
              ErrorCode::kFailedPrecondition);
    ASSERT_TRUE(driver.start_segment({TaskId{1}, job}, 0, 0));
    EXPECT_EQ(driver.poll().value(), SegmentState::kDone);
  }
  EXPECT_TRUE(bad->faults().closed());
  EXPECT_FALSE(good->faults().closed());
}

TEST_F(ContextDriverPath, cancel_reaches_the_running_context_only) {
  const auto hanging = make({.polls = 1, .faults = {{.what = MockFault::What::kHang}}});
  const auto idle = make();
  ContextDriver driver(2);
  ASSERT_TRUE(driver.add(TaskId{0}, *hanging));
  ASSERT_TRUE(driver.add(TaskId{1}, *idle));
  driver.cancel();
  ASSERT_TRUE(driver.start_segment({TaskId{0}, 0}, 0, 0));
  EXPECT_EQ(driver.poll().value(), SegmentState::kRunning);
  driver.cancel();
  EXPECT_EQ(driver.poll().error().code, ErrorCode::kCancelled);
  ASSERT_TRUE(driver.start_segment({TaskId{1}, 0}, 0, 0));
  EXPECT_EQ(driver.poll().value(), SegmentState::kDone);
}

// A model whose cancel() is held up at its very beginning, for as long as the test likes.
class HeldUpCancel final : public LoadedModel {
 public:
  struct Gate {
    std::atomic<bool> entered{false};
    std::atomic<bool> open{false};
  };
  HeldUpCancel(std::unique_ptr<LoadedModel> model, Gate& gate)
      : model_(std::move(model)), gate_(gate) {}
  [[nodiscard]] const ModelDescription& describe() const noexcept override {
    return model_->describe();
  }
  [[nodiscard]] Status bind(const Binding& binding) override { return model_->bind(binding); }
  [[nodiscard]] Status start_segment(std::uint32_t segment) noexcept override {
    return model_->start_segment(segment);
  }
  [[nodiscard]] Result<Progress> poll() noexcept override { return model_->poll(); }
  void cancel() noexcept override {
    gate_.entered = true;
    while (!gate_.open) std::this_thread::yield();
    model_->cancel();
  }

 private:
  std::unique_ptr<LoadedModel> model_;
  Gate& gate_;
};

class HeldUpBackend final : public RuntimeBackend {
 public:
  HeldUpBackend(MockBackend& backend, HeldUpCancel::Gate& gate) : backend_(backend), gate_(gate) {}
  [[nodiscard]] std::string name() const override { return "held up"; }
  [[nodiscard]] std::string version() const override { return "1"; }
  [[nodiscard]] Result<std::unique_ptr<LoadedModel>> load(const LoadRequest& request) override {
    auto model = backend_.load(request);
    if (!model) return model;
    return std::unique_ptr<LoadedModel>(std::make_unique<HeldUpCancel>(std::move(*model), gate_));
  }

 private:
  MockBackend& backend_;
  HeldUpCancel::Gate& gate_;
};

// Property: a context may be destroyed as soon as remove() has returned, whatever a watchdog does
// meanwhile. Here the watchdog has reached the context, and the lane has let it go since.
TEST_F(ContextDriverPath, remove_waits_for_a_cancel_in_flight) {
  HeldUpCancel::Gate gate;
  HeldUpBackend held_up(backend_, gate);
  auto context = ExecutionContext::create(ContextId{0}, held_up, {.name = "A"}, arena_);
  ASSERT_TRUE(context);
  ContextDriver driver(1);
  ASSERT_TRUE(driver.add(TaskId{0}, **context));
  ASSERT_TRUE(driver.start_segment({TaskId{0}, 0}, 0, 0));
  std::thread watchdog([&] { driver.cancel(); });
  while (!gate.entered) std::this_thread::yield();
  EXPECT_EQ(driver.poll().value(), SegmentState::kDone);
  std::atomic<bool> removed{false};
  std::thread remover([&] {
    EXPECT_TRUE(driver.remove(TaskId{0}));
    removed = true;
  });
  // Long enough for a remove() that does not wait to show; one that does passes however slow the
  // machine.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(removed);
  gate.open = true;
  remover.join();
  watchdog.join();
}

// The same as a race, for the sanitizers to watch: contexts come and go under a watchdog gone wild.
TEST_F(ContextDriverPath, contexts_come_and_go_under_a_watchdog_that_never_rests) {
  ContextDriver driver(2);
  std::atomic<bool> stop{false};
  std::thread watchdog([&] {
    while (!stop.load()) driver.cancel();
  });
  for (std::uint32_t id = 0; id < 300; ++id) {
    auto context = make({.polls = 3});
    ASSERT_TRUE(driver.add(TaskId{id}, *context));
    ASSERT_TRUE(driver.start_segment({TaskId{id}, 0}, 0, 0));
    while (true) {
      const Result<SegmentState> state = driver.poll();
      if (!state || *state == SegmentState::kDone) break;
    }
    ASSERT_TRUE(driver.remove(TaskId{id}));
  }
  stop = true;
  watchdog.join();
}

}  // namespace
}  // namespace aegis::context
