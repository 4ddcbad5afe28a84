// SPDX-License-Identifier: Apache-2.0
//
// Property: whoever found the scheduler open has published before closing has returned. The twins
// fence nothing, or look before they say that they are inside.
#include "entry.h"

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

struct Door {
  alignas(kCacheLine) std::atomic<bool> inside{false};
  alignas(kCacheLine) std::atomic<bool> accepting{true};
  alignas(kCacheLine) std::atomic<std::int64_t> published{0};
  // i: in round i it was open; -i: it was not.
  alignas(kCacheLine) std::atomic<std::int64_t> verdict{0};
  RaceStart start;
};

// The wrong twin of an entry: the right steps, in the wrong order, by a thread that loses a moment
// between them, as any may.
template <class Fence>
class LooksFirst {
 public:
  LooksFirst(const Fence& fence, const std::atomic<bool>& accepting, std::atomic<bool>& inside)
      : open_(accepting.load(std::memory_order_acquire)), inside_(inside) {
    for (int i = 0; i < 300; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
    fence.light();
    inside.store(true, std::memory_order_relaxed);
  }
  LooksFirst(const LooksFirst&) = delete;
  LooksFirst& operator=(const LooksFirst&) = delete;
  ~LooksFirst() { inside_.store(false, std::memory_order_release); }
  [[nodiscard]] bool open() const { return open_; }

 private:
  const bool open_;
  std::atomic<bool>& inside_;
};

template <template <class> class EntryOf, class Fence>
void enter_rounds(Door& door, const Fence& fence) {
  const OneCpu pin(OneCpu::Which::kLast);
  for (std::int64_t i = 1; door.start.join(i); ++i) {
    bool open = false;
    {
      const EntryOf<Fence> entry(fence, door.accepting, door.inside);
      open = entry.open();
      if (open) door.published.store(i, std::memory_order_relaxed);
    }
    door.verdict.store(open ? i : -i, std::memory_order_release);
  }
}

// Whether something was published behind the closing; stops at the first.
template <template <class> class EntryOf, class Fence>
bool somebody_slips_in(const Fence& fence, Duration at_most) {
  const MonotonicClock clock;
  const TimePoint end = clock.now() + at_most;
  Door door;
  std::thread submitter([&] { enter_rounds<EntryOf>(door, fence); });
  const OneCpu pin(OneCpu::Which::kFirst);
  bool slipped = false;
  for (std::int64_t i = 1; !slipped && clock.now() < end; ++i) {
    door.accepting.store(true, std::memory_order_relaxed);
    door.start.begin();
    BasicEntry<Fence>::close(fence, door.accepting);
    BasicEntry<Fence>::wait_until_left(door.inside);
    const bool seen = door.published.load(std::memory_order_relaxed) == i;
    std::int64_t verdict = 0;
    for (int looks = 1; verdict != i && verdict != -i; ++looks) {
      verdict = door.verdict.load(std::memory_order_acquire);
      if (looks % 4096 == 0) std::this_thread::yield();
    }
    slipped = verdict == i && !seen;
  }
  door.start.end();
  submitter.join();
  return slipped;
}

struct LightOnBothSides {
  static void light() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
  [[nodiscard]] static bool heavy() noexcept {
    light();
    return true;
  }
};

TEST(EntryStress, nothing_is_published_behind_the_closing) {
  EXPECT_FALSE(somebody_slips_in<BasicEntry>(AsymmetricFence(), 400_ms));
}

TEST(EntryStress, nor_where_the_kernel_refuses_its_barrier) {
  const AsymmetricFence fence(AsymmetricFence::Kind::kTwoFullFences);
  EXPECT_FALSE(somebody_slips_in<BasicEntry>(fence, 400_ms));
}

TEST(EntryStress, catches_a_twin_that_is_light_on_both_sides) {
  if (!processors_race()) GTEST_SKIP() << "one processor, or instrumented atomics: no reordering";
  EXPECT_TRUE(somebody_slips_in<BasicEntry>(LightOnBothSides(), 20_s));
}

TEST(EntryStress, catches_a_twin_that_looks_before_it_says_that_it_is_inside) {
  if (!processors_race()) GTEST_SKIP() << "one processor, or instrumented atomics: no race";
  const AsymmetricFence fence(AsymmetricFence::Kind::kTwoFullFences);
  EXPECT_TRUE(somebody_slips_in<LooksFirst>(fence, 20_s));
}

}  // namespace
}  // namespace aegis::executor
