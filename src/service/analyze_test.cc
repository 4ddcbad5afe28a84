// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/analyze.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aegis/service/certificate_file.h"

#include "analyze_files.h"

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

// Paths of a test's own, gone with it.
class Output {
 public:
  explicit Output(const std::string& name)
      : path_(testing::TempDir() + "aegis_analyze_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + "_" + name) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { std::filesystem::remove(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

Outcome<AnalyzeReport> asked(const char* csv, AnalyzeRequest request) {
  const TaskFile file(csv);
  request.file = file.path();
  return analyze(request);
}

nlohmann::json json_of(const AnalyzeReport& report) {
  return nlohmann::json::parse(to_json(report));
}

TEST(Analyze, leaves_out_of_the_json_what_was_not_asked_for) {
  const auto json = json_of(analyzed(kRefused));
  for (const char* key :
       {"witness", "advice", "sensitivity", "simulation", "lanes", "global", "notes"}) {
    EXPECT_FALSE(json.contains(key)) << key;
  }
}

TEST(Analyze, shows_how_b_misses_and_notes_where) {
  const Output picture("miss.svg");
  const auto report = asked(kRefused, {.witness = picture.path()});
  ASSERT_TRUE(report) << report.error().message;
  const auto witness = json_of(*report)["witness"];
  EXPECT_EQ(witness["task"], "B");
  EXPECT_EQ(witness["due_after_ns"], 40'000'000);
  EXPECT_EQ(witness["outages"], 0);
  // C began a nanosecond before B arrived.
  EXPECT_EQ(witness["done_after_ns"], 44'999'999);
  EXPECT_EQ(witness["late_by_ns"], 4'999'999);
  EXPECT_EQ(report->notes, std::vector<std::string>{"witness: " + picture.path().string()});
  EXPECT_NE(picture.text().find("45 ms &gt; 40 ms"), std::string::npos);
}

TEST(Analyze, advises_in_json_and_text) {
  const auto report = asked(kRefused, {.advice = true});
  ASSERT_TRUE(report) << report.error().message;
  const auto json = json_of(*report);
  EXPECT_EQ(json["advice"][0], "C: 2 segments of at most 15 ms each (now 1)");
  EXPECT_EQ(json["advice"].back(), "2 lanes would do: A, B | C");
  ASSERT_EQ(json["sensitivity"]["tasks"].size(), 3U);
  EXPECT_EQ(json["sensitivity"]["tasks"][2]["id"], "C");
  EXPECT_EQ(json["sensitivity"]["tasks"][2]["largest_wcet_ns"], 15'000'000);
  EXPECT_TRUE(json["sensitivity"]["tasks"][0]["largest_wcet_ns"].is_null());
  EXPECT_LT(json["sensitivity"]["critical_scaling_ppb"], 1'000'000'000);
  EXPECT_NE(to_text(*report).find("\n  2 lanes would do: A, B | C\n"), std::string::npos);
}

TEST(Analyze, simulates_within_the_bounds_and_the_same_for_a_seed) {
  const AnalyzeRequest request{.simulate = 10_s, .seed = 5};
  const auto report = asked(kSegmented, request);
  ASSERT_TRUE(report) << report.error().message;
  const auto simulation = json_of(*report)["simulation"];
  EXPECT_EQ(simulation["length_ns"], 10'000'000'000);
  EXPECT_EQ(simulation["seed"], 5);
  EXPECT_EQ(simulation["missed"], 0);
  EXPECT_EQ(simulation["longest_response_ns"].size(), 3U);
  EXPECT_TRUE(simulation["contradictions"].empty());
  EXPECT_EQ(exit_code_of(*report), ExitCode::kYes);
  EXPECT_EQ(to_json(*report), to_json(*asked(kSegmented, request)));
}

TEST(Analyze, a_simulation_that_contradicts_the_proof_is_a_failure_of_ours) {
  AnalyzeReport report = analyzed(kAdmitted);
  report.simulation = SimulationSummary{.length = 1_s,
                                        .seed = 1,
                                        .jobs = 1,
                                        .missed = 1,
                                        .longest_responses = {36_ms, std::nullopt},
                                        .contradictions = {TaskId{0}}};
  EXPECT_EQ(exit_code_of(report), ExitCode::kEnvironment);
  EXPECT_EQ(json_of(report)["simulation"]["contradictions"], nlohmann::json({"A"}));
  const std::string text = to_text(report);
  EXPECT_NE(text.find("1 job, 1 missed"), std::string::npos) << text;
  EXPECT_NE(text.find("CONTRADICTION: A was simulated beyond what was proved"), std::string::npos);
  report.simulation->contradictions.clear();
  EXPECT_EQ(exit_code_of(report), ExitCode::kYes);
}

TEST(Analyze, a_simulation_is_held_to_bounds_and_verdict) {
  AnalyzeReport report = analyzed(kAdmitted);
  report.analysis.tasks[1].response_time = 1_ms;
  ASSERT_FALSE(simulate_into({.simulate = 1_s}, report));
  EXPECT_EQ(report.simulation->contradictions, std::vector{TaskId{1}});
  EXPECT_EQ(exit_code_of(report), ExitCode::kEnvironment);

  AnalyzeReport wrong = analyzed("Task,T,D,WCET,BCET\nA,10,10,6,6\nB,10,10,6,6\n");
  EXPECT_EQ(wrong.analysis.verdict, Verdict::kUnschedulable);
  ASSERT_FALSE(simulate_into({.simulate = 1_s}, wrong));
  EXPECT_GT(wrong.simulation->missed, 0U);
  EXPECT_TRUE(wrong.simulation->contradictions.empty()) << "a refused set may miss";
  wrong.analysis.verdict = Verdict::kSchedulable;
  wrong.analysis.tasks.assign(2, {});
  ASSERT_FALSE(simulate_into({.simulate = 1_s}, wrong));
  EXPECT_FALSE(wrong.simulation->contradictions.empty());
}

TEST(Analyze, a_certificate_is_written_and_believed_of_its_set_only) {
  const Output certificate("c.json");
  const auto report = asked(kSegmented, {.certificate = certificate.path()});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_TRUE(report->certificate);
  const TaskFile own(kSegmented);
  const auto believed = check({.file = own.path(), .certificate = certificate.path()});
  ASSERT_TRUE(believed) << believed.error().message;
  EXPECT_TRUE(believed->believed) << believed->doubt;
  EXPECT_TRUE(
      to_text(*believed).starts_with("believed: schedulable by edf, non-preemptive: 3 tasks"));
  const auto json = nlohmann::json::parse(to_json(*believed));
  EXPECT_EQ(json["tasks"], 3);
  EXPECT_EQ(json["doubt"], "");
  EXPECT_GT(json["evidence"], 0);
  // The same file in another unit is another set.
  const auto other = check({.file = own.path(), .unit = 1_us, .certificate = certificate.path()});
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->believed);
  EXPECT_TRUE(to_text(*other).starts_with("not believed: "));
}

TEST(Analyze, a_certificate_under_another_name_of_theorem_is_not_believed) {
  const Output certificate("c.json");
  const auto report = asked(kAdmitted, {.certificate = certificate.path()});
  ASSERT_TRUE(report && report->certificate);
  theory::Certificate renamed = *report->certificate;
  renamed.theorem = "the moon is full";
  ASSERT_TRUE(save_certificate(certificate.path(), renamed));
  const TaskFile own(kAdmitted);
  const auto checked = check({.file = own.path(), .certificate = certificate.path()});
  ASSERT_TRUE(checked);
  EXPECT_FALSE(checked->believed);
  EXPECT_EQ(checked->doubt, "the theorem is not the one of this policy");
}

TEST(Analyze, places_on_lanes_and_says_how_many_were_asked_for) {
  const auto report = asked(kRefused, {.lanes = 2});
  ASSERT_TRUE(report) << report.error().message;
  const auto json = json_of(*report);
  EXPECT_EQ(json["lanes"][0]["tasks"], nlohmann::json({"A", "B"}));
  EXPECT_EQ(json["lanes"][1]["tasks"], nlohmann::json({"C"}));
  EXPECT_EQ(json["global"], "schedulable");
  const auto refused = asked("Task,T,D,WCET\nA,10,10,9\nB,10,10,9\nC,10,10,9\n", {.lanes = 2});
  ASSERT_TRUE(refused);
  EXPECT_TRUE(to_text(*refused).starts_with("unschedulable on 2 lanes by edf"));
}

TEST(Analyze, finds_the_miss_that_a_theorem_cannot_decide) {
  const auto report = asked("Task,T,D,WCET,Priority\nA,100,50,20,1\nB,80,40,25,1\nC,200,40,10,1\n",
                            {.options = {.policy = Policy::kStaticPriority}});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->analysis.verdict, Verdict::kUnschedulable);
  EXPECT_TRUE(report->analysis.reason.starts_with("a behaviour was found in which "));
  ASSERT_TRUE(report->witness);
  EXPECT_TRUE(report->witness->late.missed());
}

TEST(Analyze, does_not_begin_a_search_that_would_not_fit) {
  const auto report = asked("Task,T,D,WCET,Jitter\nA,100,8640000000,20,8640000000\nB,80,40,15,0\n",
                            {.options = {.policy = Policy::kFifo}});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->witness);
  ASSERT_EQ(report->notes.size(), 1U);
  EXPECT_TRUE(report->notes[0].starts_with("no search for a miss: "));
}

std::string problem_of(const char* csv, AnalyzeRequest request) {
  const auto report = asked(csv, std::move(request));
  if (report) return "none";
  EXPECT_EQ(report.error().code, ExitCode::kInput);
  return report.error().message;
}

TEST(Analyze, refuses_a_request_that_contradicts_itself) {
  const auto starts = [](const std::string& problem, const char* with) {
    EXPECT_TRUE(problem.starts_with(with)) << problem;
  };
  starts(problem_of(kAdmitted, {.options = {.supply = {5_ms, 5_ms}}}), "--lost and --window: ");
  starts(problem_of(kAdmitted, {.simulate = 0_ns}), "--simulate: expected a time above zero");
  starts(problem_of(kAdmitted, {.simulate = 1'000'000'000_s}), "--simulate: over 5000000 jobs");
  starts(problem_of(kAdmitted, {.trace = "t.aegis"}), "--trace needs --simulate");
  starts(problem_of(kAdmitted, {.lanes = 0}), "--lanes: expected 1 to 10000");
  starts(problem_of(kAdmitted, {.lanes = 2, .advice = true}), "--lanes goes with no other output");
  starts(problem_of(kAdmitted, {.demand = "same", .certificate = "./same"}),
         "./same: named for two");
  starts(problem_of(kAdmitted,
                    {.options = {.preemption = theory::Preemption::kPreemptive}, .witness = "w"}),
         "--witness: a trace records segments whole");
  starts(problem_of(kAdmitted, {.options = {.blocking = theory::Blocking::started_before(0_ns)}}),
         "--tick: expected a time above zero");
  starts(problem_of(kAdmitted, {.options = {.blocking = theory::Blocking::started_before(1_ms),
                                            .overheads = {.dispatch = 1_us}}}),
         "--tick: expected times in whole ticks of 1 ms; found 1 us");
  starts(problem_of(kAdmitted, {.options = {.overheads = {.release = Duration::max()}}}),
         "the set's times and overheads sum to over 36 years");
  starts(problem_of(kAdmitted, {.options = {.blocking = theory::Blocking::closed().with_best_effort(
                                                Duration::max())}}),
         "--best-effort: longer than 36 years");
}

TEST(Analyze, a_place_that_cannot_be_written_is_found_before_anything_is) {
  const Output certificate("c.json");
  const auto report =
      asked(kAdmitted, {.demand = "/nonexistent/d.svg", .certificate = certificate.path()});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ExitCode::kEnvironment);
  EXPECT_FALSE(std::filesystem::exists(certificate.path()));
}

TEST(Analyze, a_limit_is_shown_with_every_digit) {
  // 15 + 20 > 34.999: A needs a deadline of 35 ms, or B at most 14.999 ms.
  const TaskFile file("Task,T,D,WCET\nA,100,34.999,20\nB,80,40,15\n");
  const auto report = analyze({.file = file.path(), .unit = 1_ms, .advice = true});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->sensitivity->tasks[0].smallest_deadline,
            std::optional(RelativeDeadline{35_ms}));
  EXPECT_EQ(report->sensitivity->tasks[1].largest_wcet, 14'999_us);
  EXPECT_NE(to_text(*report).find(" 14.999 ms"), std::string::npos) << to_text(*report);
}

}  // namespace
}  // namespace aegis::service
