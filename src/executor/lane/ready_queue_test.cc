// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/ready_queue.h"

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using theory::policy::OrderingKey;

ReadyJob ready_job(std::int64_t key, std::uint32_t task, std::uint64_t sequence) {
  return {.key = {.key = key, .arrival = TimePoint::from_ns(0), .id = {TaskId{task}, sequence}},
          .slot = static_cast<std::uint32_t>(sequence)};
}

// Few distinct keys, so that ties are common.
ReadyJob random_job(std::mt19937_64& random, std::uint64_t sequence) {
  return ready_job(static_cast<std::int64_t>(random() % 20),
                   static_cast<std::uint32_t>(random() % 5), sequence);
}

TEST(ReadyQueue, orders_the_running_example_by_deadline) {
  ReadyQueue queue(4);
  EXPECT_TRUE(queue.push(ready_job(50, 0, 0)));
  EXPECT_TRUE(queue.push(ready_job(40, 1, 0)));
  EXPECT_TRUE(queue.push(ready_job(100, 2, 0)));
  EXPECT_EQ(queue.pop().key.id.task, TaskId{1});
  EXPECT_EQ(queue.pop().key.id.task, TaskId{0});
  EXPECT_EQ(queue.pop().key.id.task, TaskId{2});
  EXPECT_TRUE(queue.empty());
}

TEST(ReadyQueue, refuses_beyond_its_capacity) {
  ReadyQueue queue(2);
  EXPECT_TRUE(queue.push(ready_job(1, 0, 0)));
  EXPECT_TRUE(queue.push(ready_job(2, 0, 1)));
  EXPECT_FALSE(queue.push(ready_job(0, 0, 2)));
  EXPECT_EQ(queue.top().key.key, 1);
}

// Thousands of random pushes, pops and removals: always the same as a sorted set.
TEST(ReadyQueue, agrees_with_a_sorted_set) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    ReadyQueue queue(200);
    std::set<OrderingKey> reference;
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const auto choice = random() % 100;
      if (choice < 55 && reference.size() < 200) {
        const ReadyJob job = random_job(random, i);
        ASSERT_TRUE(queue.push(job));
        reference.insert(job.key);
      } else if (choice < 98 && !reference.empty()) {
        ASSERT_EQ(queue.pop().key, *reference.begin());
        reference.erase(reference.begin());
      } else if (choice >= 98) {
        const TaskId task{static_cast<std::uint32_t>(random() % 5)};
        const auto even = [](const OrderingKey& key) { return key.id.sequence % 2 == 0; };
        const std::size_t removed =
            queue.remove(task, [&](const ReadyJob& job) { return even(job.key); });
        ASSERT_EQ(removed, std::erase_if(reference, [&](const OrderingKey& key) {
                    return key.id.task == task && even(key);
                  }));
      }
      ASSERT_EQ(queue.size(), reference.size());
      if (!reference.empty()) {
        ASSERT_EQ(queue.top().key, *reference.begin());
      }
    }
  }
}

TEST(ReadyQueue, alternatives_are_the_next_in_order) {
  std::mt19937_64 random(7);
  for (std::size_t size = 1; size < 60; ++size) {
    ReadyQueue queue(size);
    std::set<OrderingKey> reference;
    for (std::uint64_t i = 0; i < size; ++i) {
      const ReadyJob job = random_job(random, i);
      ASSERT_TRUE(queue.push(job));
      reference.insert(job.key);
    }
    std::array<ReadyJob, ReadyQueue::kMaxAlternatives> best;
    const std::size_t found = queue.alternatives(best);
    ASSERT_EQ(found, std::min(size - 1, best.size()));
    auto expected = std::next(reference.begin());
    for (std::size_t i = 0; i < found; ++i) ASSERT_EQ(best[i].key, *expected++);
  }
}

TEST(ReadyQueue, fewer_alternatives_can_be_asked_for) {
  ReadyQueue queue(10);
  for (std::uint64_t i = 0; i < 10; ++i)
    ASSERT_TRUE(queue.push(ready_job(9 - std::int64_t(i), 0, i)));
  std::array<ReadyJob, 2> best;
  EXPECT_EQ(queue.alternatives(best), 2U);
  EXPECT_EQ(best[0].key.key, 1);
  EXPECT_EQ(best[1].key.key, 2);
  EXPECT_EQ(queue.alternatives({}), 0U);
}

}  // namespace
}  // namespace aegis::executor
