// SPDX-License-Identifier: Apache-2.0
//
// Property: each link is added to the list or refused, and whoever closes it meets each added one
// exactly once. Two who add and one who closes begin together.
#include "dependents.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"

#include "race_start.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

// Two threads add as many links each as a follower has; the first of them then closes the list.
template <class List>
class Race {
 public:
  // Whether a link was lost, or met that was refused; stops at the first.
  bool loses(Duration at_most) {
    const MonotonicClock clock;
    const TimePoint end = clock.now() + at_most;
    std::thread other([this] {
      const OneCpu pin(OneCpu::Which::kLast);
      for (std::int64_t i = 1; start_.join(i); ++i) {
        add_all(1, 0);
        added_.store(i, std::memory_order_release);
      }
    });
    const OneCpu pin(OneCpu::Which::kFirst);
    bool lost = false;
    for (std::int64_t i = 1; !lost && clock.now() < end; ++i) lost = round_loses(i);
    start_.end();
    other.join();
    return lost;
  }

 private:
  static constexpr std::size_t kLinks = TaskSlot::kMaxLinks;

  void add_all(std::size_t follower, std::size_t from) {
    for (std::size_t place = from; place < kLinks; ++place) {
      const auto link = List::link(static_cast<SlotId>(follower), place);
      stands_[follower][place] = List::add(before_, followers_[follower], link);
    }
  }
  bool round_loses(std::int64_t round) {
    before_.first_dependent.store(kNoLink, std::memory_order_relaxed);
    start_.begin();
    // Fewer of its own each time: closing falls among the other's.
    add_all(0, static_cast<std::size_t>(round) % kLinks);
    const auto first = List::close(before_);
    for (int looks = 1; added_.load(std::memory_order_acquire) != round; ++looks) {
      if (looks % 4096 == 0) std::this_thread::yield();
    }
    std::array<std::array<int, kLinks>, 2> met{};
    int links = 0;
    for (auto link = first; link != List::kNobody && ++links <= 1000;) {
      if (link == List::kClosed) return true;
      ++met[List::follower(link)][List::place(link)];
      link = followers_[List::follower(link)].next_link[List::place(link)];
    }
    for (std::size_t f = 0; f < 2; ++f) {
      for (std::size_t place = 0; place < kLinks; ++place) {
        if (met[f][place] != (stands_[f][place] ? 1 : 0)) return true;
      }
    }
    stands_ = {};
    return false;
  }

  TaskSlot before_;
  std::array<TaskSlot, 2> followers_;
  std::array<std::array<bool, kLinks>, 2> stands_{};
  std::atomic<std::int64_t> added_{0};
  RaceStart start_;
};

struct AddedByStore : DependentsProtocol {
  static constexpr bool kAddByExchange = false;
};
struct ClosedByStore : DependentsProtocol {
  static constexpr bool kCloseByExchange = false;
};

TEST(DependentsStress, every_link_is_met_once_or_refused) {
  EXPECT_FALSE(Race<Dependents>().loses(400_ms));
}

TEST(DependentsStress, catches_a_twin_that_adds_by_a_store) {
  if (!processors_race()) GTEST_SKIP() << "one processor, or instrumented atomics: no race";
  EXPECT_TRUE(Race<BasicDependents<AddedByStore>>().loses(20_s));
}

TEST(DependentsStress, catches_a_twin_that_closes_by_a_store) {
  if (!processors_race()) GTEST_SKIP() << "one processor, or instrumented atomics: no race";
  EXPECT_TRUE(Race<BasicDependents<ClosedByStore>>().loses(20_s));
}

TEST(Dependents, the_last_added_is_met_first_and_a_closed_list_refuses) {
  TaskSlot before;
  TaskSlot follower;
  before.first_dependent.store(kNoLink);
  ASSERT_TRUE(Dependents::add(before, follower, Dependents::link(7, 0)));
  ASSERT_TRUE(Dependents::add(before, follower, Dependents::link(7, 2)));
  const Dependents::Link first = Dependents::close(before);
  EXPECT_EQ(Dependents::follower(first), 7U);
  EXPECT_EQ(Dependents::place(first), 2U);
  EXPECT_EQ(follower.next_link[2], Dependents::link(7, 0));
  EXPECT_EQ(follower.next_link[0], Dependents::kNobody);
  EXPECT_FALSE(Dependents::add(before, follower, Dependents::link(7, 1)));
}

}  // namespace
}  // namespace aegis::executor
