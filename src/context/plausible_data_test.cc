// SPDX-License-Identifier: Apache-2.0
#include "plausible_data.h"

#include <cmath>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::context {
namespace {

// The value of a binary16 by its definition (IEEE 754-2019, 3.4), for normal numbers and zero.
double value_of_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  if (exponent == 0) return 0;
  const double magnitude = std::ldexp(1.0 + (bits & 0x3ff) / 1024.0, exponent - 15);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST(HalfOf1024ths, is_exact_over_its_whole_range) {
  for (int value = -1024; value <= 1024; ++value) {
    ASSERT_EQ(value_of_half(half_of_1024ths(value)), value / 1024.0) << value;
  }
}

template <class T>
std::vector<T> filled(ElementType type, std::uint64_t seed) {
  std::vector<T> values(1000);
  fill_with_plausible_data(type, std::as_writable_bytes(std::span(values)), seed);
  return values;
}

TEST(PlausibleData, stays_in_its_range_and_varies) {
  float least = 1;
  float most = -1;
  for (const float value : filled<float>(ElementType::kFloat32, 1)) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  EXPECT_GE(least, -1.0F);
  EXPECT_LT(least, -0.9F);
  EXPECT_LT(most, 1.0F);
  EXPECT_GT(most, 0.9F);
  for (const std::int64_t value : filled<std::int64_t>(ElementType::kInt64, 1)) {
    ASSERT_TRUE(value >= 0 && value < 16) << value;
  }
  for (const std::int32_t value : filled<std::int32_t>(ElementType::kInt32, 1)) {
    ASSERT_TRUE(value >= 0 && value < 16) << value;
  }
  for (const std::uint8_t value : filled<std::uint8_t>(ElementType::kBool, 1)) {
    ASSERT_LE(value, 1);
  }
  for (const std::uint16_t value : filled<std::uint16_t>(ElementType::kFloat16, 1)) {
    ASSERT_LE(std::abs(value_of_half(value)), 1.0);
  }
}

TEST(PlausibleData, depends_on_the_seed_alone) {
  EXPECT_EQ(filled<std::uint8_t>(ElementType::kUint8, 7),
            filled<std::uint8_t>(ElementType::kUint8, 7));
  EXPECT_NE(filled<std::uint8_t>(ElementType::kUint8, 7),
            filled<std::uint8_t>(ElementType::kUint8, 8));
  // mt19937_64's first output for its standard's default seed, shifted as for a byte: the same on
  // every machine.
  EXPECT_EQ(filled<std::uint8_t>(ElementType::kUint8, 5489)[0], 14514284786278117030ULL >> 56);
}

}  // namespace
}  // namespace aegis::context
