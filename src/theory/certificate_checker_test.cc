// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/certificate_checker.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using example::by;
using example::Kind;
using example::kThoroughness;
using example::RandomSets;
using policy::Policy;
using testing::HasSubstr;

Certificate certified(const TaskSet& tasks, const AnalysisOptions& options) {
  return *certify(tasks, options, analyse(tasks, options));
}

std::string doubt_of(const TaskSet& tasks, const Certificate& certificate) {
  const Status checked = check_certificate(tasks, certificate);
  return checked ? "" : checked.error().message();
}

TEST(CertificateChecker, believes_the_running_example) {
  const TaskSet tasks = example::running_example_with_c_in(2);
  const Certificate certificate = certified(tasks, by(Policy::kEdf));
  EXPECT_EQ(doubt_of(tasks, certificate), "");
  // B's and A's first deadlines, each with 15 ms of blocking, and all later ones at once.
  ASSERT_TRUE(certificate.proof.demand);
  ASSERT_GE(certificate.proof.demand->stretches.size(), 2U);
  EXPECT_EQ(certificate.proof.demand->stretches[0].to, 40_ms);
  EXPECT_EQ(certificate.proof.demand->stretches[1].to, 50_ms);
}

struct Case {
  TaskSet tasks;
  AnalysisOptions options;
};

// Calls `f` with random sets that are schedulable, and their certificates.
template <class F>
void for_admitted_sets(std::uint64_t seed, int rounds, const F& f) {
  constexpr Kind kKinds[] = {
      {},
      {.largest_jitter = 5},
      {.deadlines_beyond_periods = true},
      {.segments = true},
      {.largest_jitter = 15, .deadlines_beyond_periods = true, .segments = true},
  };
  RandomSets sets(seed);
  for (int round = 0; round < rounds; ++round) {
    for (const Kind& kind : kKinds) {
      const TaskSet tasks = sets.next(kind);
      AnalysisOptions options;
      options.policy = static_cast<Policy>(sets.between(0, 4));
      if (sets.between(0, 1) == 1) options.preemption = Preemption::kPreemptive;
      if (sets.between(0, 1) == 1) options.blocking = Blocking::started_before(1_ns);
      if (sets.between(0, 3) == 0) options.blocking.best_effort = sets.between(1, 3) * 1_ns;
      if (sets.between(0, 3) == 0) options.supply = {1_ns, sets.between(4, 20) * 1_ns};
      if (sets.between(0, 7) == 0) options.overheads = {0_ns, 1_ns, 0_ns, 1_ns};
      const Analysis analysis = analyse(tasks, options);
      if (analysis.verdict == Verdict::kSchedulable) f(Case{tasks, options}, analysis);
    }
  }
}

TEST(CertificateChecker, believes_what_was_proved_under_every_policy) {
  int believed = 0;
  for_admitted_sets(41, 1'000 * kThoroughness, [&](const Case& c, const Analysis& analysis) {
    const auto certificate = certify(c.tasks, c.options, analysis);
    ASSERT_TRUE(certificate) << certificate.error().message();
    ASSERT_EQ(doubt_of(c.tasks, *certificate), "")
        << to_string(c.options.policy) << " " << to_string(c.options.preemption);
    ++believed;
  });
  EXPECT_GT(believed, 800 * kThoroughness);
}

TEST(CertificateChecker, believes_no_response_shorter_than_the_bound) {
  for_admitted_sets(42, 200 * kThoroughness, [&](const Case& c, const Analysis& analysis) {
    const Certificate honest = *certify(c.tasks, c.options, analysis);
    for (std::size_t i = 0; i < c.tasks.size(); ++i) {
      Certificate bragging = honest;
      bragging.tasks[i].response_time -= 1_ns;
      bragging.tasks[i].slack += 1_ns;
      EXPECT_NE(doubt_of(c.tasks, bragging), "") << to_string(c.options.policy);
    }
  });
}

TEST(CertificateChecker, believes_no_tolerance_above_the_proved_one) {
  for_admitted_sets(43, 200 * kThoroughness, [&](const Case& c, const Analysis& analysis) {
    const Certificate honest = *certify(c.tasks, c.options, analysis);
    for (std::size_t i = 0; i < c.tasks.size(); ++i) {
      Certificate bragging = honest;
      bragging.tasks[i].blocking_tolerance += 1_ns;
      EXPECT_NE(doubt_of(c.tasks, bragging), "") << to_string(c.options.policy);
    }
  });
}

// The evidence of one set for another that does not hold, the fingerprint forged to fit.
TEST(CertificateChecker, believes_no_evidence_for_a_set_that_is_not_schedulable) {
  int refused = 0;
  RandomSets sets(44);
  for_admitted_sets(44, 400 * kThoroughness, [&](const Case& c, const Analysis& analysis) {
    Certificate forged = *certify(c.tasks, c.options, analysis);
    TaskSet heavier = c.tasks;
    Task& task = heavier[static_cast<std::size_t>(
        sets.between(0, static_cast<std::int64_t>(heavier.size()) - 1))];
    task.segments.back().wcet += sets.between(1, 3) * 1_ns;
    if (analyse(heavier, c.options).verdict == Verdict::kSchedulable) return;
    forged.fingerprint = fingerprint(heavier, c.options);
    EXPECT_NE(doubt_of(heavier, forged), "") << to_string(c.options.policy);
    ++refused;
  });
  EXPECT_GT(refused, 100 * kThoroughness);
}

// What a careless or hostile hand may do to the running example's certificate.
TEST(CertificateChecker, says_what_it_does_not_believe) {
  const TaskSet tasks = example::running_example_with_c_in(2);
  const auto after = [&](const std::function<void(Certificate&)>& change,
                         Policy policy = Policy::kEdf) {
    Certificate certificate = certified(tasks, by(policy));
    change(certificate);
    return doubt_of(tasks, certificate);
  };
  EXPECT_EQ(after([](auto&) {}), "");
  EXPECT_THAT(after([](auto& c) { c.fingerprint ^= 1; }), HasSubstr("fingerprint"));
  EXPECT_THAT(after([](auto& c) { c.assumptions.pop_back(); }), HasSubstr("assumptions"));
  EXPECT_THAT(after([](auto& c) { c.tasks[0].name = "Z"; }), HasSubstr("other tasks"));
  EXPECT_THAT(after([](auto& c) { c.tasks.pop_back(); }), HasSubstr("other tasks"));
  EXPECT_THAT(after([](auto& c) { std::swap(c.tasks[0], c.tasks[1]); }), HasSubstr("other tasks"));
  EXPECT_THAT(after([](auto& c) { c.tasks[1].slack += 1_ns; }), HasSubstr("slack"));
  EXPECT_THAT(after([](auto& c) { c.tasks[1].blocking = 1_ms; }), HasSubstr("blocking"));
  EXPECT_THAT(after([](auto& c) { c.proof.demand.reset(); }), HasSubstr("demand"));
  EXPECT_THAT(after([](auto& c) { c.proof.demand->length = 1_ms; }), HasSubstr("horizon"));
  EXPECT_THAT(after([](auto& c) { c.proof.demand->extent = Extent::kHyperperiod; }),
              HasSubstr("horizon"));
  EXPECT_THAT(after([](auto& c) { c.proof.demand->extent = static_cast<Extent>(9); }),
              HasSubstr("horizon"));
  EXPECT_THAT(after([](auto& c) { c.proof.demand->length = Duration::max(); }),
              HasSubstr("demand"));
  EXPECT_THAT(
      after([](auto& c) { c.proof.demand->stretches.erase(c.proof.demand->stretches.begin()); }),
      HasSubstr("between"));
  EXPECT_THAT(after([](auto& c) { c.proof.demand->stretches.pop_back(); }), HasSubstr("too early"));
  EXPECT_THAT(after([](auto& c) { c.proof.demand->stretches[0].from -= 1_ns; }),
              HasSubstr("does not hold"));
  EXPECT_THAT(after([](auto& c) { c.proof.demand->stretches[0].to = 1_ms; }), HasSubstr("none"));
  const auto dm = Policy::kDeadlineMonotonic;
  EXPECT_EQ(after([](auto&) {}, dm), "");
  EXPECT_THAT(after([](auto& c) { c.proof.tasks[0].response.steps.clear(); }, dm),
              HasSubstr("response time is not proved: A"));
  EXPECT_THAT(after([](auto& c) { c.proof.tasks[0].response.steps[0].arrival += 1_ns; }, dm),
              HasSubstr("response"));
  EXPECT_THAT(after([](auto& c) { c.proof.tasks[0].response.steps[0].start -= 1_ns; }, dm),
              HasSubstr("response"));
  EXPECT_THAT(after([](auto& c) { c.proof.tasks[0].response.length -= 1_ns; }, dm),
              HasSubstr("response"));
  EXPECT_THAT(after([](auto& c) { c.proof.tasks[1].tolerance.reset(); }, dm),
              HasSubstr("tolerance is not proved: B"));
  EXPECT_THAT(after([](auto& c) { c.tasks[1].blocking_tolerance = -1_ns; }),
              HasSubstr("tolerance is not proved: B"));
  EXPECT_THAT(after([](auto& c) { c.options.overheads.dispatch = -1_ns; }), HasSubstr("overhead"));
  EXPECT_THAT(after([](auto& c) { c.options.supply.window = 0_ns; }), HasSubstr("supply"));
}

// 2^64 ns and a tick of overheads look like a tick to who counts in 64 bits.
TEST(CertificateChecker, is_not_deceived_by_overheads_that_wrap_around) {
  const TaskSet tasks = example::set({{1, 10, 10}});
  AnalysisOptions options = by(Policy::kEdf, Preemption::kPreemptive);
  Certificate forged = certified(tasks, options);
  options.overheads = {.dispatch = Duration::max(), .completion = 2_ns};
  forged.options = options;
  forged.assumptions = assumptions_of(options);
  forged.fingerprint = fingerprint(tasks, options);
  forged.tasks[0] = {.task = tasks[0].id, .name = "A", .response_time = 10_ns};
  forged.proof.demand = DemandProof{Extent::kLoad, 10_ns, {}};
  EXPECT_THAT(doubt_of(tasks, forged), HasSubstr("36 years"));
}

// A segment of 16 fits before A's deadline of 20, but A's next job would be dropped at 10.
TEST(CertificateChecker, believes_no_tolerance_under_which_a_job_is_dropped) {
  TaskSet tasks = example::set({{4, 10, 20}});
  tasks[0].overload = {OverloadRule::kSkip, 0};
  for (const Policy policy : {Policy::kEdf, Policy::kStaticPriority}) {
    Certificate certificate = certified(tasks, by(policy));
    EXPECT_EQ(doubt_of(tasks, certificate), "");
    TaskSet queues = tasks;
    queues[0].overload = {OverloadRule::kQueue, 1};
    const Certificate other = certified(queues, by(policy));
    EXPECT_EQ(other.tasks[0].blocking_tolerance, 16_ns);
    certificate.tasks[0].blocking_tolerance = 16_ns;
    certificate.proof = other.proof;
    EXPECT_THAT(doubt_of(tasks, certificate), HasSubstr("tolerance is not proved"));
  }
}

TEST(CertificateChecker, believes_nothing_about_no_set) {
  EXPECT_THAT(doubt_of({}, {}), HasSubstr("empty"));
}

}  // namespace
}  // namespace aegis::theory
