// SPDX-License-Identifier: Apache-2.0
#include "aegis/audit/audit.h"

#include <algorithm>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "synthetic_lane.h"

namespace aegis::audit {
namespace {

using trace::Assumption;
using trace::Event;
using trace::EventType;
using trace::synthetic_trace;
using trace::Trace;

constexpr const char* kPolicies[] = {"np_edf", "rm", "dm", "static", "fifo"};

std::string text(const Trace& trace, const AuditReport& report) {
  return to_text(trace, report);
}

// The running example: no misses, no overruns.
Trace healthy() {
  return synthetic_trace({.tasks = trace::running_example()});
}
// The running example with C unsegmented and every fifth segment too long: misses, overruns, a
// queue.
Trace troubled() {
  std::vector<trace::SyntheticTask> tasks = trace::running_example(1);
  for (trace::SyntheticTask& task : tasks) task.period = task.period * 3 / 5;
  return synthetic_trace(
      {.tasks = tasks, .length = Duration::seconds(3), .shortest = 0.9, .overrun_one_in = 5});
}

std::size_t find(
    const Trace& trace, EventType type,
    const std::function<bool(const Event&)>& wanted = [](const Event&) { return true; }) {
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    if (trace.events[i].type == type && wanted(trace.events[i])) return i;
  }
  ADD_FAILURE() << "the trace has no such " << to_string(type);
  return 0;
}
void erase(Trace& trace, std::size_t index) {
  trace.events.erase(trace.events.begin() + static_cast<std::ptrdiff_t>(index));
  trace.recorded_by.pop_back();
}
void insert(Trace& trace, std::size_t index, const Event& event) {
  trace.events.insert(trace.events.begin() + static_cast<std::ptrdiff_t>(index), event);
  trace.recorded_by.push_back(0);
}

// `rule` and no other was found to be broken.
void expect_only(const Trace& trace, Rule rule) {
  const AuditReport report = audit(trace);
  EXPECT_EQ(report.verdict, Verdict::kFailed);
  for (const RuleText& other : every_rule()) {
    const std::uint64_t found = report.violations[static_cast<std::size_t>(other.rule)];
    EXPECT_EQ(found > 0, other.rule == rule) << text(trace, report);
  }
}

TEST(Audit, passes_what_each_policy_decided_and_reconstructs_every_decision) {
  for (const char* policy : kPolicies) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      for (const int overruns : {0, 3}) {
        const Trace trace =
            synthetic_trace({.policy = policy,
                             .tasks = trace::running_example(1 + static_cast<int>(seed % 3)),
                             .length = Duration::seconds(4),
                             .seed = seed,
                             .overrun_one_in = overruns,
                             .phase_ns = 7'654'321 * seed});
        const AuditReport report = audit(trace);
        ASSERT_EQ(report.verdict, Verdict::kPassed) << policy << "\n" << text(trace, report);
        EXPECT_GT(report.decisions, 100U);
        EXPECT_EQ(report.reconstructed, report.decisions);
      }
    }
  }
}

TEST(Audit, passes_an_overloaded_lane_whose_misses_all_have_a_cause) {
  const Trace trace = troubled();
  const AuditReport report = audit(trace);
  EXPECT_EQ(report.verdict, Verdict::kPassed) << text(trace, report);
  EXPECT_GT(report.misses, 5U);
}

TEST(Audit, passes_refused_jobs_under_the_skip_rule) {
  std::vector<trace::SyntheticTask> tasks = trace::running_example(1);
  for (trace::SyntheticTask& task : tasks) task.overload = "skip";
  tasks[1].period = Duration::milliseconds(10);
  const Trace trace = synthetic_trace({.tasks = tasks});
  const AuditReport report = audit(trace);
  EXPECT_EQ(report.verdict, Verdict::kPassed) << text(trace, report);
  EXPECT_GT(report.misses, 10U);
}

// A1: a lane that takes the second best, once, and says that it was the best.
TEST(Audit, finds_one_wrong_selection_under_each_policy) {
  for (const char* policy : kPolicies) {
    for (const int decision : {1, 10, 25}) {
      const Trace trace = synthetic_trace({.policy = policy,
                                           .tasks = trace::running_example(),
                                           .length = Duration::seconds(4),
                                           .wrong_decision = decision});
      expect_only(trace, Rule::kSelection);
      const AuditReport report = audit(trace);
      ASSERT_EQ(report.findings.size(), 1U);
      EXPECT_EQ(to_text(trace, report.findings[0]).substr(0, 9), "A1 lane0 ");
    }
  }
}

TEST(Audit, finds_one_swapped_selection_in_the_record) {
  Trace trace = healthy();
  const std::size_t at = find(trace, EventType::kAlternative);
  std::swap(trace.events[at].task, trace.events[at - 1].task);
  const AuditReport report = audit(trace);
  EXPECT_EQ(report.verdict, Verdict::kFailed);
  EXPECT_EQ(report.violations[static_cast<std::size_t>(Rule::kSelection)], 1U);
  EXPECT_EQ(to_text(trace, report.findings[0]),
            "A1 lane0 +0.000009 s A #0: expected B #0 segment 1 (key 40000000), found A #0 "
            "segment 1 (key 40000000)");
}

TEST(Audit, finds_a_false_key) {
  Trace trace = healthy();
  trace.events[find(trace, EventType::kReleased)].payload[2] += 1;
  expect_only(trace, Rule::kKey);
}

TEST(Audit, finds_a_false_statement_about_a_choice) {
  for (const std::size_t field : {2U, 3U, 4U}) {
    Trace trace = healthy();
    const auto with_choice = [](const Event& e) { return e.payload[2] > 1; };
    trace.events[find(trace, EventType::kSelected, with_choice)].payload[field] += 1;
    expect_only(trace, Rule::kChoice);
  }
}

TEST(Audit, finds_idling_while_a_job_is_ready) {
  Trace trace = healthy();
  const std::size_t at = find(trace, EventType::kSelected);
  Event idle = trace.events[at];
  idle.type = EventType::kIdleEnd;
  insert(trace, at, idle);
  idle.type = EventType::kIdleBegin;
  insert(trace, at, idle);
  expect_only(trace, Rule::kWorkConservation);
}

TEST(Audit, finds_segments_that_overlap_or_run_backwards) {
  Trace backwards = healthy();
  backwards.events[find(backwards, EventType::kSegmentStart)].time_ns -= 5'000;
  expect_only(backwards, Rule::kSegments);

  Trace overlapping = healthy();
  const std::size_t start = find(overlapping, EventType::kSegmentStart);
  insert(overlapping, start, overlapping.events[start]);
  expect_only(overlapping, Rule::kSegments);
}

TEST(Audit, finds_an_overrun_that_was_not_recorded_and_one_that_was_none) {
  const Trace good = synthetic_trace({.tasks = trace::running_example(), .overrun_one_in = 9});
  Trace silent = good;
  erase(silent, find(silent, EventType::kOverrun));
  expect_only(silent, Rule::kOverrun);

  Trace invented = good;
  const auto within = [&](const Event& e) { return e.payload[1] < 10'000'000; };
  const std::size_t end = find(invented, EventType::kSegmentEnd, within);
  Event overrun = invented.events[end];
  overrun.type = EventType::kOverrun;
  insert(invented, end + 1, overrun);
  expect_only(invented, Rule::kOverrun);
}

TEST(Audit, finds_a_deadline_that_is_not_arrival_plus_d) {
  Trace trace = healthy();
  trace.events[find(trace, EventType::kReleased)].payload[1] += 1;
  expect_only(trace, Rule::kRelease);
}

TEST(Audit, finds_a_job_that_never_ended) {
  Trace trace = healthy();
  erase(trace, find(trace, EventType::kCompleted));
  expect_only(trace, Rule::kLifecycle);
}

TEST(Audit, finds_a_completion_that_does_not_follow_from_its_segments) {
  for (const std::size_t field : {1U, 2U}) {
    Trace trace = healthy();
    trace.events[find(trace, EventType::kCompleted)].payload[field] += 1;
    expect_only(trace, Rule::kCompletion);
  }
}

TEST(Audit, finds_a_miss_that_was_not_recorded_and_one_that_was_none) {
  Trace silent = troubled();
  erase(silent, find(silent, EventType::kMissed));
  expect_only(silent, Rule::kMiss);

  Trace invented = healthy();
  const std::size_t end = find(invented, EventType::kCompleted);
  Event miss = invented.events[end];
  miss.type = EventType::kMissed;
  miss.payload = {};
  insert(invented, end + 1, miss);
  expect_only(invented, Rule::kMiss);
}

TEST(Audit, finds_arrivals_closer_than_the_period_that_nobody_recorded) {
  Trace trace = healthy();
  trace.tasks[TaskId{0}].period += Duration::nanoseconds(1);
  expect_only(trace, Rule::kInterArrival);
  trace.lanes[LaneId{0}].clock_error = Duration::nanoseconds(1);
  EXPECT_EQ(audit(trace).verdict, Verdict::kPassed);
}

TEST(Audit, finds_a_response_beyond_its_bound_without_a_cause) {
  Trace trace = healthy();
  trace.lanes[LaneId{0}].admitted = true;
  trace.tasks[TaskId{0}].response_bound = Duration::milliseconds(1);
  expect_only(trace, Rule::kResponseBound);
}

// Invariant 1. The same trace, once with the cause of its misses and once without.
TEST(Audit, finds_a_miss_without_a_violated_assumption) {
  Trace trace = synthetic_trace({.tasks = trace::running_example(1),
                                 .shortest = 1.0,
                                 .dispatch_cost = Duration::milliseconds(6)});
  EXPECT_EQ(audit(trace).verdict, Verdict::kPassed) << text(trace, audit(trace));
  trace.lanes[LaneId{0}].admitted = true;
  std::size_t misses = 0;
  for (Event& event : trace.events) {
    if (event.type == EventType::kAssumptionViolated) event.type = EventType::kTaskAdded;
    if (event.type != EventType::kMissed) continue;
    event.payload[2] = 0;
    ++misses;
  }
  ASSERT_GT(misses, 0U);
  expect_only(trace, Rule::kCause);
}

// A loss within what the proof grants is no cause; beyond it, it is.
TEST(Audit, takes_lost_supply_for_a_cause_only_beyond_the_declared_amount) {
  Trace trace = synthetic_trace({.tasks = trace::running_example(1),
                                 .shortest = 1.0,
                                 .dispatch_cost = Duration::milliseconds(6)});
  trace.lanes[LaneId{0}].admitted = true;
  for (Event& event : trace.events) {
    if (event.type == EventType::kMissed) event.payload[2] = 0;
    if (event.type != EventType::kAssumptionViolated) continue;
    event.type = EventType::kLost;
    event.payload = {400'000, 0, event.time_ns};  // declared: 500 µs
  }
  expect_only(trace, Rule::kCause);
  for (Event& event : trace.events) {
    if (event.type == EventType::kLost) event.payload[0] = 600'000;
  }
  EXPECT_EQ(audit(trace).verdict, Verdict::kPassed) << text(trace, audit(trace));
}

TEST(Audit, finds_a_cause_that_was_named_but_never_recorded) {
  Trace trace = troubled();
  Event& miss = trace.events[find(trace, EventType::kMissed)];
  miss.payload[2] |= static_cast<std::int64_t>(bit(Assumption::kFault));
  expect_only(trace, Rule::kNamedCause);
}

TEST(Audit, is_inconclusive_where_events_were_dropped) {
  Trace trace = healthy();
  trace.dropped = 1;
  EXPECT_EQ(audit(trace).verdict, Verdict::kInconclusive);
  trace = synthetic_trace({.tasks = trace::running_example(), .wrong_decision = 3});
  trace.dropped = 1;
  EXPECT_EQ(audit(trace).verdict, Verdict::kInconclusive);
}

TEST(Audit, is_inconclusive_about_what_is_not_declared_and_about_nothing) {
  Trace trace = healthy();
  trace.tasks.erase(TaskId{1});
  AuditReport report = audit(trace);
  EXPECT_EQ(report.verdict, Verdict::kInconclusive) << text(trace, report);
  EXPECT_LT(report.reconstructed, report.decisions);

  trace = healthy();
  trace.lanes[LaneId{0}].policy = "lottery";
  EXPECT_EQ(audit(trace).verdict, Verdict::kInconclusive);
  EXPECT_EQ(audit(Trace{}).verdict, Verdict::kInconclusive);
}

// A killed run: whatever the last flushed event was, what stands before it is judged and nothing is
// held against the lane that it had no time to do.
TEST(Audit, passes_every_prefix_of_a_correct_trace_as_far_as_it_goes) {
  const Trace whole = troubled();
  for (std::size_t size = 0; size < whole.events.size(); size += 1 + size / 50) {
    Trace cut = with_events(
        whole, {whole.events.begin(), whole.events.begin() + static_cast<std::ptrdiff_t>(size)});
    cut.truncated = true;
    const AuditReport report = audit(cut);
    EXPECT_EQ(report.finding_count(), 0U) << size << text(cut, report);
    EXPECT_NE(report.verdict, Verdict::kFailed);
  }
}

// Whatever word of a decision, a segment or a completion is changed: the trace does not pass.
TEST(Audit, finds_any_changed_word_of_what_it_checks) {
  const Trace good = troubled();
  const std::vector<std::pair<EventType, std::size_t>> checked{
      {EventType::kSubmitted, 0},    {EventType::kReleased, 0},     {EventType::kReleased, 1},
      {EventType::kReleased, 2},     {EventType::kReleased, 3},     {EventType::kSelected, 0},
      {EventType::kSelected, 1},     {EventType::kSelected, 2},     {EventType::kSelected, 3},
      {EventType::kAlternative, 0},  {EventType::kAlternative, 1},  {EventType::kAlternative, 2},
      {EventType::kSegmentStart, 0}, {EventType::kSegmentStart, 1}, {EventType::kSegmentEnd, 0},
      {EventType::kSegmentEnd, 1},   {EventType::kSegmentEnd, 3},   {EventType::kCompleted, 0},
      {EventType::kCompleted, 1},    {EventType::kCompleted, 2},    {EventType::kCompleted, 3},
      {EventType::kMissed, 0},       {EventType::kMissed, 1},       {EventType::kOverrun, 0}};
  std::mt19937_64 random(5);
  for (const auto& [type, field] : checked) {
    for (int i = 0; i < 20; ++i) {
      Trace changed = good;
      std::vector<std::size_t> candidates;
      for (std::size_t e = 0; e < changed.events.size(); ++e) {
        if (changed.events[e].type == type) candidates.push_back(e);
      }
      ASSERT_FALSE(candidates.empty());
      Event& event = changed.events[candidates[random() % candidates.size()]];
      event.payload[field] += static_cast<std::int64_t>(random() % 1000) + 1;
      EXPECT_EQ(audit(changed).verdict, Verdict::kFailed)
          << to_string(type) << " payload " << field << " at " << event.time_ns;
    }
  }
}

TEST(Audit, judges_any_trace_whatever_it_holds) {
  const Trace good = troubled();
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<Event> events = good.events;
    for (std::uint64_t i = random() % 30; i > 0; --i) {
      Event& event = events[random() % events.size()];
      switch (random() % 5) {
        case 0:
          event.type = static_cast<EventType>(random() % 256);
          break;
        case 1:
          event.time_ns = static_cast<std::int64_t>(random() >> 2);
          break;
        case 2:
          event.task = static_cast<std::uint32_t>(random() % 5);
          break;
        case 3:
          std::swap(event, events[random() % events.size()]);
          break;
        default:
          event.payload[random() % 5] = static_cast<std::int64_t>(random());
          break;
      }
    }
    const Trace trace = with_events(good, events);
    const AuditReport report = audit(trace);
    EXPECT_FALSE(text(trace, report).empty());
    EXPECT_LE(report.findings.size(), AuditReport::kKeptFindings);
  }
}

TEST(AuditReport, says_in_words_what_it_found) {
  const Trace trace = synthetic_trace({.tasks = trace::running_example(), .wrong_decision = 1});
  const std::string report = text(trace, audit(trace));
  EXPECT_EQ(report.substr(0, 13), "audit failed\n");
  EXPECT_NE(report.find("(100.00 %)"), std::string::npos) << report;
  EXPECT_NE(report.find("  A1 the segment chosen is the one that the policy must choose: 1 of"),
            std::string::npos)
      << report;
  const Trace good = healthy();
  EXPECT_EQ(text(good, audit(good)).substr(0, 13), "audit passed\n");
}

}  // namespace
}  // namespace aegis::audit
