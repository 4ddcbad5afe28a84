// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/certificate.h"

#include <algorithm>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using policy::Policy;
using testing::HasSubstr;

TEST(Certificate, states_what_was_proved_and_under_which_assumptions) {
  const TaskSet tasks = example::running_example_with_c_in(2);
  const AnalysisOptions options = by(Policy::kEdf);
  const Certificate certificate = *certify(tasks, options, analyse(tasks, options));
  EXPECT_EQ(certificate.tasks[0].name, "A");
  EXPECT_EQ(certificate.tasks[0].response_time, 50_ms);
  EXPECT_EQ(certificate.tasks[0].slack, 0_ms);
  EXPECT_EQ(certificate.best_effort_tolerance(), 15_ms);
  EXPECT_EQ(certificate.fingerprint, fingerprint(tasks, options));
  EXPECT_THAT(certificate.assumptions,
              testing::Contains("no segment executes longer than its WCET"));
  EXPECT_THAT(certificate.theorem, HasSubstr("Jeffay"));
}

TEST(Certificate, is_not_given_to_what_was_not_proved) {
  const TaskSet tasks = example::running_example();
  const AnalysisOptions options;
  EXPECT_FALSE(certify(tasks, options, analyse(tasks, options)));
  const Analysis smaller = analyse(example::running_example_without_c(), options);
  EXPECT_FALSE(certify(tasks, options, smaller));
  TaskSet others = example::running_example_without_c();
  others[1].id = TaskId{8};
  EXPECT_EQ(certify(others, options, smaller).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(Certificate{}.best_effort_tolerance(), 0_ms);
}

TEST(Certificate, its_fingerprint_changes_with_every_field_and_stays_between_versions) {
  const TaskSet tasks = example::running_example();
  const std::uint64_t original = fingerprint(tasks, {});
  const auto changed = [&](const std::function<void(TaskSet&, AnalysisOptions&)>& change) {
    TaskSet copy = tasks;
    AnalysisOptions options;
    change(copy, options);
    return fingerprint(copy, options);
  };
  std::vector<std::uint64_t> all = {
      original,
      changed([](auto& t, auto&) { t[0].name = "a"; }),
      changed([](auto& t, auto&) { t[0].segments[0].wcet += 1_ns; }),
      changed([](auto& t, auto&) { t[0].segments[0].bcet -= 1_ns; }),
      changed([](auto& t, auto&) { t[0].period += 1_ns; }),
      changed([](auto& t, auto&) { t[0].deadline.value += 1_ns; }),
      changed([](auto& t, auto&) { t[0].release_jitter += 1_ns; }),
      changed([](auto& t, auto&) { t[0].offset = 0_ns; }),
      changed([](auto& t, auto&) { t[0].priority = {-1}; }),
      changed([](auto& t, auto&) { t[0].overload.rule = OverloadRule::kReject; }),
      changed([](auto& t, auto&) { t[0].overload.queue_depth = 2; }),
      changed([](auto& t, auto&) { t[0].batch = 2; }),
      changed([](auto& t, auto&) {
        t[0].stages = {{.name = "", .segments = {{1_ns, 1_ns}}, .predecessors = {}}};
      }),
      changed([](auto& t, auto&) {
        t[0].stages = {{.name = "", .segments = {{1_ns, 1_ns}}, .predecessors = {0}}};
      }),
      changed([](auto& t, auto&) { std::swap(t[0], t[1]); }),
      changed([](auto&, auto& o) { o.policy = Policy::kFifo; }),
      changed([](auto&, auto& o) { o.preemption = Preemption::kPreemptive; }),
      changed([](auto&, auto& o) { o.blocking = Blocking::started_before(1_ns); }),
      changed([](auto&, auto& o) { o.overheads.release = 1_ns; }),
      changed([](auto&, auto& o) { o.overheads.dispatch = 1_ns; }),
      changed([](auto&, auto& o) { o.overheads.completion = 1_ns; }),
      changed([](auto&, auto& o) { o.overheads.clock_error = 1_ns; }),
      changed([](auto&, auto& o) { o.blocking.tick += 1_ns; }),
      changed([](auto&, auto& o) { o.blocking.best_effort = 1_ns; }),
      changed([](auto&, auto& o) { o.supply.lost += 1_ns; }),
      changed([](auto&, auto& o) { o.supply.window += 1_ns; }),
  };
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

}  // namespace
}  // namespace aegis::theory
