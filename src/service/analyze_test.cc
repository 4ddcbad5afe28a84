// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/analyze.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace aegis::service {
namespace {

using namespace time_literals;
using theory::Verdict;
using theory::policy::Policy;

// A file that is gone with the test.
class TaskFile {
 public:
  explicit TaskFile(const std::string& content)
      : path_(testing::TempDir() + "aegis_analyze_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + ".csv") {
    std::ofstream(path_) << content;
  }
  TaskFile(const TaskFile&) = delete;
  TaskFile& operator=(const TaskFile&) = delete;
  ~TaskFile() { std::filesystem::remove(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

constexpr const char* kAdmitted = "Task,T,D,WCET\nA,100,50,20\nB,80,40,15\n";
constexpr const char* kRefused = "Task,T,D,WCET\nA,100,50,20\nB,80,40,15\nC,200,100,30\n";
constexpr const char* kSegmented =
    "Task,T,D,WCET,Segments\nA,100,50,20,\nB,80,40,15,\nC,200,100,30,15+15\n";

AnalyzeReport analyzed(const char* csv, theory::AnalysisOptions options = {}) {
  const TaskFile file(csv);
  const auto report = analyze({.file = file.path(), .unit = 1_ms, .options = options});
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? *report : AnalyzeReport{};
}

TEST(Analyze, admits_a_and_b_and_bounds_their_response_times) {
  const AnalyzeReport report = analyzed(kAdmitted);
  EXPECT_EQ(report.analysis.verdict, Verdict::kSchedulable);
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["verdict"], "schedulable");
  EXPECT_EQ(json["policy"], "edf");
  EXPECT_EQ(json["preemptive"], false);
  EXPECT_DOUBLE_EQ(json["utilisation"], 0.3875);
  ASSERT_EQ(json["tasks"].size(), 2U);
  EXPECT_EQ(json["tasks"][0]["id"], "A");
  // B blocks A, or A blocks B: 20 + 15 for either, since each is released once before the other's
  // deadline.
  EXPECT_EQ(json["tasks"][0]["wcrt_ns"], 35'000'000);
  EXPECT_EQ(json["tasks"][0]["deadline_ns"], 50'000'000);
  EXPECT_EQ(json["tasks"][0]["slack_ns"], 15'000'000);
  EXPECT_TRUE(json["failure"].is_null());
}

TEST(Analyze, refuses_c_with_the_interval_that_breaks) {
  const AnalyzeReport report = analyzed(kRefused);
  EXPECT_EQ(report.analysis.verdict, Verdict::kUnschedulable);
  const auto failure = nlohmann::json::parse(to_json(report))["failure"];
  EXPECT_EQ(failure["interval_ns"], 40'000'000);
  EXPECT_EQ(failure["demand_ns"], 15'000'000);
  EXPECT_EQ(failure["blocking_ns"], 30'000'000);
  EXPECT_EQ(failure["blocker"], "C");
}

TEST(Analyze, admits_c_in_two_segments_without_slack) {
  EXPECT_EQ(analyzed(kSegmented).analysis.verdict, Verdict::kSchedulable);
}

TEST(Analyze, charges_overheads_when_asked) {
  const theory::AnalysisOptions options{
      .overheads = {
          .release = 100_us, .dispatch = 50_us, .completion = 50_us, .clock_error = 1_us}};
  EXPECT_EQ(analyzed(kSegmented, options).analysis.verdict, Verdict::kUnschedulable);
}

TEST(Analyze, gives_static_priorities_in_the_order_of_the_lines) {
  // The first is the most important: with a long first task the second, urgent one misses; turned
  // round, none does.
  const theory::AnalysisOptions options{.policy = Policy::kStaticPriority,
                                        .preemption = theory::Preemption::kPreemptive};
  EXPECT_EQ(analyzed("Task,T,D,WCET\nslow,100,100,50\nfast,20,20,5\n", options).analysis.verdict,
            Verdict::kUnschedulable);
  EXPECT_EQ(analyzed("Task,T,D,WCET\nfast,20,20,5\nslow,100,100,50\n", options).analysis.verdict,
            Verdict::kSchedulable);
}

TEST(Analyze, keeps_the_order_of_keys_and_one_line) {
  const std::string json = to_json(analyzed(kRefused));
  EXPECT_TRUE(json.starts_with(
      R"({"schema":1,"verdict":"unschedulable","policy":"edf","preemptive":false,"theorem":)"));
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  EXPECT_EQ(json, to_json(analyzed(kRefused))) << "the same bytes for the same input";
}

TEST(Analyze, renders_names_that_json_must_escape) {
  const AnalyzeReport report = analyzed("Task,T,D,WCET\n\"caméra\\,100,50,20\n");
  EXPECT_EQ(nlohmann::json::parse(to_json(report))["tasks"][0]["id"], "\"caméra\\");
}

TEST(Analyze, shows_the_verdict_first_and_one_line_a_task) {
  const std::string text = to_text(analyzed(kRefused));
  EXPECT_TRUE(text.starts_with("unschedulable by edf, non-preemptive; utilisation 0.5375\n"))
      << text;
  for (const char* part : {"\nA ", "\nB ", "\nC ", "30 ms", "200 ms", "response bound"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
}

TEST(Analyze, passes_on_what_is_wrong_with_the_file) {
  const TaskFile file("Task,T,D,WCET\nA,0,50,20\n");
  const auto report = analyze({.file = file.path(), .unit = 1_ms, .options = {}});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, file.path().string() + ":2: T: must be greater than zero");
}

}  // namespace
}  // namespace aegis::service
