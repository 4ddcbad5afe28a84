// SPDX-License-Identifier: Apache-2.0
#include "linear_response.h"

#include <gtest/gtest.h>

#include "example_sets.h"
#include "level_response.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using policy::Policy;

// H (10, 100) with jitter 20 has U = 0.1 and starts with (20 + 100) 0.1 = 12 ms; the task itself
// needs 10, is blocked for 5 and may be released 3 late:
//
//   3 + (5 + 10 + 12) / 0.9 = 33 ms          with 1 of every 10 lost: 3 + (27 + 1) / 0.8 = 38 ms
TEST(LinearResponse, is_its_formula) {
  const auto fits = [](Duration deadline, const Supply& supply) {
    TaskSet tasks = example::set({{10, 100, 100, 20}, {10, 200, 200, 3}}, 1_ms);
    tasks[1].deadline.value = deadline;
    const Timings numbers = timings(tasks);
    return LinearResponse(numbers, supply).fits(numbers[1], {0}, 5_ms);
  };
  EXPECT_TRUE(fits(33_ms + 1_us, {}));
  EXPECT_FALSE(fits(33_ms - 1_us, {}));
  const Supply nine_of_ten{.lost = 1_ms, .window = 10_ms};
  EXPECT_TRUE(fits(38_ms + 1_us, nine_of_ten));
  EXPECT_FALSE(fits(38_ms - 1_us, nine_of_ten));
}

// With the deadline just at the bound, where it is easiest to be wrong.
TEST(LinearResponse, is_never_below_the_exact_response) {
  example::RandomSets sets(95);
  int fitting = 0;
  for (int round = 0; round < 4'000; ++round) {
    TaskSet tasks = sets.next({.largest_jitter = 9, .segments = true});
    const std::size_t i = tasks.size() - 1;
    LevelTerms terms{.policy = Policy::kStaticPriority, .supply = {}};
    if (round % 2 == 0) terms.supply = {1_ns, sets.between(4, 9) * 1_ns};
    if (round % 3 == 0) terms.blocking = Blocking{.best_effort = sets.between(1, 6) * 1_ns};
    std::vector<std::size_t> higher(i);
    for (std::size_t j = 0; j < i; ++j) higher[j] = j;
    const Level level = level_of(tasks, i, terms);
    const LinearResponse linear(timings(tasks), terms.supply);
    Timing own = level.own;
    for (own.deadline = 1_ns; own.deadline < 200_ns; own.deadline += 1_ns) {
      if (linear.fits(own, higher, level.block.length)) break;
    }
    if (own.deadline == 200_ns) continue;
    ++fitting;
    const auto exact = longest_response(level);
    ASSERT_TRUE(exact);
    ASSERT_LE(*exact, own.deadline);
  }
  EXPECT_GT(fitting, 1'000);
}

}  // namespace
}  // namespace aegis::theory
