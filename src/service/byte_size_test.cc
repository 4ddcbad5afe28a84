// SPDX-License-Identifier: Apache-2.0
#include "byte_size.h"

#include <gtest/gtest.h>

namespace aegis::service {
namespace {

TEST(ByteSize, reads_powers_of_1000_and_of_1024) {
  EXPECT_EQ(parse_byte_size("4096"), 4096U);
  EXPECT_EQ(parse_byte_size("4096B"), 4096U);
  EXPECT_EQ(parse_byte_size("500kB"), 500'000U);
  EXPECT_EQ(parse_byte_size("500k"), 500'000U);
  EXPECT_EQ(parse_byte_size("64MiB"), 64U << 20);
  EXPECT_EQ(parse_byte_size("64Mi"), 64U << 20);
  EXPECT_EQ(parse_byte_size("1 GiB"), 1U << 30);
  EXPECT_EQ(parse_byte_size("2GB"), 2'000'000'000U);
  EXPECT_EQ(parse_byte_size("16383TiB"), 16'383ULL << 40);
  EXPECT_EQ(parse_byte_size("18446744073709551615"), 18'446'744'073'709'551'615ULL);
}

TEST(ByteSize, refuses_what_could_be_misread) {
  for (const char* text :
       {"", "B", "MiB", "-1", "+1", "1.5GiB", "64mb", "64MIB", "64KB", "1e6", "0x10", " 64MiB",
        "64MiB ", "64  MiB", "64MiBB", "64BB", "18446744073709551616", "16777216TiB", "1PiB"}) {
    EXPECT_EQ(parse_byte_size(text), std::nullopt) << '"' << text << '"';
  }
}

}  // namespace
}  // namespace aegis::service
