// SPDX-License-Identifier: Apache-2.0
//
// Certificates made by who wants them believed. What they claim is false by one tick, and all that
// the evidence says is true, but for one thing that only the checker can notice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/theory/certificate_checker.h"
#include "aegis/theory/demand_bound.h"

#include "blocking_profile.h"
#include "example_sets.h"
#include "timing.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using example::Kind;
using example::kThoroughness;
using example::RandomSets;
using policy::Policy;
using testing::HasSubstr;

constexpr Extent kExtents[] = {Extent::kBusyPeriod, Extent::kHyperperiod, Extent::kLoad};

constexpr Kind kKinds[] = {
    {},
    {.longest_period = 5, .deadlines_beyond_periods = true},
    {.largest_jitter = 5},
    {.longest_period = 5, .segments = true},
    {.largest_jitter = 15, .deadlines_beyond_periods = true, .segments = true},
};

std::string doubt_of(const TaskSet& tasks, const Certificate& certificate) {
  const Status checked = check_certificate(tasks, certificate);
  return checked ? "" : checked.error().message();
}

BlockingProfile blocking_of(const TaskSet& tasks, const AnalysisOptions& options) {
  if (options.preemption == Preemption::kPreemptive) return {};
  return {tasks, deadlines_of(timings(tasks)), options.blocking};
}

// EDF: every response is the deadline at most, and the tolerances are these.
Certificate claim(const TaskSet& tasks, const AnalysisOptions& options,
                  const std::vector<Duration>& tolerances, const DemandProof& demand) {
  Certificate certificate{.assumptions = assumptions_of(options),
                          .options = options,
                          .fingerprint = fingerprint(tasks, options)};
  const BlockingProfile blocking = blocking_of(tasks, options);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Duration deadline = tasks[i].deadline.value;
    certificate.tasks.push_back({.task = tasks[i].id,
                                 .name = tasks[i].name,
                                 .response_time = deadline,
                                 .slack = 0_ns,
                                 .blocking = blocking.at(deadline - tasks[i].release_jitter).length,
                                 .blocking_tolerance = tolerances[i]});
    certificate.proof.tasks.push_back({.task = tasks[i].id, .response = {}, .tolerance = {}});
  }
  certificate.proof.demand = demand;
  return certificate;
}

Duration promised(const TaskSet& tasks, const std::vector<Duration>& tolerances, Duration t) {
  Duration largest;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].deadline.value - tasks[i].release_jitter > t) continue;
    largest = std::max(largest, tolerances[i]);
  }
  return largest;
}

// Stretches of one deadline each, all true, up to the first at which the claim is false; nothing
// where that is not soon.
std::optional<std::vector<DemandStretch>> truth_before_the_lie(
    const TaskSet& tasks, const AnalysisOptions& options, const std::vector<Duration>& tolerances) {
  const BlockingProfile blocking = blocking_of(tasks, options);
  std::vector<DemandStretch> stretches;
  if (demand_bound(tasks, 0_ns) > 0_ns) return std::nullopt;
  for (Duration t = 1_ns; t < 100_ns; t += 1_ns) {
    const Duration demand = demand_bound(tasks, t);
    if (demand == demand_bound(tasks, t - 1_ns)) continue;
    const Duration held = std::max(blocking.at(t).length, promised(tasks, tolerances, t));
    if (demand + held > supply_bound(options.supply, t)) return stretches;
    stretches.push_back({t, t});
  }
  return std::nullopt;
}

// Whatever is said of how far one must look.
void expect_doubt_about_every_horizon(const TaskSet& tasks, const AnalysisOptions& options,
                                      const std::vector<Duration>& tolerances,
                                      const std::vector<DemandStretch>& stretches) {
  const Duration longest = stretches.empty() ? 100_ns : stretches.back().to + 50_ns;
  for (const Extent extent : kExtents) {
    for (Duration length = 1_ns; length < longest; length += 1_ns) {
      const DemandProof proof{extent, length, stretches};
      ASSERT_NE(doubt_of(tasks, claim(tasks, options, tolerances, proof)), "")
          << static_cast<int>(extent) << " " << length.ns();
    }
  }
}

AnalysisOptions random_options(RandomSets& sets) {
  AnalysisOptions options;
  if (sets.between(0, 1) == 1) options.preemption = Preemption::kPreemptive;
  if (sets.between(0, 3) == 0) options.blocking.best_effort = sets.between(1, 3) * 1_ns;
  if (sets.between(0, 2) == 0) {
    options.supply.window = sets.between(3, 12) * 1_ns;
    options.supply.lost = std::min(options.supply.window - 1_ns, sets.between(1, 2) * 1_ns);
  }
  return options;
}

TEST(CertificateForgery, no_horizon_before_the_first_failure_is_believed) {
  RandomSets sets(91);
  int tried = 0;
  for (int round = 0; round < 150 * kThoroughness; ++round) {
    const TaskSet tasks = sets.next(kKinds[round % 5]);
    const AnalysisOptions options = random_options(sets);
    const Analysis analysis = analyse(tasks, options);
    std::vector<Duration> tolerances(tasks.size());
    if (analysis.verdict == Verdict::kSchedulable) {
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        tolerances[i] = *analysis.tasks[i].blocking_tolerance;
      }
      tolerances[static_cast<std::size_t>(round) % tasks.size()] += 1_ns;
    }
    const auto stretches = truth_before_the_lie(tasks, options, tolerances);
    if (!stretches) continue;
    ++tried;
    expect_doubt_about_every_horizon(tasks, options, tolerances, *stretches);
  }
  EXPECT_GT(tried, 80 * kThoroughness);
}

// Three ticks every two, due after a hundred: the lane is late after 294 only.
TEST(CertificateForgery, no_hyperperiod_is_believed_under_overload) {
  const TaskSet tasks = example::set({{3, 2, 100}});
  const DemandProof proof{Extent::kHyperperiod, 2_ns, {{3_ns, 101_ns}, {6_ns, 102_ns}}};
  EXPECT_THAT(doubt_of(tasks, claim(tasks, by(Policy::kEdf), {0_ns}, proof)), HasSubstr("horizon"));
}

//   X (15, 40)  Y (5, 52)  C (10 + 30, 60): until 50, C's second segment blocks for 30, then its
//   first for 10. At 40: 15 + 30 > 40.
TEST(CertificateForgery, blocking_that_falls_within_a_stretch_counts_from_its_begin) {
  TaskSet tasks = example::set({{15, 1'000, 40}, {5, 1'000, 52}, {40, 1'000, 60}});
  tasks[2].segments = {{10_ns, 10_ns}, {30_ns, 30_ns}};
  const AnalysisOptions options = by(Policy::kEdf);
  ASSERT_EQ(analyse(tasks, options).verdict, Verdict::kUnschedulable);
  const DemandProof proof{Extent::kBusyPeriod, 60_ns, {{30_ns, 52_ns}, {60_ns, 60_ns}}};
  EXPECT_THAT(doubt_of(tasks, claim(tasks, options, {0_ns, 0_ns, 0_ns}, proof)),
              HasSubstr("does not hold"));
}

// The second task may be held for 16 at its deadline of 20, not for 17.
TEST(CertificateForgery, a_promise_within_a_stretch_counts_from_its_begin) {
  const TaskSet tasks = example::set({{2, 100, 10}, {2, 100, 20}});
  const auto about = [&](Duration tolerance, Duration from) {
    const DemandProof proof{Extent::kBusyPeriod, 4_ns, {{10_ns, 10_ns}, {from, 20_ns}}};
    return doubt_of(
        tasks, claim(tasks, by(Policy::kEdf, Preemption::kPreemptive), {8_ns, tolerance}, proof));
  };
  EXPECT_EQ(about(16_ns, 20_ns), "");
  EXPECT_THAT(about(17_ns, 12_ns), HasSubstr("does not hold"));
}

TEST(CertificateForgery, a_job_dropped_by_its_overload_rule_is_noticed) {
  TaskSet tasks = example::set({{26, 70, 200}, {62, 100, 200}});
  const auto options = by(Policy::kStaticPriority, Preemption::kPreemptive);
  Certificate certificate = *certify(tasks, options, analyse(tasks, options));
  tasks[1].overload = {OverloadRule::kSkip, 0};
  certificate.fingerprint = fingerprint(tasks, options);
  EXPECT_THAT(doubt_of(tasks, certificate), HasSubstr("overload rule: B"));
}

TEST(CertificateForgery, a_response_beyond_the_deadline_is_noticed) {
  TaskSet tasks = example::running_example_with_c_in(2);
  const auto options = by(Policy::kStaticPriority, Preemption::kPreemptive);
  Certificate certificate = *certify(tasks, options, analyse(tasks, options));
  tasks[2].deadline.value = certificate.tasks[2].response_time - 1_ns;
  certificate.tasks[2].slack = -1_ns;
  certificate.tasks[2].blocking_tolerance = 0_ns;
  certificate.fingerprint = fingerprint(tasks, options);
  EXPECT_THAT(doubt_of(tasks, certificate), HasSubstr("slack"));
}

// The steps whose jobs respond with exactly the bound, and so refute one that is a tick less.
std::vector<std::size_t> steps_at(Duration bound, const Task& task, Policy policy,
                                  const ResponseProof& proof) {
  const bool by_arrival = policy == Policy::kEdf || policy == Policy::kFifo;
  std::vector<std::size_t> found;
  Duration first = -task.release_jitter;
  for (std::size_t i = 0; i < proof.steps.size(); ++i) {
    if (proof.steps[i].finish - first >= bound) found.push_back(i);
    first = proof.steps[i].arrival + (by_arrival ? 1_ns : task.period);
  }
  return found;
}

// Everything that could be said of the jobs in question: that they start and end earlier, that
// nobody need ask for them, or nothing at all.
std::vector<ResponseProof> excuses(const ResponseProof& honest,
                                   const std::vector<std::size_t>& critical) {
  std::vector<ResponseProof> all;
  for (int start = 0; start <= 4; ++start) {
    for (int finish = 1; finish <= 3; ++finish) {
      all.push_back(honest);
      for (const std::size_t i : critical) {
        all.back().steps[i].start -= start * 1_ns;
        all.back().steps[i].finish -= finish * 1_ns;
      }
    }
  }
  const auto first = static_cast<std::ptrdiff_t>(critical.front());
  all.push_back(honest);
  all.back().steps.erase(all.back().steps.begin() + first);
  for (const Extent extent : kExtents) {
    for (Duration length = 1_ns; length < honest.length; length += 1_ns) {
      all.push_back({extent, length, {honest.steps.begin(), honest.steps.begin() + first}});
    }
  }
  return all;
}

TEST(CertificateForgery, no_excuse_for_the_longest_response_is_believed) {
  RandomSets sets(92);
  int tried = 0;
  for (int round = 0; round < 1'500 * kThoroughness; ++round) {
    const TaskSet tasks = sets.next(kKinds[round % 5]);
    AnalysisOptions options = random_options(sets);
    options.policy = static_cast<Policy>(sets.between(0, 4));
    const Analysis analysis = analyse(tasks, options);
    if (analysis.verdict != Verdict::kSchedulable) continue;
    const Certificate honest = *certify(tasks, options, analysis);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const ResponseProof& proof = honest.proof.tasks[i].response;
      const Duration bound = honest.tasks[i].response_time;
      if (proof.steps.empty()) continue;
      const auto critical = steps_at(bound, tasks[i], options.policy, proof);
      ASSERT_FALSE(critical.empty());
      Certificate bragging = honest;
      bragging.tasks[i].response_time -= 1_ns;
      bragging.tasks[i].slack += 1_ns;
      for (const ResponseProof& excuse : excuses(proof, critical)) {
        bragging.proof.tasks[i].response = excuse;
        ASSERT_NE(doubt_of(tasks, bragging), "") << to_string(options.policy);
      }
      ++tried;
    }
  }
  EXPECT_GT(tried, 200 * kThoroughness);
}

}  // namespace
}  // namespace aegis::theory
