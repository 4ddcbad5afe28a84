// SPDX-License-Identifier: Apache-2.0
#include "plain_text.h"

#include <array>

#include <gtest/gtest.h>

namespace aegis::service {
namespace {

TEST(Utf8, accepts_every_length_of_character) {
  EXPECT_EQ(first_invalid_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82"), std::nullopt);
  EXPECT_EQ(first_invalid_utf8(""), std::nullopt);
}

TEST(Utf8, names_the_first_byte_that_is_not) {
  EXPECT_EQ(first_invalid_utf8("ab\xFF"), 2U);
  EXPECT_EQ(first_invalid_utf8("\x80"), 0U);
  EXPECT_EQ(first_invalid_utf8("a\xC3"), 1U) << "cut in the middle";
  EXPECT_EQ(first_invalid_utf8("a\xE2\x82"), 1U) << "cut in the middle";
  EXPECT_EQ(first_invalid_utf8("\xF0\x9F\x99"), 0U) << "cut in the middle";
}

TEST(Utf8, refuses_what_decodes_but_is_forbidden) {
  EXPECT_EQ(first_invalid_utf8("\xC0\x80"), 0U) << "overlong NUL";
  EXPECT_EQ(first_invalid_utf8("\xE0\x80\x80"), 0U) << "overlong";
  EXPECT_EQ(first_invalid_utf8("\xF0\x80\x80\x80"), 0U) << "overlong";
  EXPECT_EQ(first_invalid_utf8("\xED\xA0\x80"), 0U) << "surrogate";
  EXPECT_EQ(first_invalid_utf8("\xF4\x90\x80\x80"), 0U) << "past U+10FFFF";
  EXPECT_EQ(first_invalid_utf8("\xF5\x80\x80\x80"), 0U) << "past U+10FFFF";
}

TEST(PlainText, spells_out_what_would_break_the_line) {
  EXPECT_EQ(one_line("a\nb\tc\x1B[31m"), "a\\x0ab\\x09c\\x1b[31m");
  EXPECT_EQ(one_line("\xFF\xC3\xA9"), "\\xff\xC3\xA9");
  EXPECT_TRUE(has_control_character(std::string_view("a\0b", 3)));
  EXPECT_FALSE(has_control_character("plain"));
}

TEST(PlainText, quotes_enough_to_recognise_a_value) {
  EXPECT_EQ(in_quotes("20ms"), "\"20ms\"");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), '"' + std::string(40, 'x') + "...\"");
  EXPECT_EQ(in_quotes(std::string(39, 'x') + "\xC3\xA9\xC3\xA9"),
            '"' + std::string(39, 'x') + "...\"")
      << "cut between characters";
}

TEST(EditDistance, counts_a_swap_of_neighbours_once) {
  EXPECT_EQ(edit_distance("period", "period"), 0U);
  EXPECT_EQ(edit_distance("perid", "period"), 1U);
  EXPECT_EQ(edit_distance("peroid", "period"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(NearestWord, suggests_only_what_is_near) {
  constexpr std::array<std::string_view, 3> kKnown{"period", "deadline", "path"};
  EXPECT_EQ(nearest_word("perod", kKnown), "period");
  EXPECT_EQ(nearest_word("deadlines", kKnown), "deadline");
  EXPECT_EQ(nearest_word("Path", kKnown), "path");
  EXPECT_EQ(nearest_word("colour", kKnown), std::nullopt);
  EXPECT_EQ(nearest_word("x", std::array<std::string_view, 1>{"T"}), std::nullopt);
  EXPECT_EQ(nearest_word(std::string(1'000'000, 'p'), kKnown), std::nullopt);
}

}  // namespace
}  // namespace aegis::service
