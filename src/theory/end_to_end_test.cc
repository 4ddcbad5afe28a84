// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/end_to_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chain_ticks.h"
#include "example_sets.h"

namespace aegis::theory {
namespace {

using namespace time_literals;
using policy::Policy;
using testing::HasSubstr;

#ifdef __OPTIMIZE__
constexpr int kSets = 3'000;
#else
constexpr int kSets = 300;
#endif

constexpr ResourceId kCpu{0}, kLane{1};

AnalysisOptions served(Policy policy, Preemption preemption = Preemption::kPreemptive) {
  return {.policy = policy,
          .preemption = preemption,
          .blocking = Blocking::started_before(1_ns),
          .overheads = {}};
}

Resources cpu_and_lane(const AnalysisOptions& cpu, const AnalysisOptions& lane) {
  return {{.name = "CPU", .kind = StageKind::kHost, .options = cpu},
          {.name = "lane", .kind = StageKind::kLane, .options = lane}};
}

Stage stage(const std::string& name, StageKind kind, Segment segment,
            std::vector<std::uint32_t> predecessors) {
  return {.name = name,
          .kind = kind,
          .segments = {segment},
          .predecessors = std::move(predecessors),
          .freshness = Freshness::kLatest};
}

// A chain of a host stage and a lane stage.
Chain host_then_lane(std::uint32_t id, example::Numbers numbers, Segment host, Segment lane) {
  Chain chain{.task = example::task(id, numbers, 1_ms),
              .places = {{.resource = kCpu, .priority = {id}, .deadline = {}},
                         {.resource = kLane, .priority = {id}, .deadline = {}}}};
  chain.task.stages = {stage("host", StageKind::kHost, host, {}),
                       stage("model", StageKind::kLane, lane, {0})};
  return chain;
}

// Y above X, as in the header.
Chains header_example() {
  return {host_then_lane(0, {1, 10, 10}, {3_ms, 1_ms}, {2_ms, 2_ms}),
          host_then_lane(1, {1, 20, 20}, {2_ms, 2_ms}, {4_ms, 4_ms})};
}

TEST(EndToEnd, the_example_of_the_header) {
  const auto by_priority = served(Policy::kStaticPriority);
  const auto answer = analyse_end_to_end(header_example(), cpu_and_lane(by_priority, by_priority));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->verdict, Verdict::kSchedulable) << answer->reason;
  const ChainBound& y = answer->chains[0];
  EXPECT_EQ(y.stages[0].response_time, 3_ms);
  EXPECT_EQ(y.stages[1].earliest_arrival, 1_ms);
  EXPECT_EQ(y.stages[1].jitter, 2_ms);
  EXPECT_EQ(y.response_time, 5_ms);
  const ChainBound& x = answer->chains[1];
  EXPECT_EQ(x.stages[0].response_time, 5_ms);
  EXPECT_EQ(x.stages[1].jitter, 3_ms);
  EXPECT_EQ(x.response_time, 11_ms);
  EXPECT_EQ(x.slack, 9_ms);
  EXPECT_EQ(x.stages[0].deadline.value, 16_ms) << "the chain's less the lane stage";
  EXPECT_EQ(x.stages[1].deadline.value, 20_ms);
}

TEST(EndToEnd, a_chain_alone_takes_what_its_longest_path_takes) {
  Chain chain = host_then_lane(0, {1, 20, 20}, {2_ms, 0_ns}, {4_ms, 1_ms});
  for (const Policy policy : {Policy::kStaticPriority, Policy::kDeadlineMonotonic,
                              Policy::kRateMonotonic, Policy::kEdf}) {
    const auto answer =
        analyse_end_to_end({chain}, cpu_and_lane(served(policy), served(Policy::kEdf)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->verdict, Verdict::kSchedulable);
    EXPECT_EQ(answer->chains[0].response_time, 6_ms);
  }
}

TEST(EndToEnd, a_stage_waits_for_the_last_of_its_predecessors) {
  Chain chain = host_then_lane(0, {1, 20, 20}, {2_ms, 1_ms}, {4_ms, 2_ms});
  chain.task.stages.push_back(stage("map", StageKind::kLane, {3_ms, 3_ms}, {}));
  chain.task.stages.push_back(stage("plan", StageKind::kHost, {1_ms, 1_ms}, {1, 2}));
  chain.places.push_back({.resource = ResourceId{2}, .priority = {}, .deadline = {}});
  chain.places.push_back({.resource = ResourceId{3}, .priority = {}, .deadline = {}});
  Resources machine = cpu_and_lane(served(Policy::kEdf), served(Policy::kEdf));
  machine.push_back({.name = "lane 2", .kind = StageKind::kLane, .options = machine[1].options});
  machine.push_back({.name = "CPU 2", .kind = StageKind::kHost, .options = machine[1].options});
  const auto answer = analyse_end_to_end({chain}, machine);
  ASSERT_TRUE(answer);
  const StageBound& plan = answer->chains[0].stages[3];
  EXPECT_EQ(plan.earliest_arrival, 3_ms) << "1 + 2, and 3";
  EXPECT_EQ(plan.jitter, 3_ms);
  EXPECT_EQ(answer->chains[0].response_time, 7_ms);
}

// The bound is attained where nobody is counted who could not be there. Y's lane stage is ready
// late once and early the next time, and so delays X twice:
//
//     lane |  Y.2  |------- X -------|  Y.2  | X |
//          3       5                11      13  14
TEST(EndToEnd, a_bound_with_jitter_is_attained) {
  Chains chains = {host_then_lane(0, {1, 10, 10}, {3_ns, 1_ns}, {2_ns, 2_ns}),
                   host_then_lane(1, {1, 40, 40}, {1_ns, 1_ns}, {7_ns, 7_ns})};
  chains[1].task.stages = {stage("model", StageKind::kLane, {7_ns, 7_ns}, {})};
  chains[1].places = {{.resource = kLane, .priority = {1}, .deadline = {}}};
  for (Chain& chain : chains) chain.task.period = chain.task.period / 1'000'000;
  const auto by_priority = served(Policy::kStaticPriority);
  const auto machine = cpu_and_lane(by_priority, by_priority);
  const auto answer = analyse_end_to_end(chains, machine);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->chains[0].response_time, 5_ns);
  EXPECT_EQ(answer->chains[1].response_time, 11_ns);
  std::map<std::uint32_t, Duration> longest;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto seen = simulate_ticks(chains, machine, {{{0}, {10}, {20}}, {{3}}}, seed);
    for (const auto& [chain, response] : seen) longest[chain] = std::max(longest[chain], response);
  }
  EXPECT_EQ(longest[0], 5_ns);
  EXPECT_EQ(longest[1], 11_ns);
}

// Runs the chains by the deadlines that the analysis derived or was given.
std::vector<ticks::Job> run(example::RandomSets& random, RandomChains& made,
                            const ChainAnalysis& answer) {
  for (std::size_t c = 0; c < made.chains.size(); ++c) {
    for (std::size_t s = 0; s < made.chains[c].places.size(); ++s) {
      made.chains[c].places[s].deadline = answer.chains[c].stages[s].deadline;
    }
  }
  ticks::Machine machine(made.chains, made.resources,
                         static_cast<std::uint64_t>(random.between(0, 1 << 20)));
  const auto arrivals = random_chain_arrivals(random, made.chains, 150);
  for (std::size_t c = 0; c < arrivals.size(); ++c) {
    for (const ChainArrival& arrival : arrivals[c]) machine.add(c, arrival);
  }
  (void)machine.run();
  return machine.jobs();
}

TEST(EndToEnd, no_simulated_stage_or_chain_is_later_than_its_bound) {
  example::RandomSets random(41);
  int bounded = 0, schedulable = 0;
  for (int i = 0; i < kSets; ++i) {
    RandomChains made = random_chains(random);
    if (i % 2 == 0) {
      for (Chain& chain : made.chains) {
        for (StagePlace& place : chain.places) place.deadline.reset();
      }
    }
    const auto answer = analyse_end_to_end(made.chains, made.resources);
    ASSERT_TRUE(answer) << answer.error().message();
    schedulable += answer->verdict == Verdict::kSchedulable;
    for (int behaviour = 0; behaviour < 4; ++behaviour) {
      for (const ticks::Job& job : run(random, made, *answer)) {
        const ChainBound& chain = answer->chains[job.chain];
        if (!chain.response_time) continue;
        ++bounded;
        const Duration response = Duration::nanoseconds(job.done - job.arrival);
        const auto where = [&] {
          return text_of(made) + ": stage " + std::to_string(job.chain) + "." +
                 std::to_string(job.stage);
        };
        ASSERT_LE(response, *chain.stages[job.stage].response_time) << where();
        ASSERT_LE(response, *chain.response_time) << where();
        ASSERT_GE(response, chain.stages[job.stage].earliest_arrival) << where();
        if (chain.verdict == Verdict::kSchedulable) {
          ASSERT_LE(response, made.chains[job.chain].task.deadline.value) << where();
        }
      }
    }
  }
  EXPECT_GT(bounded, kSets * 50);
  EXPECT_GT(schedulable, kSets / 4);
}

// The wrong twin: each resource on its own, as if stages arrived periodically. The comparison
// above must catch it.
TEST(EndToEnd, the_simulation_catches_an_analysis_that_forgets_the_jitter) {
  example::RandomSets random(42);
  int caught = 0;
  for (int i = 0; i < kSets && caught == 0; ++i) {
    const RandomChains made = random_chains(random);
    const auto twin = bounds_that_forget_jitter(made);
    if (twin.empty()) continue;
    for (int behaviour = 0; behaviour < 4; ++behaviour) {
      const auto arrivals = random_chain_arrivals(random, made.chains, 150);
      const auto seen = simulate_ticks(made.chains, made.resources, arrivals,
                                       static_cast<std::uint64_t>(random.between(0, 1 << 20)));
      for (const auto& [chain, longest] : seen) caught += longest > twin.at(chain);
    }
  }
  EXPECT_GT(caught, 0);
}

TEST(EndToEnd, says_why_a_chain_is_not_admitted) {
  const auto by_priority = served(Policy::kStaticPriority);
  const Resources machine = cpu_and_lane(by_priority, by_priority);
  Chains chains = header_example();
  chains[1].task.deadline = {5_ms};
  auto answer = analyse_end_to_end(chains, machine);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->verdict, Verdict::kUnschedulable);
  EXPECT_THAT(answer->reason, HasSubstr("B's longest path alone executes 6 ms > 5 ms"));
  chains[1].task.deadline = {6_ms};
  answer = analyse_end_to_end(chains, machine);
  EXPECT_EQ(answer->verdict, Verdict::kUnknown);
  EXPECT_THAT(answer->reason, HasSubstr("B may respond after"));
  EXPECT_LT(answer->chains[1].slack, 0_ns);
  EXPECT_EQ(answer->chains[0].verdict, Verdict::kSchedulable) << answer->chains[0].reason;
  chains[1].task.stages[1].segments = {{18_ms, 18_ms}};
  chains[1].task.deadline = {30_ms};
  answer = analyse_end_to_end(chains, machine);
  EXPECT_EQ(answer->verdict, Verdict::kUnschedulable);
  EXPECT_THAT(answer->reason, HasSubstr("lane is asked for more than all its time"));
  EXPECT_FALSE(answer->chains[0].response_time);
}

TEST(EndToEnd, a_result_that_may_be_passed_over_or_dropped_is_not_admitted) {
  const auto machine = cpu_and_lane(served(Policy::kEdf), served(Policy::kEdf));
  Chain chain = host_then_lane(0, {1, 10, 30}, {8_ms, 1_ms}, {8_ms, 8_ms});
  auto answer = analyse_end_to_end({chain}, machine);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->chains[0].response_time, 16_ms);
  EXPECT_EQ(answer->verdict, Verdict::kUnknown);
  EXPECT_THAT(answer->reason, HasSubstr("model may take 16 ms, and from 11 ms on a newer result"));
  chain.task.stages[1].freshness = Freshness::kQueue;
  EXPECT_EQ(analyse_end_to_end({chain}, machine)->verdict, Verdict::kSchedulable);
  chain.task.overload = {OverloadRule::kSkip, 0};
  answer = analyse_end_to_end({chain}, machine);
  EXPECT_EQ(answer->verdict, Verdict::kUnknown);
  EXPECT_THAT(answer->reason, HasSubstr("drops the next job"));
}

TEST(EndToEnd, jitters_that_feed_each_other_end_in_words) {
  // Each chain waits for the other on both resources, in opposite directions.
  Chain there = host_then_lane(0, {1, 10, 20}, {4_ms, 0_ns}, {5_ms, 0_ns});
  Chain back = host_then_lane(1, {1, 10, 20}, {4_ms, 0_ns}, {5_ms, 0_ns});
  std::swap(back.task.stages[0].kind, back.task.stages[1].kind);
  std::swap(back.places[0].resource, back.places[1].resource);
  there.places[0].priority = {1};
  back.places[1].priority = {0};
  there.places[1].priority = {0};
  back.places[0].priority = {1};
  const auto machine =
      cpu_and_lane(served(Policy::kStaticPriority), served(Policy::kStaticPriority));
  const auto answer = analyse_end_to_end({there, back}, machine);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->verdict, Verdict::kUnknown);
  EXPECT_THAT(answer->reason, HasSubstr("far beyond its deadline of 20 ms"));
}

TEST(EndToEnd, bad_input_is_one_line) {
  const auto options = served(Policy::kEdf);
  const auto said = [&](auto change) {
    Chains chains = header_example();
    Resources machine = cpu_and_lane(options, options);
    change(chains, machine);
    const auto answer = analyse_end_to_end(chains, machine);
    return answer ? std::string("no error") : answer.error().message();
  };
  const auto expect = [&](const char* words, auto change) {
    EXPECT_THAT(said(change), HasSubstr(words));
  };
  expect("there is no chain", [](Chains& c, Resources&) { c.clear(); });
  expect("there is no resource", [](Chains&, Resources& r) { r.clear(); });
  expect("a chain has no stages: A", [](Chains& c, Resources&) { c[0].task.stages.clear(); });
  expect("one place for each", [](Chains& c, Resources&) { c[1].places.pop_back(); });
  expect("does not exist", [](Chains& c, Resources&) { c[0].places[0].resource = {}; });
  expect("a host stage is on a lane",
         [](Chains& c, Resources&) { c[0].places[0].resource = kLane; });
  expect("does not come after its predecessors: A",
         [](Chains& c, Resources&) { c[0].task.stages[0].predecessors = {1}; });
  expect("does not come after its predecessors",
         [](Chains& c, Resources&) { c[0].task.stages[1].predecessors = {1'000'000}; });
  expect("not after its earliest arrival",
         [](Chains& c, Resources&) { c[0].places[1].deadline = RelativeDeadline{1_ms}; });
  expect("deadline is not positive",
         [](Chains& c, Resources&) { c[0].places[0].deadline = RelativeDeadline{0_ns}; });
  expect("overhead of a resource is negative: lane",
         [](Chains&, Resources& r) { r[1].options.overheads.dispatch = -1_ns; });
  expect("cannot be FIFO: CPU", [](Chains&, Resources& r) { r[0].options.policy = Policy::kFifo; });
  expect("36 years", [](Chains& c, Resources&) {
    c[0].task.stages[0].segments = {{Duration::max(), 0_ns}, {Duration::max(), 0_ns}};
  });
  expect("36 years: lane",
         [](Chains&, Resources& r) { r[1].options.overheads.dispatch = Duration::max(); });
  expect("id is not valid", [](Chains& c, Resources&) { c[1].task.id = c[0].task.id; });
}

TEST(EndToEnd, absurd_numbers_are_answered_and_never_abort) {
  example::RandomSets random(43);
  const auto absurd = [&](Duration usual) {
    if (random.between(0, 15) > 0) return usual;
    const Duration extremes[] = {0_ns,
                                 -1_ns,
                                 1_ns,
                                 kLargestSum,
                                 kLargestSum / 8,
                                 kLargestSum / 64,
                                 Duration::max(),
                                 -Duration::max()};
    return extremes[random.between(0, std::size(extremes) - 1)];
  };
  int answered = 0;
  for (int i = 0; i < kSets / 5; ++i) {
    RandomChains made = random_chains(random);
    for (Resource& resource : made.resources) {
      auto& [release, dispatch, completion, clock_error] = resource.options.overheads;
      for (Duration* overhead : {&release, &dispatch, &completion, &clock_error}) {
        if (random.between(0, 3) == 0) *overhead = absurd(1_ns);
      }
    }
    for (Chain& chain : made.chains) {
      chain.task.period = absurd(chain.task.period);
      chain.task.deadline.value = absurd(chain.task.deadline.value);
      chain.task.release_jitter = absurd(chain.task.release_jitter);
      for (StagePlace& place : chain.places) {
        place.deadline->value = absurd(place.deadline->value);
      }
      Segment& segment = chain.task.stages.back().segments.back();
      segment = {absurd(segment.wcet), absurd(segment.bcet)};
    }
    const auto answer = analyse_end_to_end(made.chains, made.resources);
    if (!answer) {
      EXPECT_EQ(answer.error().message().find('\n'), std::string::npos);
      continue;
    }
    ++answered;
    EXPECT_FALSE(answer->reason.empty());
  }
  EXPECT_GT(answered, kSets / 50);
}

}  // namespace
}  // namespace aegis::theory
