// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/supply_bound.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::theory {
namespace {

using namespace time_literals;

constexpr Supply kTwoOfTen{.lost = 2_ms, .window = 10_ms};

TEST(SupplyBound, example_of_the_header) {
  const std::pair<Duration, Duration> table[] = {{1_ms, 1_ms},  {2_ms, 2_ms},  {9_ms, 2_ms},
                                                 {10_ms, 2_ms}, {11_ms, 3_ms}, {12_ms, 4_ms},
                                                 {30_ms, 6_ms}};
  for (const auto& [t, lost] : table) {
    EXPECT_EQ(lost_supply(kTwoOfTen, t), lost) << t.ns();
    EXPECT_EQ(supply_bound(kTwoOfTen, t), t - lost) << t.ns();
  }
}

TEST(SupplyBound, a_full_supply_loses_nothing) {
  const Supply full;
  EXPECT_TRUE(full.is_full());
  EXPECT_EQ(lost_supply(full, 1_s), Duration::zero());
  EXPECT_EQ(time_to_serve(full, 1_s), 1_s);
}

TEST(SupplyBound, serving_takes_the_least_time_that_supplies_enough) {
  for (std::int64_t window = 1; window <= 7; ++window) {
    for (std::int64_t lost = 0; lost < window; ++lost) {
      const Supply supply{lost * 1_ns, window * 1_ns};
      for (std::int64_t work = 0; work <= 30; ++work) {
        Duration t;
        while (supply_bound(supply, t) < work * 1_ns) t += 1_ns;
        EXPECT_EQ(time_to_serve(supply, work * 1_ns), t) << window << " " << lost << " " << work;
      }
    }
  }
}

// Whatever unit steps are lost, as long as no window has more of them than it may.
TEST(SupplyBound, no_allowed_pattern_loses_more) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    const auto window = static_cast<std::size_t>(1 + random() % 6);
    const auto most = random() % window;
    std::vector<int> lost(40);
    for (std::size_t i = 0; i < lost.size(); ++i) {
      const std::size_t first = i + 1 >= window ? i + 1 - window : 0;
      const auto in_window = std::count(lost.begin() + static_cast<std::ptrdiff_t>(first),
                                        lost.begin() + static_cast<std::ptrdiff_t>(i), 1);
      lost[i] = static_cast<std::uint64_t>(in_window) < most && random() % 3 != 0 ? 1 : 0;
    }
    const Supply supply{static_cast<std::int64_t>(most) * 1_ns,
                        static_cast<std::int64_t>(window) * 1_ns};
    for (std::size_t a = 0; a < lost.size(); ++a) {
      std::int64_t sum = 0;
      for (std::size_t b = a; b < lost.size(); ++b) {
        sum += lost[b];
        ASSERT_LE(sum * 1_ns, lost_supply(supply, static_cast<std::int64_t>(b + 1 - a) * 1_ns));
      }
    }
  }
}

TEST(SupplyBound, refuses_what_is_no_supply) {
  EXPECT_TRUE(validate(kTwoOfTen));
  EXPECT_FALSE(validate(Supply{-1_ns, 10_ns}));
  EXPECT_FALSE(validate(Supply{10_ns, 10_ns}));
  EXPECT_FALSE(validate(Supply{0_ns, 0_ns}));
  EXPECT_FALSE(validate(Supply{1_ns, Duration::max()}));
}

}  // namespace
}  // namespace aegis::theory
