// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/task_csv.h"

#include <set>

#include <gtest/gtest.h>

#include "decimal_time.h"
#include "golden_cases.h"
#include "mutation.h"

namespace aegis::service {
namespace {

using namespace time_literals;

// The running example of this project, milliseconds.
constexpr const char* kRunningExample =
    "Task,T,D,BCET,WCET,Jitter\nA,100,50,0,20,0\nB,80,40,0,15,0\nC,200,100,0,30,0\n";

theory::TaskSet parsed(std::string_view text, Duration unit = 1_ms) {
  const Parsed<theory::TaskSet> tasks = parse_task_csv(text, "t.csv", unit);
  EXPECT_TRUE(tasks) << (tasks ? "" : tasks.error().message());
  return tasks ? *tasks : theory::TaskSet{};
}

std::string refusal(std::string_view text, Duration unit = 1_ms) {
  const Parsed<theory::TaskSet> tasks = parse_task_csv(text, "t.csv", unit);
  return tasks ? "accepted" : tasks.error().message();
}

TEST(TaskCsv, reads_the_running_example) {
  const theory::TaskSet tasks = parsed(kRunningExample);
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[1].id, TaskId{1});
  EXPECT_EQ(tasks[1].name, "B");
  EXPECT_EQ(tasks[1].period, 80_ms);
  EXPECT_EQ(tasks[1].deadline.value, 40_ms);
  ASSERT_EQ(tasks[1].segments.size(), 1U);
  EXPECT_EQ(tasks[1].segments[0].wcet, 15_ms);
  EXPECT_EQ(tasks[1].release_jitter, Duration::zero());
  EXPECT_EQ(tasks[1].offset, std::nullopt) << "sporadic";
  EXPECT_EQ(tasks[1].priority.value, 1) << "the order of the lines";
}

TEST(TaskCsv, takes_columns_in_any_order_and_spaces_around_cells) {
  const theory::TaskSet tasks = parsed(" WCET , D,T ,Task\n 20,50 ,100, camera left \n");
  EXPECT_EQ(tasks[0].name, "camera left");
  EXPECT_EQ(tasks[0].segments[0].wcet, 20_ms);
  EXPECT_EQ(tasks[0].segments[0].bcet, Duration::zero());
  EXPECT_EQ(tasks[0].deadline.value, 50_ms);
}

TEST(TaskCsv, takes_a_byte_order_mark_windows_line_ends_and_empty_lines) {
  EXPECT_EQ(parsed("\xEF\xBB\xBF\r\nTask,T,D,WCET\r\n\r\nA,100,50,20\r\n  \r\n").size(), 1U);
  EXPECT_EQ(parsed("Task,T,D,WCET\nA,100,50,20").size(), 1U) << "no newline at the end";
}

TEST(TaskCsv, refuses_sums_that_no_analysis_takes_with_the_line) {
  std::string text = "Task,T,D,WCET\n";
  // 100 days twice and a millisecond a line: the 67th passes 2^60 ns.
  for (int i = 0; i < 66; ++i) text += "t" + std::to_string(i) + ",8640000000,8640000000,1\n";
  EXPECT_TRUE(theory::validate(parsed(text)));
  EXPECT_EQ(
      refusal(text + "last,8640000000,8640000000,1\n"),
      "t.csv:68: the times of the lines up to here sum to over 36 years, more than is analysed");
}

TEST(TaskCsv, takes_a_jitter_beyond_period_and_deadline) {
  const theory::TaskSet tasks = parsed("Task,T,D,WCET,Jitter\nA,100,50,20,250\n");
  EXPECT_EQ(tasks[0].release_jitter, 250_ms);
  EXPECT_TRUE(theory::validate(tasks));
}

TEST(TaskCsv, reads_decimals_exactly_in_every_unit) {
  const std::string_view text = "Task,T,D,WCET\nA,100.5,50,0.001\n";
  EXPECT_EQ(parsed(text, 1_us).front().segments[0].wcet, 1_ns);
  EXPECT_EQ(parsed(text, 1_us).front().period, 100'500_ns);
  EXPECT_EQ(parsed(text, 1_ms).front().segments[0].wcet, 1_us);
  EXPECT_EQ(parsed(text, 1_s).front().period, 100'500_ms);
  EXPECT_EQ(refusal(text, 1_ns), "t.csv:2: T: finer than one nanosecond: \"100.5\"");
}

TEST(TaskCsv, splits_the_wcet_into_segments) {
  //  WCET 30 = 10 + 15 + 5, BCET 20: the other two segments contain at most 20, 15 and 25 of it.
  const theory::TaskSet tasks =
      parsed("Task,T,D,BCET,WCET,Segments\nC,200,100,20,30,10 + 15+5\nD,200,100,20,30,\n");
  ASSERT_EQ(tasks[0].segments.size(), 3U);
  EXPECT_EQ(tasks[0].segments[1].wcet, 15_ms);
  EXPECT_EQ(tasks[0].segments[0].bcet, 0_ms);
  EXPECT_EQ(tasks[0].segments[1].bcet, 5_ms);
  EXPECT_EQ(tasks[0].segments[2].bcet, 0_ms);
  ASSERT_EQ(tasks[1].segments.size(), 1U) << "an empty cell: one segment";
  EXPECT_EQ(tasks[1].segments[0].bcet, 20_ms);
}

TEST(TaskCsv, takes_priorities_from_their_column) {
  const theory::TaskSet tasks = parsed("Task,T,D,WCET,Priority\nA,9,9,1,7\nB,9,9,1,-2\n");
  EXPECT_EQ(tasks[0].priority.value, 7);
  EXPECT_EQ(tasks[1].priority.value, -2);
}

TEST(TaskCsv, leaves_what_cannot_be_scheduled_to_the_analysis) {
  EXPECT_EQ(parsed("Task,T,D,WCET,Jitter\nA,10,5,20,100\n").size(), 1U);
}

TEST(DecimalTime, keeps_leading_and_trailing_zeros_out_of_the_count) {
  EXPECT_EQ(parse_decimal_time("0000000000000000000000001.50000000000000000000000", 1_ms).value(),
            1'500_us);
  EXPECT_EQ(parse_decimal_time("7.", 1_ms).value(), 7_ms);
  EXPECT_EQ(parse_decimal_time(".5", 1_ms).value(), 500_us);
  EXPECT_EQ(parse_decimal_time("8640000", 1_s).value(), kLongestDecimalTime);
}

TEST(TaskCsvRefusal, names_file_line_and_column_of_every_mistake) {
  const auto cases = test::read_golden_cases("malformed_task_csvs.txt");
  EXPECT_GE(cases.size(), 55U);
  for (const auto& [input, message] : cases) {
    EXPECT_PRED2(test::says, refusal(input), message) << input;
  }
}

TEST(TaskCsvRefusal, covers_bytes_that_no_text_file_holds) {
  using namespace std::string_view_literals;
  EXPECT_EQ(refusal("Task,T,D,WCET\nA\0,9,9,1\n"sv), "t.csv:2: contains a control character");
  EXPECT_EQ(refusal("Task,T,D,WCET\nA\x1B[31m,9,9,1\n"), "t.csv:2: contains a control character");
  EXPECT_EQ(refusal("Task,T,D,WCET\rA,9,9,1\r"), "t.csv:1: contains a control character");
  EXPECT_EQ(refusal("Task,T,D,WCET\nA\xFF,9,9,1\n"), "t.csv:2: not valid UTF-8");
  EXPECT_EQ(refusal("\xFF\xFET\0a\0"sv), "t.csv:1: not valid UTF-8") << "UTF-16";
}

TEST(TaskCsvRefusal, bounds_size_number_and_length) {
  EXPECT_EQ(refusal(std::string((16U << 20) + 1, 'x')), "t.csv: larger than 16 MiB");
  EXPECT_EQ(refusal("Task\n" + std::string((64U << 10) + 1, 'x')).substr(0, 8), "t.csv:1:");
  EXPECT_EQ(refusal("Task,T,D,WCET\n" + std::string((64U << 10) + 1, 'x')),
            "t.csv:2: longer than 65536 bytes");
  std::string many = "Task,T,D,WCET\n";
  for (int i = 0; i <= 10'000; ++i) many += std::to_string(i) + ",9,9,1\n";
  EXPECT_EQ(refusal(many), "t.csv:10002: more than 10000 tasks");
  std::string segments = "Task,T,D,WCET,Segments\nA,999,999,257,1";
  for (int i = 1; i < 257; ++i) segments += "+1";
  EXPECT_EQ(refusal(segments), "t.csv:2: Segments: more than 256 segments");
}

TEST(TaskCsvRefusal, names_a_file_that_cannot_be_read) {
  const auto missing = load_task_csv("/nonexistent/t.csv", 1_ms);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(),
            "/nonexistent/t.csv: cannot read: No such file or directory");
}

class TaskCsvFuzz : public testing::TestWithParam<std::uint64_t> {};

TEST_P(TaskCsvFuzz, every_damaged_file_is_parsed_or_refused_in_one_line) {
  constexpr const char* kGood =
      "Task,T,D,BCET,WCET,Jitter,Priority,Segments\nA,100,50,2.5,20,0,1,10+10\n"
      "B,80,40,0,15,1,2,\ncamera left,200,100,10,30,0.125,3,10+15+5\n";
  test::Mutator mutator(GetParam(), {",",
                                     ",,",
                                     "\n",
                                     "\r\n",
                                     "-1",
                                     "0",
                                     "1e9",
                                     "nan",
                                     "+",
                                     ".",
                                     "0.0000001",
                                     "9223372036854775808",
                                     "99999999999999999999999",
                                     "Task",
                                     "\xC3",
                                     "\xEF\xBB\xBF",
                                     "\t",
                                     "#",
                                     "\"",
                                     "A"});
  std::set<std::string> refusals;
  for (int i = 0; i < 2'500; ++i) {
    const std::string text = mutator.mutated(kGood);
    const Parsed<theory::TaskSet> tasks = parse_task_csv(text, "t.csv", 1_us);
    if (tasks) continue;
    const std::string message = tasks.error().message();
    refusals.insert(message);
    ASSERT_EQ(message.find_first_of("\n\r"), std::string::npos) << message << "\n" << text;
    ASSERT_TRUE(message.starts_with("t.csv:")) << message;
  }
  EXPECT_GT(refusals.size(), 200U) << "the mutations reach many different checks";
}

INSTANTIATE_TEST_SUITE_P(Seeds, TaskCsvFuzz, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace aegis::service
