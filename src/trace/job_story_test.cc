// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/job_story.h"

#include <random>

#include <gtest/gtest.h>

#include "synthetic_lane.h"

namespace aegis::trace {
namespace {

constexpr std::int64_t kMs = 1'000'000;

std::vector<JobId> every_job(const Trace& trace) {
  std::vector<JobId> jobs;
  for (const Event& event : trace.events) {
    if (event.type == EventType::kSubmitted) jobs.push_back(event.job_id());
  }
  return jobs;
}

// The invariant of the header, over thousands of jobs under every policy: the parts are contiguous
// from the arrival to the end, so they sum up to the response time, and what is told as run is what
// the lane measured.
TEST(JobStory, its_parts_sum_up_to_the_response_time) {
  std::size_t jobs = 0;
  for (const char* policy : {"np_edf", "rm", "dm", "static", "fifo"}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const Trace trace = synthetic_trace({.policy = policy,
                                           .tasks = running_example(),
                                           .length = Duration::seconds(5),
                                           .seed = seed,
                                           .overrun_one_in = 7,
                                           .phase_ns = seed * 1'234'567});
      const Storyteller storyteller(trace);
      for (const JobId job : every_job(trace)) {
        const Result<JobStory> story = storyteller.tell(job);
        ASSERT_TRUE(story);
        TimePoint now = story->arrival;
        for (const Part& part : story->parts) {
          ASSERT_EQ(part.begin, now);
          ASSERT_GT(part.length, Duration::zero());
          now += part.length;
        }
        ASSERT_EQ(now, story->end) << to_text(trace, *story);
        ASSERT_EQ(story->response, story->end - story->arrival);
        ASSERT_EQ(story->total(PartKind::kIdle), Duration::zero());
        ASSERT_EQ(story->total(PartKind::kRun), story->execution);
        ++jobs;
      }
    }
  }
  EXPECT_GT(jobs, 2'000U);
}

// Two tasks by hand:
//
//   time ms   0        10        20        30
//   planner   |== segment 1 (0-12) ==|
//   detector       ^ arrives 1       |== 12-25 ==|
//   speech           ^ arrives 2                 |= 25-30 =|
//
// The detector (deadline +10) waits for the planner, which it outranks: 11 ms blocking.
class BlockedDetector {
 public:
  BlockedDetector() {
    put(0, EventType::kIdleEnd, TaskId::kNone);
    release(0, kPlanner, 0, 100);
    select(0, kPlanner, 100, 1);
    put(0, EventType::kSegmentStart, kPlanner, {0, 12 * kMs});
    put(12, EventType::kSegmentEnd, kPlanner, {0, 12 * kMs, -1, 0});
    release(12, kDetector, 1, 11);
    release(12, kSpeech, 2, 40);
    select(12, kDetector, 11, 3);
    put(12, EventType::kAlternative, kSpeech, {40 * kMs, 1, 0});
    put(12, EventType::kAlternative, kPlanner, {100 * kMs, 2, 1});
    put(12, EventType::kSegmentStart, kDetector, {0, 10 * kMs});
    put(25, EventType::kSegmentEnd, kDetector, {0, 13 * kMs, -1, 0});
    put(25, EventType::kOverrun, kDetector, {0, 13 * kMs, 10 * kMs});
    put(25, EventType::kCompleted, kDetector, {24 * kMs, 14 * kMs, 13 * kMs, 0});
    put(25, EventType::kMissed, kDetector,
        {14 * kMs, 1, static_cast<std::int64_t>(bit(Assumption::kWcet)), 11 * kMs, 1 * kMs});
    select(25, kSpeech, 40, 2);
    put(25, EventType::kSegmentStart, kSpeech, {0, 5 * kMs});
    put(30, EventType::kSegmentEnd, kSpeech, {0, 5 * kMs, -1, 0});
    put(30, EventType::kCompleted, kSpeech, {28 * kMs, -10 * kMs, 5 * kMs, 0});
  }

  // A job that never ran: its arrival, and the refusal.
  void refuse(std::int64_t ms, std::uint32_t task, std::int64_t arrival, RefusalReason reason) {
    put(ms, EventType::kSubmitted, task, {arrival * kMs, 0, 0}, 8);
    put(ms, EventType::kRefused, task, {static_cast<std::int64_t>(reason), 0}, 8);
  }
  void miss(std::int64_t ms, std::uint32_t task, Assumption named) {
    put(ms, EventType::kMissed, task, {0, 2, static_cast<std::int64_t>(bit(named))}, 8);
  }

  Trace trace(const char* policy = "np_edf") {
    Trace declared;
    declared.lanes[LaneId{0}] = {
        .id = LaneId{0}, .name = "lane0", .policy = policy, .admitted = true};
    const auto ms = [](std::int64_t n) { return Duration::milliseconds(n); };
    declared.tasks[TaskId{0}] = {.id = TaskId{0},
                                 .lane = LaneId{0},
                                 .name = "planner",
                                 .deadline = ms(100),
                                 .segment_wcets = {ms(12), ms(12)}};
    declared.tasks[TaskId{1}] = {.id = TaskId{1},
                                 .lane = LaneId{0},
                                 .name = "detector",
                                 .deadline = ms(10),
                                 .segment_wcets = {ms(10)},
                                 .response_bound = ms(22)};
    declared.tasks[TaskId{2}] = {.id = TaskId{2},
                                 .lane = LaneId{0},
                                 .name = "speech",
                                 .deadline = ms(38),
                                 .segment_wcets = {ms(5)}};
    return with_events(declared, events_);
  }

  static constexpr std::uint32_t kPlanner = 0;
  static constexpr std::uint32_t kDetector = 1;
  static constexpr std::uint32_t kSpeech = 2;

  void put(std::int64_t ms, EventType type, std::uint32_t task,
           std::array<std::int64_t, 5> payload = {}, std::uint64_t sequence = 7) {
    const std::uint64_t job = task == TaskId::kNone ? Event::kNoJob : sequence;
    events_.push_back({.time_ns = ms * kMs,
                       .job = job,
                       .task = task,
                       .lane = 0,
                       .type = type,
                       .payload = payload});
  }

 private:
  void release(std::int64_t ms, std::uint32_t task, std::int64_t arrival, std::int64_t deadline) {
    put(ms, EventType::kSubmitted, task, {arrival * kMs, 0, 0});
    put(ms, EventType::kReleased, task, {arrival * kMs, deadline * kMs, deadline * kMs, ++ready_});
  }
  void select(std::int64_t ms, std::uint32_t task, std::int64_t key, std::int64_t ready) {
    put(ms, EventType::kSelected, task, {0, key * kMs, ready, ready > 1 ? 1 : 0, 0});
  }

  std::int64_t ready_ = 0;
  std::vector<Event> events_;
};

TEST(JobStory, tells_whom_a_late_job_waited_for_and_why) {
  const Trace trace = BlockedDetector().trace();
  const Result<JobStory> story = Storyteller(trace).tell({TaskId{1}, 7});
  ASSERT_TRUE(story);
  ASSERT_EQ(story->parts.size(), 2U);
  EXPECT_EQ(story->parts[0].kind, PartKind::kBlocking);
  EXPECT_EQ(story->parts[0].length, Duration::milliseconds(11));
  EXPECT_EQ(story->parts[1].kind, PartKind::kRun);
  EXPECT_TRUE(story->missed);
  ASSERT_EQ(story->violations.size(), 1U);
  EXPECT_EQ(story->violations[0].assumption, Assumption::kWcet);
  EXPECT_EQ(to_text(trace, *story),
            "detector #7 (lane0, np_edf)\n"
            "  arrived 0.001000 s into the run, deadline +10 ms, proved response-time bound 22 ms\n"
            "      +0.000 ms  arrived (periodic)\n"
            "      +0.000 ms  waited 11.000 ms for planner #7 segment 1/2, already running "
            "(non-preemptible; lower priority: blocking)\n"
            "     +11.000 ms  released, ready with it: planner #7\n"
            "     +11.000 ms  chosen over speech #7, planner #7: its deadline is 29 ms earlier\n"
            "     +11.000 ms  ran for 13.000 ms (WCET 10.000 ms: OVERRUN)\n"
            "     +24.000 ms  completed\n"
            "  response 24.000 ms = ran 13.000 ms + waited 11.000 ms (planner #7 11.000 ms), "
            "of it blocking 11.000 ms + not yet seen 0.000 ms + hand-over 0.000 ms\n"
            "  BEYOND its proved bound of 22.000 ms by 2.000 ms\n"
            "  MISSED its deadline by 14.000 ms (hard)\n"
            "  because in its busy period:\n"
            "     +24.000 ms  detector #7 segment 1 ran 13 ms, its WCET is 10 ms\n");
}

TEST(JobStory, tells_why_another_job_was_chosen_instead) {
  const Trace trace = BlockedDetector().trace();
  const Result<JobStory> story = Storyteller(trace).tell({TaskId{2}, 7});
  ASSERT_TRUE(story);
  const std::string text = to_text(trace, *story);
  EXPECT_NE(text.find("waited 13.000 ms for detector #7, chosen instead of this one among 3: its "
                      "deadline is 29 ms earlier"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("met its deadline with 10.000 ms to spare"), std::string::npos) << text;
}

TEST(JobStory, a_job_that_the_trace_does_not_reach_the_end_of_is_pending) {
  const Trace trace = BlockedDetector().trace();
  const Result<JobStory> story = Storyteller(trace).tell({TaskId{0}, 7});
  ASSERT_TRUE(story);
  EXPECT_EQ(story->ending, JobEnding::kPending);
  EXPECT_EQ(story->response, Duration::milliseconds(30));
}

TEST(JobStory, an_unknown_job_is_not_found) {
  const Trace trace = BlockedDetector().trace();
  EXPECT_EQ(Storyteller(trace).tell({TaskId{9}, 0}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Storyteller(trace).missed(), (std::vector<JobId>{{TaskId{1}, 7}}));
}

std::string told(const Trace& trace, JobId job) {
  const Result<JobStory> story = Storyteller(trace).tell(job);
  return story ? to_text(trace, *story) : "not found";
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// The detector (deadline 11) runs until 25, speech #7 (deadline 40) until 30; speech #8 has 20
// + 38.
TEST(JobStory, a_refused_job_waits_for_whom_the_policy_puts_first_without_blocking) {
  BlockedDetector run;
  run.refuse(30, BlockedDetector::kSpeech, 20, RefusalReason::kOverload);
  const Trace trace = run.trace();
  const Result<JobStory> story = Storyteller(trace).tell({TaskId{2}, 8});
  ASSERT_TRUE(story);
  EXPECT_EQ(story->key, 58 * kMs);
  EXPECT_EQ(story->total(PartKind::kBlocking), Duration::zero());
  EXPECT_FALSE(contains(to_text(trace, *story), "blocking")) << to_text(trace, *story);
}

TEST(JobStory, a_refused_job_that_outranks_the_running_one_is_blocked) {
  BlockedDetector run;
  run.refuse(30, BlockedDetector::kDetector, 26, RefusalReason::kOverload);
  const Trace trace = run.trace();
  EXPECT_TRUE(contains(told(trace, {TaskId{1}, 8}), "lower priority: blocking"));
}

TEST(JobStory, a_key_that_nobody_knows_ranks_nothing) {
  BlockedDetector run;
  run.refuse(30, BlockedDetector::kDetector, 26, RefusalReason::kOverload);
  const Trace trace = run.trace("of tomorrow");
  const std::string text = told(trace, {TaskId{1}, 8});
  EXPECT_TRUE(contains(text, "already running (non-preemptible)")) << text;
}

TEST(JobStory, what_the_operator_took_away_before_its_deadline_is_no_miss) {
  BlockedDetector run;
  run.refuse(30, BlockedDetector::kSpeech, 28, RefusalReason::kDraining);
  run.put(30, EventType::kCompleted, BlockedDetector::kPlanner, {30 * kMs, -70 * kMs, 12 * kMs, 2});
  const Trace trace = run.trace();
  EXPECT_EQ(Storyteller(trace).missed(), (std::vector<JobId>{{TaskId{1}, 7}}));
  for (const JobId job : {JobId{TaskId{2}, 8}, JobId{TaskId{0}, 7}}) {
    const std::string text = told(trace, job);
    EXPECT_FALSE(contains(text, "MISSED")) << text;
    EXPECT_TRUE(contains(text, "not a miss: it was taken away before its deadline")) << text;
  }
}

TEST(JobStory, a_refusal_that_the_lane_counts_as_a_miss_is_told_as_one) {
  BlockedDetector run;
  run.refuse(30, BlockedDetector::kSpeech, 28, RefusalReason::kOverload);
  run.miss(30, BlockedDetector::kSpeech, Assumption::kWcet);
  const Trace trace = run.trace();
  EXPECT_EQ(Storyteller(trace).missed().size(), 2U);
  EXPECT_TRUE(contains(told(trace, {TaskId{2}, 8}), "MISSED"));
}

TEST(JobStory, what_follows_the_end_of_a_job_is_no_cause_of_its_miss) {
  BlockedDetector run;
  run.put(29, EventType::kLost, TaskId::kNone, {1 * kMs, 0, 28 * kMs});
  const Trace trace = run.trace();
  const Result<JobStory> story = Storyteller(trace).tell({TaskId{1}, 7});
  ASSERT_TRUE(story);
  EXPECT_EQ(story->violations.size(), 1U);
  EXPECT_TRUE(story->violated_later);
  EXPECT_FALSE(contains(to_text(trace, *story), "lost the processor"));
}

TEST(JobStory, a_job_in_time_is_told_without_the_violations_around_it) {
  const Trace trace = BlockedDetector().trace();
  const Result<JobStory> story = Storyteller(trace).tell({TaskId{2}, 7});
  ASSERT_TRUE(story);
  EXPECT_TRUE(story->violations.empty());
  EXPECT_FALSE(contains(to_text(trace, *story), "because"));
}

// Of twenty overruns and a loss of time, with a miss that names the overruns.
TEST(JobStory, a_miss_is_told_with_a_few_violations_of_what_it_names) {
  BlockedDetector run;
  run.put(30, EventType::kLost, TaskId::kNone, {1 * kMs, 0, 28 * kMs});
  for (int i = 0; i < 14; ++i) {
    run.put(30, EventType::kOverrun, BlockedDetector::kSpeech, {0, 6 * kMs, 5 * kMs});
  }
  run.refuse(30, BlockedDetector::kSpeech, 28, RefusalReason::kOverload);
  run.miss(30, BlockedDetector::kSpeech, Assumption::kWcet);
  const Trace trace = run.trace();
  const std::string text = told(trace, {TaskId{2}, 8});
  EXPECT_FALSE(contains(text, "lost the processor")) << text;
  EXPECT_TRUE(contains(text, "and 12 more: "))
      << text;  // the detector's and two of speech are told
  EXPECT_TRUE(contains(text, "MISSED: it never ran")) << text;
}

TEST(JobStory, a_named_assumption_without_an_event_is_told_by_its_name) {
  BlockedDetector run;
  run.refuse(0, BlockedDetector::kSpeech, 0, RefusalReason::kOverload);
  run.miss(0, BlockedDetector::kSpeech, Assumption::kRealTimeDenied);
  const std::string name(to_string(Assumption::kRealTimeDenied));
  const std::string text = told(run.trace(), {TaskId{2}, 8});
  EXPECT_TRUE(contains(text, ("because of: " + name).c_str())) << text;
}

// A speech job that fails at 82 ms, 51 ms after its deadline.
std::string failed_speech(SegmentOutcome segment) {
  constexpr auto kSpeech = BlockedDetector::kSpeech;
  constexpr auto kFault = static_cast<std::int64_t>(bit(Assumption::kFault));
  BlockedDetector run;
  run.put(31, EventType::kReleased, kSpeech, {0, 31 * kMs, 31 * kMs, 1}, 9);
  run.put(31, EventType::kSegmentStart, kSpeech, {0, 5 * kMs}, 9);
  run.put(82, EventType::kSegmentEnd, kSpeech,
          {0, 51 * kMs, -1, static_cast<std::int64_t>(segment)}, 9);
  run.put(82, EventType::kCompleted, kSpeech, {82 * kMs, 51 * kMs, 51 * kMs, 1}, 9);
  run.put(82, EventType::kMissed, kSpeech, {51 * kMs, 2, kFault, 31 * kMs}, 9);
  return told(run.trace(), {TaskId{2}, 9});
}

TEST(JobStory, a_failed_job_missed_because_it_failed) {
  const std::string text = failed_speech(SegmentOutcome::kFailed);
  EXPECT_TRUE(contains(text, "failed: the model reported an error\n")) << text;
  EXPECT_TRUE(contains(text, "MISSED: it failed\n")) << text;
}

TEST(JobStory, a_job_that_the_watchdog_cancelled_did_not_report_an_error) {
  const std::string text = failed_speech(SegmentOutcome::kCancelled);
  EXPECT_TRUE(contains(text, "cancelled: ran longer than the hang limit\n")) << text;
  EXPECT_TRUE(contains(text, "MISSED: it was cancelled\n")) << text;
  EXPECT_FALSE(contains(text, "reported an error")) << text;
}

TEST(JobStory, a_late_job_without_a_recorded_miss_is_not_told_as_in_time) {
  BlockedDetector run;
  const auto late = run.trace();
  std::vector<Event> events = late.events;
  std::erase_if(events, [](const Event& event) { return event.type == EventType::kMissed; });
  const std::string text = told(with_events(late, events), {TaskId{1}, 7});
  EXPECT_TRUE(contains(text, "ended 14.000 ms after its deadline")) << text;
  EXPECT_TRUE(contains(text, "its WCET is 10 ms")) << text;  // why it is beyond its bound
}

TEST(JobStory, no_job_arrives_before_the_run) {
  Trace trace = BlockedDetector().trace();
  trace.session.start_time_ns = 5 * kMs;  // read after the first arrivals
  EXPECT_TRUE(contains(told(trace, {TaskId{1}, 7}), "arrived 0.001000 s into the run"));
  trace.events.front().time_ns = 3 * kMs;
  EXPECT_TRUE(contains(told(trace, {TaskId{1}, 7}), "arrived 0.000000 s into the run"));
}

// Any payload makes a story, if not a sensible one.
TEST(JobStory, survives_arbitrary_payloads) {
  const Trace good = synthetic_trace({.tasks = running_example()});
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Event> events = good.events;
    for (int i = 0; i < 20; ++i) {
      Event& event = events[random() % events.size()];
      event.payload[random() % 5] = static_cast<std::int64_t>(random());
      if (i % 4 == 0) event.type = static_cast<EventType>(random() % 256);
      if (i % 5 == 0) event.time_ns = static_cast<std::int64_t>(random() >> 2);
    }
    const Trace trace = with_events(good, events);
    const Storyteller storyteller(trace);
    for (std::uint32_t task = 0; task < 3; ++task) {
      const Result<JobStory> story = storyteller.tell({TaskId{task}, random() % 3});
      EXPECT_TRUE(!story || !to_text(trace, *story).empty());
    }
  }
}

}  // namespace
}  // namespace aegis::trace
