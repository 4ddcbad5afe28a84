// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/rational.h"

#include <random>

#include <gtest/gtest.h>

#include "aegis/base/wide_integer.h"

namespace aegis {
namespace {

TEST(Rational, a_set_at_exactly_full_utilisation_is_not_above_one) {
  Rational sum;
  for (int i = 0; i < 3; ++i) sum = sum + Rational(1, 3);
  EXPECT_EQ(sum, Rational(1));
  EXPECT_GT(sum + Rational(1, 1'000'000'000'000), Rational(1));
}

TEST(Rational, agrees_with_128_bit_arithmetic) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t a = random() >> 33, b = (random() >> 33) + 1, c = random() >> 33,
                        d = (random() >> 33) + 1;
    const auto left = static_cast<Uint128>(a) * d, right = static_cast<Uint128>(c) * b;
    EXPECT_EQ(Rational(a, b) < Rational(c, d), left < right);
    EXPECT_EQ(Rational(a, b) + Rational(c, d), Rational(c, d) + Rational(a, b));
    EXPECT_EQ((Rational(a, b) + Rational(c, d)) * Rational(2),
              Rational(a, b) * Rational(2) + Rational(c, d) * Rational(2));
  }
}

TEST(Rational, stays_exact_and_printable_with_hundreds_of_nanosecond_periods) {
  Rational sum;
  for (std::uint64_t i = 0; i < 300; ++i) sum = sum + Rational(1'000'003 + i, 300'000'007 + i * 17);
  EXPECT_NEAR(sum.to_double(), 1.0, 0.01);
  EXPECT_LT(sum, sum + Rational(1, UINT64_MAX));
}

}  // namespace
}  // namespace aegis
