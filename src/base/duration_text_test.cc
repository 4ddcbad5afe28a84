// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/duration_text.h"

#include <random>

#include <gtest/gtest.h>

namespace aegis {
namespace {

using namespace time_literals;

TEST(ParseDuration, reads_what_people_write) {
  EXPECT_EQ(parse_duration("20ms").value(), 20_ms);
  EXPECT_EQ(parse_duration("1.5 us").value(), 1'500_ns);
  EXPECT_EQ(parse_duration("0.25s").value(), 250_ms);
  EXPECT_EQ(parse_duration("12 µs").value(), 12_us);
  EXPECT_EQ(parse_duration("2min").value(), 120_s);
  EXPECT_EQ(parse_duration("0ns").value(), Duration::zero());
}

TEST(ParseDuration, refuses_what_could_be_misread) {
  for (const char* text :
       {"", "20", "-5ms", "+5ms", "ms", "1.2.3ms", "5 parsec", "1.5ns", "0.0001us", "1e3ms",
        "nan ms", "99999999999999999999999ms", "200000000min", " 5ms", "5ms ", "5 m s"}) {
    EXPECT_FALSE(parse_duration(text)) << '"' << text << '"';
  }
}

TEST(FormatDuration, is_short_and_reads_well) {
  EXPECT_EQ(format_duration(20_ms), "20 ms");
  EXPECT_EQ(format_duration(1'500_ns), "1.500 us");
  EXPECT_EQ(format_duration(-3'250_us), "-3.250 ms");
  EXPECT_EQ(format_duration(Duration::zero()), "0 ns");
  EXPECT_EQ(format_duration(45_s), "45 s");
}

TEST(FormatDuration, of_whole_units_reads_back_exactly) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const Duration whole = Duration::microseconds(static_cast<std::int64_t>(random() % 1000));
    EXPECT_EQ(parse_duration(format_duration(whole)).value(), whole);
  }
}

}  // namespace
}  // namespace aegis
