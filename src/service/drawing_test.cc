// SPDX-License-Identifier: Apache-2.0
#include "drawing.h"

#include <gtest/gtest.h>

#include "svg_reading.h"

namespace aegis::service::drawing {
namespace {

using namespace time_literals;

std::vector<std::string> labels(const Ticks& ticks) {
  std::vector<std::string> labels;
  for (const Duration mark : ticks.marks()) labels.push_back(ticks.label(mark));
  return labels;
}

TEST(Drawing, escapes_markup_and_whatever_xml_does_not_know) {
  EXPECT_EQ(escaped("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
  EXPECT_EQ(escaped("x\x01\n\xff"), "x\\x01\\x0a\\xff");
  EXPECT_EQ(escaped("\xEF\xBF\xBF \xEF\xBF\xBE \xEF\xBF\xBD"),
            "\xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD");
  EXPECT_EQ(escaped("Größe 日本"), "Größe 日本");
}

TEST(Drawing, shortens_in_the_middle_and_between_characters) {
  EXPECT_EQ(shortened("camera", 100, 10), "camera");
  const std::string name = "perception/front/left/camera/object_detection";
  const std::string cut = shortened(name, 150, 13);
  EXPECT_LE(width_of(cut, 13), 150);
  EXPECT_TRUE(cut.starts_with("perc")) << cut;
  EXPECT_TRUE(cut.ends_with("tion")) << cut;
  EXPECT_EQ(test::count_of(cut, "…"), 1U);
  EXPECT_EQ(shortened("äöüäöüäöüäöü", 40, 10).find('\\'), std::string::npos);
  EXPECT_EQ(shortened("日本語日本語日本語", 45, 10), "日本…語");
}

TEST(Drawing, breaks_lines_between_words_and_long_words_within) {
  for (const std::string& line : lines_of("the tightest is radar: 7 ms of 20 ms", 90, 10)) {
    EXPECT_LE(width_of(line, 10), 90) << line;
    EXPECT_NE(line.front(), ' ');
  }
  EXPECT_EQ(lines_of("one two", 1000, 10), std::vector<std::string>{"one two"});
  EXPECT_TRUE(lines_of("", 100, 10).empty());
  std::string joined;
  for (const std::string& line : lines_of(std::string(100, 'x'), 60, 10)) joined += line;
  EXPECT_EQ(joined, std::string(100, 'x'));
}

TEST(Drawing, marks_an_axis_at_one_two_or_five) {
  const Ticks milliseconds(0_ms, 45_ms, 10);
  EXPECT_EQ(labels(milliseconds),
            (std::vector<std::string>{"0", "5", "10", "15", "20", "25", "30", "35", "40", "45"}));
  EXPECT_EQ(milliseconds.unit(), "ms");
  const Ticks seconds(Duration::milliseconds(900), Duration::milliseconds(2100), 4);
  EXPECT_EQ(labels(seconds), (std::vector<std::string>{"1.0", "1.5", "2.0"}));
  EXPECT_EQ(seconds.unit(), "s");
  EXPECT_EQ(labels(Ticks(-10_ms, 12_ms, 4)), (std::vector<std::string>{"-10", "0", "10"}));
  EXPECT_EQ(labels(Ticks(0_ns, 1_ns, 10)), (std::vector<std::string>{"0", "1"}));
  // A narrow window late in a simulation keeps apart what it shows.
  EXPECT_EQ(labels(Ticks(9876_ms, 9880_ms, 3)), (std::vector<std::string>{"9876", "9878", "9880"}));
  EXPECT_LE(Ticks(0_ns, Duration::nanoseconds(std::int64_t{1} << 62), 8).marks().size(), 8U);
}

TEST(Drawing, rounds_to_what_a_picture_can_show) {
  EXPECT_EQ(rounded(40_ms + 1_ns, 100_ms), "40 ms");
  EXPECT_EQ(rounded(5_ms - 1_ns, 100_ms), "5 ms");
  EXPECT_EQ(rounded(-(5_ms - 1_ns), 100_ms), "-5 ms");
  EXPECT_EQ(rounded(1_ns, 1_ns), "1 ns");
  EXPECT_EQ(rounded(0_ns, 1_ms), "0");
}

TEST(Drawing, is_a_document_whatever_the_words) {
  Svg svg;
  svg.text({1, 2}, "</text><script>", "class=\"name\"");
  const std::string document = svg.document(10, 20, "<&>", "\"");
  EXPECT_EQ(test::why_malformed(document), "");
  EXPECT_NE(test::why_malformed(document + "</svg>"), "");
  EXPECT_NE(test::why_malformed("<a>" + document), "");
  EXPECT_NE(test::why_malformed("<a>&</a>"), "");
}

}  // namespace
}  // namespace aegis::service::drawing
