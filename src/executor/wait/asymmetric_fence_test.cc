// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/asymmetric_fence.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"
#include "aegis/executor/cache_line.h"

#include "race_start.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

// The store-buffering litmus test:
//
//   submitter: work = i; light; saw_flag = flag        sleeper: flag = i; heavy; saw_work = work
//
// Forbidden: both saw the other's old value.
struct Dekker {
  alignas(kCacheLine) std::atomic<std::int64_t> work{0};
  alignas(kCacheLine) std::atomic<std::int64_t> flag{0};
  // i: the submitter has played round i and saw the flag; -i: it did not.
  alignas(kCacheLine) std::atomic<std::int64_t> verdict{0};
  RaceStart start;
};

template <class Fence>
void submit_rounds(Dekker& dekker, const Fence& fence) {
  const OneCpu pin(OneCpu::Which::kLast);
  for (std::int64_t i = 1; dekker.start.join(i); ++i) {
    dekker.work.store(i, std::memory_order_relaxed);
    fence.light();
    const bool saw = dekker.flag.load(std::memory_order_relaxed) == i;
    dekker.verdict.store(saw ? i : -i, std::memory_order_release);
  }
}

// Whether there was a round in which neither side saw the other; stops at the first.
template <class Fence>
bool both_go_blind(const Fence& fence, Duration at_most) {
  const MonotonicClock clock;
  const TimePoint end = clock.now() + at_most;
  Dekker dekker;
  std::thread submitter([&] { submit_rounds(dekker, fence); });
  const OneCpu pin(OneCpu::Which::kFirst);
  bool blind = false;
  for (std::int64_t i = 1; !blind && clock.now() < end; ++i) {
    dekker.start.begin();
    dekker.flag.store(i, std::memory_order_relaxed);
    const bool ordered = fence.heavy();
    const bool saw = dekker.work.load(std::memory_order_relaxed) == i;
    std::int64_t verdict = 0;
    for (int looks = 1; verdict != i && verdict != -i; ++looks) {
      verdict = dekker.verdict.load(std::memory_order_acquire);
      if (looks % 4096 == 0) std::this_thread::yield();
    }
    blind = ordered && !saw && verdict == -i;
  }
  dekker.start.end();
  submitter.join();
  return blind;
}

// The wrong twin: nobody pays.
struct LightOnBothSides {
  static void light() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
  [[nodiscard]] static bool heavy() noexcept {
    light();
    return true;
  }
};

TEST(AsymmetricFenceStress, one_side_at_least_sees_the_other) {
  EXPECT_FALSE(both_go_blind(AsymmetricFence(), 400_ms));
}

TEST(AsymmetricFenceStress, two_full_fences_do_the_same_where_the_kernel_refuses) {
  const AsymmetricFence fence(AsymmetricFence::Kind::kTwoFullFences);
  EXPECT_FALSE(both_go_blind(fence, 400_ms));
}

TEST(AsymmetricFenceStress, catches_a_twin_that_is_light_on_both_sides) {
  if (!processors_race()) GTEST_SKIP() << "one processor, or instrumented atomics: no reordering";
  EXPECT_TRUE(both_go_blind(LightOnBothSides(), 20_s));
}

TEST(AsymmetricFence, every_one_of_a_process_is_of_the_same_kind) {
  EXPECT_EQ(AsymmetricFence().kind(), AsymmetricFence().kind());
  EXPECT_TRUE(AsymmetricFence().heavy());
}

}  // namespace
}  // namespace aegis::executor
