// SPDX-License-Identifier: Apache-2.0
//
// Property: each follower that is pushed is taken exactly once, whoever pushes at the same instant.
#include "handed_on.h"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"

#include "race_start.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr std::uint32_t kSlots = 64;

template <class List>
struct Stage {
  Stage() { slots.add(0, slab); }
  // What can be taken now.
  std::vector<SlotId> all() {
    std::vector<SlotId> taken;
    while (const auto id = list.take(slots)) taken.push_back(*id);
    return taken;
  }
  Slab slab{kSlots};
  SlotDirectory slots{1};
  List list;
};

TEST(HandedOn, is_taken_in_the_order_of_pushes) {
  Stage<HandedOn> stage;
  EXPECT_TRUE(stage.list.empty());
  EXPECT_FALSE(stage.list.take(stage.slots).has_value());
  for (SlotId id = 0; id < 3; ++id) stage.list.push(stage.slots, id);
  EXPECT_EQ(stage.list.take(stage.slots), SlotId{0});
  for (SlotId id = 3; id < 5; ++id) stage.list.push(stage.slots, id);
  EXPECT_FALSE(stage.list.empty());
  EXPECT_EQ(stage.all(), (std::vector<SlotId>{1, 2, 3, 4}));
  EXPECT_TRUE(stage.list.empty());
}

// One that has been taken is pushed again at once, also as the last one there was.
TEST(HandedOn, takes_again_what_has_just_left) {
  Stage<HandedOn> stage;
  for (int i = 0; i < 10; ++i) {
    stage.list.push(stage.slots, 7);
    stage.list.push(stage.slots, 8);
    EXPECT_EQ(stage.list.take(stage.slots), SlotId{7});
    stage.list.push(stage.slots, 7);
    EXPECT_EQ(stage.all(), (std::vector<SlotId>{8, 7}));
  }
}

// Whether a push was lost; stops then. Two push at the same instant, the host then takes.
template <class List>
bool loses_a_push(Duration at_most) {
  const MonotonicClock clock;
  const TimePoint end = clock.now() + at_most;
  Stage<List> stage;
  RaceStart start;
  std::atomic<std::int64_t> pushed{0};
  std::thread other([&] {
    const OneCpu pin(OneCpu::Which::kLast);
    for (std::int64_t i = 1; start.join(i); ++i) {
      stage.list.push(stage.slots, static_cast<SlotId>(i % (kSlots / 2)));
      pushed.store(i, std::memory_order_release);
    }
  });
  bool lost = false;
  {
    const OneCpu pin(OneCpu::Which::kFirst);
    for (std::int64_t i = 1; !lost && clock.now() < end; ++i) {
      start.begin();
      stage.list.push(stage.slots, static_cast<SlotId>(kSlots / 2 + i % (kSlots / 2)));
      while (pushed.load(std::memory_order_acquire) < i) std::this_thread::yield();
      lost = stage.all().size() != 2;
    }
  }
  start.end();
  other.join();
  return lost;
}

struct PushByStore : HandedOnProtocol {
  static constexpr bool kPushByExchange = false;
};

TEST(HandedOnStress, loses_nothing) {
  EXPECT_FALSE(loses_a_push<HandedOn>(400_ms));
}

TEST(HandedOnStress, catches_a_twin_that_pushes_by_a_store) {
  if (!processors_race()) GTEST_SKIP() << "one processor, or instrumented atomics: no race";
  EXPECT_TRUE(loses_a_push<BasicHandedOn<PushByStore>>(20_s));
}

// Many push all the time, one takes all the time: nothing is taken twice or early.
TEST(HandedOnStress, takes_while_others_push) {
  Stage<HandedOn> stage;
  constexpr int kPushers = 3;
  constexpr int kEach = kSlots / kPushers;
  constexpr std::int64_t kRounds = 20'000;
  std::vector<std::atomic<bool>> on_its_way(kSlots);
  std::vector<std::int64_t> payload(kSlots);  // plain: for ThreadSanitizer, too
  std::atomic<int> working{kPushers};
  std::vector<std::thread> pushers;
  for (int p = 0; p < kPushers; ++p) {
    pushers.emplace_back([&, p] {
      for (std::int64_t i = 0; i < kRounds; ++i) {
        const auto id = static_cast<SlotId>(p * kEach + i % kEach);
        while (on_its_way[id].load(std::memory_order_acquire)) std::this_thread::yield();
        payload[id] = i;
        on_its_way[id].store(true, std::memory_order_relaxed);
        stage.list.push(stage.slots, id);
      }
      --working;
    });
  }
  std::vector<std::int64_t> last(kPushers, -1);
  std::int64_t taken = 0;
  while (working > 0 || !stage.list.empty()) {
    const auto id = stage.list.take(stage.slots);
    if (!id) continue;
    const auto pusher = static_cast<std::size_t>(*id / kEach);
    EXPECT_EQ(payload[*id], last[pusher] + 1) << "of one thread, in its order";
    last[pusher] = payload[*id];
    EXPECT_TRUE(on_its_way[*id].load(std::memory_order_relaxed));
    on_its_way[*id].store(false, std::memory_order_release);
    ++taken;
  }
  for (std::thread& pusher : pushers) pusher.join();
  EXPECT_EQ(taken, kPushers * kRounds);
}

}  // namespace
}  // namespace aegis::executor
