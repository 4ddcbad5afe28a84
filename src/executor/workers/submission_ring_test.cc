// SPDX-License-Identifier: Apache-2.0
//
// Property: what is pushed is taken, once, in order, with what was written before it; whatever the
// lap, and with as many on their way as the ring holds.
#include "submission_ring.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"
#include "aegis/executor/cache_line.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr std::size_t kSlots = 8;

// Slots as they are used: each is on its way at most once, since it is pushed again only after it
// has come back.
template <class Protocol>
class Race {
 public:
  // Whether something came that had not been pushed, or other than it had been; stops at the first.
  bool goes_wrong(std::uint64_t rounds) {
    std::thread submitter([this, rounds] { submit(rounds); });
    std::uint64_t expected = 1;
    for (int idle = 0; !wrong_ && expected <= rounds;) {
      const auto slot = ring_.take();
      if (!slot) {
        if (++idle % 1024 == 0) std::this_thread::yield();
        continue;
      }
      // Plain, so that ThreadSanitizer checks invariant 1.
      const std::uint64_t found = *slot < kSlots ? written_[*slot].value : 0;
      if (found != expected++) wrong_ = true;
      if (*slot < kSlots) back_[*slot].value.store(found, std::memory_order_release);
    }
    wrong_ = wrong_ || !ring_.empty();
    ended_ = true;
    submitter.join();
    return wrong_;
  }

 private:
  void submit(std::uint64_t rounds) {
    for (std::uint64_t i = 1; i <= rounds && !ended_; ++i) {
      // Not in turn: slots take places of each other.
      const std::size_t slot = (i * 5 + i / kSlots * 3) % kSlots;
      for (int looks = 1; back_[slot].value.load(std::memory_order_acquire) != sent_[slot];) {
        if (ended_) return;
        if (++looks % 1024 == 0) std::this_thread::yield();
      }
      written_[slot].value = sent_[slot] = i;
      ring_.push(static_cast<SlotId>(slot));
    }
  }

  struct alignas(kCacheLine) Written {
    std::uint64_t value = 0;
  };
  struct alignas(kCacheLine) Back {
    std::atomic<std::uint64_t> value{0};
  };
  BasicSubmissionRing<Protocol> ring_{kSlots};
  std::array<Written, kSlots> written_{};
  std::array<Back, kSlots> back_{};
  std::array<std::uint64_t, kSlots> sent_{};  // the submitter's
  std::atomic<bool> wrong_{false};
  std::atomic<bool> ended_{false};
};

struct LapUnchecked : RingProtocol {
  static constexpr bool kChecksLap = false;
};

TEST(SubmissionRing, a_fresh_one_is_empty_and_remains_so_in_every_lap) {
  SubmissionRing ring(2);
  for (SlotId i = 0; i < 100; ++i) {
    ASSERT_TRUE(ring.empty());
    ASSERT_FALSE(ring.take().has_value());
    ring.push(i);
    ASSERT_FALSE(ring.empty());
    if (i % 3 == 0) {  // as full as it may be
      ring.push(i + 1000);
      ASSERT_EQ(ring.take(), i);
      ASSERT_EQ(ring.take(), i + 1000);
    } else {
      ASSERT_EQ(ring.take(), i);
    }
  }
}

TEST(SubmissionRing, carries_the_largest_slot_number) {
  SubmissionRing ring(4);
  const SlotId last = (255U << kSlotBits) | ((1U << kSlotBits) - 1);
  ring.push(last);
  EXPECT_EQ(ring.take(), last);
}

TEST(SubmissionRingStress, everything_comes_once_in_order) {
  EXPECT_FALSE(Race<RingProtocol>().goes_wrong(40'000));
}

TEST(SubmissionRingStress, catches_a_twin_that_does_not_look_at_the_lap) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the race of this twin is what ThreadSanitizer reports";
#endif
  EXPECT_TRUE(Race<LapUnchecked>().goes_wrong(40'000));
}

}  // namespace
}  // namespace aegis::executor
