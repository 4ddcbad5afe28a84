// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/outages.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace aegis::theory {
namespace {

using namespace time_literals;

// By its definition, nanosecond by nanosecond.
Duration most_lost_in_any_window(const std::vector<Outage>& outages, Duration window) {
  std::vector<bool> lost;
  for (const Outage& outage : outages) {
    lost.resize(static_cast<std::size_t>(outage.begin.ns()), false);
    lost.resize(static_cast<std::size_t>(outage.end().ns()), true);
  }
  const auto length = static_cast<std::size_t>(window.ns());
  lost.resize(lost.size() + length, false);
  std::int64_t most = 0;
  for (std::size_t from = 0; from + length <= lost.size(); ++from) {
    const auto begin = lost.begin() + static_cast<std::ptrdiff_t>(from);
    most = std::max<std::int64_t>(most, std::count(begin, begin + window.ns(), true));
  }
  return Duration::nanoseconds(most);
}

std::vector<Supply> small_supplies() {
  std::vector<Supply> supplies;
  for (std::int64_t window = 2; window <= 12; ++window) {
    for (std::int64_t lost = 1; lost < window; ++lost) {
      supplies.push_back({lost * 1_ns, window * 1_ns});
    }
  }
  return supplies;
}

TEST(Outages, example_of_the_header) {
  const Supply supply{2_ms, 10_ms};
  const auto outages = front_loaded_outages(supply, TimePoint{} + 5_ms, 20_ms);
  const std::vector<Outage> expected = {{TimePoint{} + 5_ms, 2_ms}, {TimePoint{} + 15_ms, 2_ms}};
  EXPECT_EQ(outages, expected);
  EXPECT_TRUE(allowed_by(supply, outages));
  EXPECT_FALSE(allowed_by({2_ms - 1_ns, 10_ms}, outages));
  EXPECT_FALSE(allowed_by({2_ms, 10_ms + 1_ns}, outages));
}

TEST(Outages, of_a_full_supply_there_are_none) {
  EXPECT_TRUE(front_loaded_outages({}, TimePoint{}, 1_s).empty());
  EXPECT_TRUE(random_outages({}, 1_s, 7).empty());
  EXPECT_TRUE(allowed_by(Supply{}, std::vector<Outage>{}));
  EXPECT_FALSE(allowed_by(Supply{}, {{TimePoint{}, 1_ns}}));
  EXPECT_FALSE(allowed_by({2_ns, 2_ns}, std::vector<Outage>{}));
}

TEST(Outages, front_loaded_lose_what_the_bound_says_in_every_interval_from_the_start) {
  for (const Supply& supply : small_supplies()) {
    const auto outages = front_loaded_outages(supply, TimePoint{} + 3_ns, 60_ns);
    ASSERT_TRUE(allowed_by(supply, outages));
    for (Duration t; t <= 60_ns; t += 1_ns) {
      Duration lost;
      for (const Outage& outage : outages) {
        const TimePoint end = std::min(outage.end(), TimePoint{} + 3_ns + t);
        lost += std::max(Duration::zero(), end - outage.begin);
      }
      EXPECT_EQ(lost, lost_supply(supply, t)) << supply.lost.ns() << " in " << supply.window.ns();
    }
  }
}

TEST(Outages, random_ones_keep_the_bound_in_every_window_and_attain_it) {
  for (const Supply& supply : small_supplies()) {
    Duration most;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const auto outages = random_outages(supply, 100_ns, seed);
      ASSERT_TRUE(validate(outages));
      ASSERT_TRUE(allowed_by(supply, outages));
      most = std::max(most, most_lost_in_any_window(outages, supply.window));
      ASSERT_LE(most, supply.lost) << supply.window.ns() << " seed " << seed;
      EXPECT_EQ(outages, random_outages(supply, 100_ns, seed));
    }
    EXPECT_EQ(most, supply.lost);
  }
}

TEST(Outages, what_is_allowed_is_what_every_window_keeps) {
  for (const Supply& drawn : small_supplies()) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const auto outages = random_outages(drawn, 40_ns, seed);
      for (const Supply& asked : small_supplies()) {
        const bool keeps = most_lost_in_any_window(outages, asked.window) <= asked.lost;
        ASSERT_EQ(static_cast<bool>(allowed_by(asked, outages)), keeps)
            << asked.lost.ns() << " in " << asked.window.ns() << ", seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace aegis::theory
