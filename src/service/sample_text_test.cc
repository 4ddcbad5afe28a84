// SPDX-License-Identifier: Apache-2.0
#include "sample_text.h"

#include <random>

#include <zstd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base64.h"

namespace aegis::service {
namespace {

using namespace time_literals;
using scheduler::Sample;
using testing::HasSubstr;

std::vector<Sample> around_five_milliseconds(std::size_t count) {
  std::mt19937_64 random(7);
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < count; ++i) {
    const Duration execution =
        5_ms + Duration::nanoseconds(static_cast<std::int64_t>(random() % 200'000));
    samples.push_back({.execution = execution, .excluded = random() % 50 == 0});
  }
  return samples;
}

std::string zstd_text(const std::string& bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  return to_base64(packed);
}

std::string why(const Result<std::vector<Sample>>& refused) {
  return refused ? "taken" : refused.error().message();
}

TEST(SampleText, samples_come_back_in_order_with_their_marks) {
  for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
    const auto samples = around_five_milliseconds(count);
    const auto back = unpack_samples(pack_samples(samples), count);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, samples);
  }
}

TEST(SampleText, the_shortest_and_the_longest_come_back) {
  const std::vector<Sample> samples{{1_ns}, {kLongestSample, true}, {1_ns, true}, {kLongestSample}};
  EXPECT_EQ(unpack_samples(pack_samples(samples), 4).value(), samples);
}

TEST(SampleText, takes_less_than_four_characters_a_sample) {
  EXPECT_LT(pack_samples(around_five_milliseconds(1000)).size(), 4000U);
}

TEST(SampleText, another_number_of_samples_is_refused) {
  const std::string text = pack_samples(around_five_milliseconds(100));
  for (const std::size_t count : {0U, 50U, 99U, 101U, 1000U}) {
    EXPECT_THAT(why(unpack_samples(text, count)), HasSubstr("as stated")) << count;
  }
}

TEST(SampleText, of_other_size_than_time_is_refused) {
  for (const Duration absurd : {0_ns, -(1_ns), kLongestSample + 1_ns}) {
    EXPECT_THAT(why(unpack_samples(pack_samples({{absurd}}), 1)), HasSubstr("1 ns to 1 h"));
  }
  EXPECT_FALSE(unpack_samples(pack_samples({{Duration::max() / 4}}), 1));
}

TEST(SampleText, a_bomb_is_not_unpacked_beyond_the_samples_stated) {
  const std::string bomb = zstd_text(std::string(64U << 20, '\x02'));
  ASSERT_LT(bomb.size(), 20'000U);
  EXPECT_THAT(why(unpack_samples(bomb, 10)), HasSubstr("as many as stated"));
}

TEST(SampleText, numbers_without_an_end_are_refused) {
  EXPECT_FALSE(unpack_samples(zstd_text("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 2));
  EXPECT_FALSE(unpack_samples(zstd_text("\x80"), 1));
}

TEST(SampleText, what_is_not_packed_is_refused) {
  EXPECT_THAT(why(unpack_samples("no base64!", 1)), HasSubstr("Base64"));
  EXPECT_THAT(why(unpack_samples(to_base64("no zstd"), 1)), HasSubstr("zstd"));
  EXPECT_THAT(why(unpack_samples("", 1)), HasSubstr("as stated"));
}

TEST(SampleText, never_crashes_on_mutated_bytes) {
  const std::string bytes = from_base64(pack_samples(around_five_milliseconds(200))).value();
  std::mt19937_64 random(13);
  for (int i = 0; i < 20'000; ++i) {
    std::string mutated = bytes;
    for (std::uint64_t edits = 1 + random() % 4; edits > 0; --edits) {
      mutated[random() % mutated.size()] = static_cast<char>(random());
    }
    const auto read = unpack_samples(to_base64(mutated), 200);
    if (read) {
      EXPECT_EQ(read->size(), 200U);
    }
  }
}

}  // namespace
}  // namespace aegis::service
