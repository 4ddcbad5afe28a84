// SPDX-License-Identifier: Apache-2.0
#include "policy/ready_set.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <random>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr std::array kPolicies = {WorkerPolicy::kEdf, WorkerPolicy::kRateMonotonic,
                                  WorkerPolicy::kLeastLaxity, WorkerPolicy::kFixedPriority,
                                  WorkerPolicy::kFifo};

constexpr AbsoluteDeadline at(Duration instant) {
  return {TimePoint::from_ns(instant.ns())};
}

// The running example, all ready at 0, with the levels of the deadline-monotonic order.
//
//   A (20, 100, 50)   B (15, 80, 40)   C (30, 200, 100)
constexpr Urgency kA{.deadline = at(50_ms), .wcet = 20_ms, .period = 100_ms, .level = 1};
constexpr Urgency kB{.deadline = at(40_ms), .wcet = 15_ms, .period = 80_ms, .level = 0};
constexpr Urgency kC{.deadline = at(100_ms), .wcet = 30_ms, .period = 200_ms, .level = 2};
// Due after B, yet it must start before: 60 - 40 < 40 - 15.
constexpr Urgency kLong{.deadline = at(60_ms), .wcet = 40_ms, .period = 150_ms, .level = 9};
constexpr Urgency kNothingDeclared{.level = 63};

// The names of the tasks in the order in which the policy starts them, taken in the order given.
std::string order_of(WorkerPolicy policy, const std::vector<std::pair<char, Urgency>>& tasks) {
  ReadySet ready(policy, tasks.size());
  for (const auto& [name, urgency] : tasks) {
    EXPECT_TRUE(ready.push(ready.make(urgency, static_cast<std::uint32_t>(name), 0)));
  }
  std::string order;
  while (!ready.empty()) order += static_cast<char>(ready.pop().slot);
  return order;
}

class EveryPolicy : public testing::TestWithParam<WorkerPolicy> {};
INSTANTIATE_TEST_SUITE_P(ReadySet, EveryPolicy, testing::ValuesIn(kPolicies),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST(WorkerPolicy, names_go_both_ways) {
  for (const WorkerPolicy policy : kPolicies) {
    EXPECT_EQ(worker_policy_from(to_string(policy)), policy);
  }
  for (const char* name : {"", "EDF", "edf ", "dm", "invalid", "static"}) {
    EXPECT_FALSE(worker_policy_from(name).has_value()) << name;
  }
  EXPECT_EQ(to_string(static_cast<WorkerPolicy>(200)), "invalid");
}

TEST(WorkerPolicy, all_but_least_laxity_can_be_analysed) {
  using theory::policy::Policy;
  EXPECT_EQ(analysed_as(WorkerPolicy::kEdf), Policy::kEdf);
  EXPECT_EQ(analysed_as(WorkerPolicy::kRateMonotonic), Policy::kRateMonotonic);
  EXPECT_EQ(analysed_as(WorkerPolicy::kFixedPriority), Policy::kStaticPriority);
  EXPECT_EQ(analysed_as(WorkerPolicy::kFifo), Policy::kFifo);
  EXPECT_EQ(analysed_as(WorkerPolicy::kLeastLaxity), std::nullopt);
  EXPECT_EQ(analysed_as(static_cast<WorkerPolicy>(200)), std::nullopt);
}

TEST(ReadySet, orders_the_running_example) {
  const std::vector<std::pair<char, Urgency>> tasks = {
      {'-', kNothingDeclared}, {'C', kC}, {'L', kLong}, {'A', kA}, {'B', kB}};
  EXPECT_EQ(order_of(WorkerPolicy::kEdf, tasks), "BALC-");
  EXPECT_EQ(order_of(WorkerPolicy::kRateMonotonic, tasks), "BALC-");
  EXPECT_EQ(order_of(WorkerPolicy::kLeastLaxity, tasks), "LBAC-");
  EXPECT_EQ(order_of(WorkerPolicy::kFixedPriority, tasks), "BACL-");
  EXPECT_EQ(order_of(WorkerPolicy::kFifo, tasks), "-CLAB");
}

TEST(ReadySet, levels_beyond_the_last_share_it) {
  EXPECT_EQ(order_of(WorkerPolicy::kFixedPriority, {{'x', {.level = 255}},
                                                    {'y', {.level = 63}},
                                                    {'z', {.level = 62}},
                                                    {'w', {.level = 64}}}),
            "zxyw");
}

TEST(ReadySet, keys_are_defined_for_absurd_times) {
  constexpr auto kSmallest = std::numeric_limits<std::int64_t>::min();
  const ReadySet ready(WorkerPolicy::kLeastLaxity, 1);
  const auto key = [&](std::int64_t deadline, std::int64_t wcet) {
    return ready.key(
        {.deadline = {TimePoint::from_ns(deadline)}, .wcet = Duration::nanoseconds(wcet)});
  };
  EXPECT_EQ(key(kSmallest, 1), kSmallest);
  EXPECT_EQ(key(-5, std::numeric_limits<std::int64_t>::max()), kSmallest);
  EXPECT_EQ(key(kLastKey - 1, -2), kLastKey);
  EXPECT_EQ(key(0, kSmallest), kLastKey);
  EXPECT_EQ(key(kLastKey, 100), kLastKey);
}

// What a policy orders by, restated: smaller first.
std::int64_t restated_key(WorkerPolicy policy, const Urgency& task) {
  const bool due = task.deadline.value != TimePoint::max();
  switch (policy) {
    case WorkerPolicy::kEdf:
      return task.deadline.value.ns();
    case WorkerPolicy::kRateMonotonic:
      return task.period.ns();
    case WorkerPolicy::kLeastLaxity:
      return due ? (task.deadline.value - task.wcet).ns() : Duration::max().ns();
    case WorkerPolicy::kFixedPriority:
      return task.level;
    case WorkerPolicy::kFifo:
      return 0;
  }
  return 0;
}

// Few distinct values, so that ties are common, and now and then nothing declared.
Urgency random_urgency(std::mt19937_64& random) {
  const auto draw = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  Urgency task{.arrival = TimePoint::from_ns(draw(1000)),
               .wcet = Duration::nanoseconds(draw(5)),
               .level = static_cast<std::uint8_t>(draw(8) * 9)};
  if (draw(5) > 0) task.deadline = {TimePoint::from_ns(draw(20))};
  if (draw(5) > 0) task.period = Duration::nanoseconds(1 + draw(10));
  return task;
}

// The same operations on the simplest list there is.
class NaiveReadySet {
 public:
  explicit NaiveReadySet(WorkerPolicy policy) : policy_(policy) {}

  void push(const Urgency& urgency, const ReadyTask& task) {
    tasks_.push_back({restated_key(policy_, urgency), task});
  }
  template <class Takes>
  std::optional<ReadyTask> take_best(Takes takes) {
    auto best = tasks_.end();
    for (auto at = tasks_.begin(); at != tasks_.end(); ++at) {
      if (!takes(at->task)) continue;
      if (best == tasks_.end() ||
          std::tie(at->key, at->task.sequence) < std::tie(best->key, best->task.sequence)) {
        best = at;
      }
    }
    if (best == tasks_.end()) return std::nullopt;
    const ReadyTask task = best->task;
    tasks_.erase(best);
    return task;
  }
  template <class Leaves>
  std::size_t remove_if(Leaves leaves) {
    return std::erase_if(tasks_, [&](const Entry& entry) { return leaves(entry.task); });
  }
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

 private:
  struct Entry {
    std::int64_t key;
    ReadyTask task;
  };
  WorkerPolicy policy_;
  std::vector<Entry> tasks_;
};

constexpr auto kAnyTask = [](const ReadyTask&) { return true; };

// Thousands of random operations leave the set and the list with the same tasks in the same order.
TEST_P(EveryPolicy, agrees_with_a_naive_list) {
  constexpr std::size_t kCapacity = 60;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    ReadySet ready(GetParam(), kCapacity);
    NaiveReadySet naive(GetParam());
    const auto sequence_of = [](const std::optional<ReadyTask>& task) {
      return task ? std::optional(task->sequence) : std::nullopt;
    };
    for (std::uint32_t i = 0; i < 3000; ++i) {
      const auto choice = random() % 100;
      if (choice < 55) {
        const Urgency urgency = random_urgency(random);
        const ReadyTask task = ready.make(urgency, i, random() % 2 == 0 ? kMovable : 0);
        const bool room = naive.size() < kCapacity;
        ASSERT_EQ(ready.push(task), room);
        if (room) naive.push(urgency, task);
      } else if (choice < 85) {
        if (ready.empty()) continue;
        const std::uint64_t top = ready.top().sequence;
        const ReadyTask task = ready.pop();
        ASSERT_EQ(task.sequence, top);
        ASSERT_EQ(sequence_of(naive.take_best(kAnyTask)), top);
      } else if (choice < 98) {
        const auto movable = [](const ReadyTask& task) { return task.movable(); };
        ASSERT_EQ(sequence_of(ready.take_best(movable)), sequence_of(naive.take_best(movable)));
      } else {
        const std::uint32_t rest = static_cast<std::uint32_t>(random() % 3);
        const auto leaves = [&](const ReadyTask& task) { return task.slot % 3 == rest; };
        ASSERT_EQ(ready.remove_if(leaves), naive.remove_if(leaves));
      }
      ASSERT_EQ(ready.size(), naive.size());
      ASSERT_EQ(ready.empty(), naive.size() == 0);
    }
    while (!ready.empty()) {
      ASSERT_EQ(ready.pop().sequence, sequence_of(naive.take_best(kAnyTask)));
    }
  }
}

TEST_P(EveryPolicy, serves_equals_in_the_order_taken) {
  for (const Urgency& urgency : {kA, kNothingDeclared}) {
    ReadySet ready(GetParam(), 100);
    for (std::uint32_t i = 0; i < 100; ++i) {
      ASSERT_TRUE(ready.push(ready.make(urgency, i, 0)));
    }
    for (std::uint32_t i = 0; i < 100; ++i) ASSERT_EQ(ready.pop().slot, i);
  }
}

// A task of the most patient kind runs although equals keep coming: no more than those taken
// before it go first.
TEST_P(EveryPolicy, nobody_starves_behind_equals) {
  ReadySet ready(GetParam(), 10);
  for (std::uint32_t i = 0; i < 10; ++i) ASSERT_TRUE(ready.push(ready.make(kC, i, 0)));
  for (std::uint32_t i = 10; i < 1000; ++i) {
    ASSERT_EQ(ready.pop().slot, i - 10);
    ASSERT_TRUE(ready.push(ready.make(kC, i, 0)));
  }
}

TEST_P(EveryPolicy, refuses_beyond_its_capacity_and_goes_on) {
  for (const std::size_t capacity : {0U, 1U, 3U, 64U, 100U}) {
    ReadySet ready(GetParam(), capacity);
    EXPECT_EQ(ready.capacity(), capacity);
    for (int round = 0; round < 3; ++round) {
      for (std::size_t i = 0; i < capacity; ++i) {
        ASSERT_TRUE(ready.push(ready.make(kA, static_cast<std::uint32_t>(i), 0)));
      }
      EXPECT_FALSE(ready.push(ready.make(kB, 1000, 0)));
      EXPECT_EQ(ready.size(), capacity);
      EXPECT_EQ(ready.remove_if(kAnyTask), capacity);
      EXPECT_TRUE(ready.empty());
    }
  }
}

TEST_P(EveryPolicy, takes_nothing_that_the_predicate_refuses) {
  ReadySet ready(GetParam(), 8);
  EXPECT_EQ(ready.take_best(kAnyTask), std::nullopt);
  for (std::uint32_t i = 0; i < 8; ++i) ASSERT_TRUE(ready.push(ready.make(kB, i, 0)));
  EXPECT_EQ(ready.take_best([](const ReadyTask& task) { return task.movable(); }), std::nullopt);
  EXPECT_EQ(ready.remove_if([](const ReadyTask& task) { return task.movable(); }), 0U);
  EXPECT_EQ(ready.size(), 8U);
}

// Balancing: the most urgent movable task goes to an idle sibling and stands behind its equals
// there; what may not move stays.
TEST_P(EveryPolicy, gives_movable_tasks_to_a_sibling) {
  ReadySet busy(GetParam(), 4);
  ReadySet sibling(GetParam(), 4);
  ASSERT_TRUE(busy.push(busy.make(kB, 1, 0)));
  ASSERT_TRUE(busy.push(busy.make(kB, 2, kMovable)));
  ASSERT_TRUE(sibling.push(sibling.make(kB, 8, 0)));
  const auto taken = busy.take_best([](const ReadyTask& task) { return task.movable(); });
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->slot, 2U);
  ASSERT_TRUE(sibling.push(sibling.adopt(*taken, 9)));
  EXPECT_EQ(sibling.pop().slot, 8U);
  EXPECT_EQ(sibling.top().slot, 9U);
  EXPECT_TRUE(sibling.top().movable());
  EXPECT_EQ(busy.pop().slot, 1U);
}

// The claim of least_laxity.h: whenever the choice is made, the waiting task with the least laxity
// is the one with the least d - C. The laxities are recomputed at every choice.
TEST(LeastLaxity, order_never_changes_while_tasks_wait) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    ReadySet ready(WorkerPolicy::kLeastLaxity, 30);
    std::vector<Urgency> waiting;
    for (std::uint32_t i = 0; i < 30; ++i) {
      waiting.push_back(
          {.deadline = at(Duration::nanoseconds(static_cast<std::int64_t>(random() % 1'000'000))),
           .wcet = Duration::nanoseconds(static_cast<std::int64_t>(random() % 1'000))});
      ASSERT_TRUE(ready.push(ready.make(waiting.back(), i, 0)));
    }
    TimePoint now = TimePoint::from_ns(0);
    while (!ready.empty()) {
      const auto laxity = [&](const Urgency& task) {
        return task.deadline.value - now - task.wcet;
      };
      const std::uint32_t slot = ready.pop().slot;
      const Urgency chosen = waiting[slot];
      ASSERT_EQ(laxity(chosen), std::ranges::min(waiting | std::views::transform(laxity)));
      waiting[slot].deadline = {TimePoint::max()};
      now += chosen.wcet;
    }
  }
}

}  // namespace
}  // namespace aegis::executor
