// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/service/audit.h"
#include "aegis/service/export.h"
#include "aegis/trace/recorder.h"
#include "aegis/trace/trace_file.h"

namespace aegis::service {
namespace {

using testing::HasSubstr;
using trace::Event;
using trace::EventType;

// A trace of one lane with one task and two jobs: the first in time, the second late after an
// overrun.
class ExplainTest : public testing::Test {
 protected:
  void SetUp() override {
    // Tests of one fixture run at the same time: each has a file of its own.
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    path_ = std::filesystem::path(testing::TempDir()) / ("explain_" + name + ".aegis");
    trace::Recorder recorder;
    recorder.declare(trace::LaneDeclaration{
        .id = LaneId{0}, .name = "lane0", .device = "cpu", .policy = "edf", .admitted = true});
    recorder.declare(trace::TaskDeclaration{.id = TaskId{0},
                                            .lane = LaneId{0},
                                            .name = "detector",
                                            .backend = "mock",
                                            .period = Duration::milliseconds(10),
                                            .deadline = Duration::milliseconds(5),
                                            .overload = "skip",
                                            .segment_wcets = {Duration::milliseconds(3)},
                                            .response_bound = Duration::milliseconds(3)});
    writer_ = recorder.add_thread("lane0");
    record_job(0, 10'000'000, 2'000'000);
    record_job(1, 20'000'000, 7'000'000);
    auto file = trace::TraceFileWriter::create(path_);
    ASSERT_TRUE(file);
    recorder.drain(**file);
    ASSERT_TRUE((*file)->finish(recorder));
  }

  void record(std::int64_t time, EventType type, std::uint64_t job,
              std::array<std::int64_t, 5> payload) {
    const bool of_lane = job == Event::kNoJob;
    writer_.record({.time_ns = time,
                    .job = job,
                    .task = of_lane ? TaskId::kNone : 0,
                    .lane = 0,
                    .type = type,
                    .payload = payload});
  }

  void record_job(std::uint64_t job, std::int64_t arrival, std::int64_t execution) {
    const std::int64_t end = arrival + execution;
    const bool late = execution > 5'000'000;
    record(arrival, EventType::kIdleEnd, Event::kNoJob, {arrival});
    record(arrival, EventType::kSubmitted, job, {arrival, 0, 0});
    record(arrival, EventType::kReleased, job,
           {arrival, arrival + 5'000'000, arrival + 5'000'000, 1});
    record(arrival, EventType::kSelected, job, {0, arrival + 5'000'000, 1, 0, TaskId::kNone});
    record(arrival, EventType::kSegmentStart, job, {0, 3'000'000});
    record(end, EventType::kSegmentEnd, job, {0, execution, -1, 0});
    if (late) {
      record(end, EventType::kOverrun, job, {0, execution, 3'000'000});
      record(end, EventType::kAssumptionViolated, job, {0, execution, 3'000'000, arrival});
    }
    record(end, EventType::kCompleted, job, {execution, execution - 5'000'000, execution, 0});
    if (late)
      record(end, EventType::kMissed, job,
             {execution - 5'000'000, 0, 1, arrival + 5'000'000, arrival});
    record(end, EventType::kIdleBegin, Event::kNoJob, {INT64_MAX});
  }

  std::filesystem::path path_;
  trace::Writer writer_;
};

TEST_F(ExplainTest, misses_are_told_with_their_cause) {
  const auto report = explain({.trace = path_, .misses = true});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->stories.size(), 1U);
  EXPECT_EQ(report->stories[0].job, (JobId{TaskId{0}, 1}));
  const std::string text = to_text(*report);
  EXPECT_THAT(text, HasSubstr("detector #1"));
  EXPECT_THAT(text, HasSubstr("MISSED"));
  EXPECT_THAT(to_json(*report), HasSubstr("\"missed\": true"));
}

TEST_F(ExplainTest, the_slowest_jobs_come_first) {
  const auto report = explain({.trace = path_, .slowest = "detector", .limit = 1});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->found, 2U);
  ASSERT_EQ(report->stories.size(), 1U);
  EXPECT_EQ(report->stories[0].job.sequence, 1U);
  EXPECT_THAT(to_text(*report), HasSubstr("and 1 more"));
}

TEST_F(ExplainTest, one_job_by_name) {
  const auto report = explain({.trace = path_, .job = "detector#0"});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->stories.at(0).missed);
}

TEST_F(ExplainTest, what_cannot_be_found_is_named) {
  for (const char* job :
       {"detector", "detector#", "detector#x", "#1", "nobody#1", "detector#7", "detector#-1"}) {
    const auto report = explain({.trace = path_, .job = job});
    ASSERT_FALSE(report) << job;
    EXPECT_EQ(report.error().code, ExitCode::kInput);
    EXPECT_EQ(report.error().message.find('\n'), std::string::npos);
  }
  EXPECT_THAT(explain({.trace = path_, .slowest = "nobody"}).error().message,
              HasSubstr("it has: detector"));
  EXPECT_THAT(explain({.trace = "/absent.aegis"}).error().message, HasSubstr("/absent.aegis"));
}

TEST_F(ExplainTest, without_a_question_it_gives_an_overview) {
  const auto report = explain({.trace = path_});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->overview);
  EXPECT_THAT(to_text(*report), HasSubstr("detector"));
  EXPECT_THAT(to_json(*report), HasSubstr("\"completed\": 2"));
}

TEST_F(ExplainTest, the_audit_agrees_with_the_trace) {
  const auto outcome = audit_trace(path_);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code(), ExitCode::kYes) << to_text(*outcome);
  EXPECT_THAT(to_json(*outcome), HasSubstr("\"selections_reconstructed\": 2"));
}

TEST_F(ExplainTest, exports_appear_whole_or_not_at_all) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "explain_test_exports";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  for (const char* name : {"perfetto", "json", "csv"}) {
    const auto report = export_trace(
        {.trace = path_, .format = *export_format_from(name), .output = folder / name});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->events, 19U);
    EXPECT_GT(std::filesystem::file_size(folder / name), 500U);
  }
  const auto refused = export_trace({.trace = path_, .output = folder / "absent" / "x"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::kEnvironment);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 3);
}

// The same trace with these events behind it.
void append(const std::filesystem::path& path, const std::vector<Event>& events) {
  const auto trace = trace::read_trace(path);
  ASSERT_TRUE(trace);
  trace::Recorder recorder;
  for (const auto& [id, lane] : trace->lanes) recorder.declare(lane);
  for (const auto& [id, task] : trace->tasks) recorder.declare(task);
  trace::Writer writer = recorder.add_thread("lane0");
  for (const Event& event : trace->events) writer.record(event);
  for (const Event& event : events) writer.record(event);
  auto file = trace::TraceFileWriter::create(path);
  ASSERT_TRUE(file);
  recorder.drain(**file);
  ASSERT_TRUE((*file)->finish(recorder));
}

TEST_F(ExplainTest, steps_over_jobs_without_a_number_or_a_lane) {
  const std::int64_t end = 30'000'000;
  append(path_, {{.time_ns = end, .task = 0, .lane = 0, .type = EventType::kCompleted},
                 {.time_ns = end, .job = 3, .task = 9, .type = EventType::kMissed}});
  const auto slowest = explain({.trace = path_, .slowest = "detector"});
  ASSERT_TRUE(slowest) << slowest.error().message;
  EXPECT_EQ(slowest->found, 2U);
  EXPECT_EQ(slowest->stories.size(), 2U);
  const auto misses = explain({.trace = path_, .misses = true});
  ASSERT_TRUE(misses) << misses.error().message;
  EXPECT_EQ(misses->found, 1U);
  EXPECT_EQ(explain({.trace = path_, .job = "detector#77"}).error().message,
            "the trace holds nothing of detector #77");
}

}  // namespace
}  // namespace aegis::service
