// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/cause_effect_chain.h"

#include <deque>

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
constexpr int kSets = 2'000;
#else
constexpr int kSets = 200;
#endif

SampledStage sampled(Duration gap, Duration response) {
  return {.longest_gap = gap, .release_jitter = {}, .response_time = response};
}

TEST(CauseEffectChain, the_example_of_the_header) {
  const auto times = analyse_cause_effect_chain(
      {sampled(33_ms, 5_ms), sampled(50_ms, 30_ms), sampled(10_ms, 2_ms)});
  ASSERT_TRUE(times);
  EXPECT_EQ(times->reaction_time, 130_ms);
  EXPECT_EQ(times->data_age, 130_ms);
  EXPECT_EQ(times->age_when_written, 120_ms);
}

TEST(CauseEffectChain, one_stage_waits_for_its_next_job) {
  const auto times = analyse_cause_effect_chain({sampled(10_ms, 3_ms)});
  ASSERT_TRUE(times);
  EXPECT_EQ(times->reaction_time, 13_ms);
  EXPECT_EQ(times->age_when_written, 3_ms);
}

TEST(CauseEffectChain, a_producer_that_is_never_overtaken_costs_its_jitter_only) {
  std::vector<SampledStage> stages = {sampled(10_ms, 4_ms), sampled(20_ms, 7_ms)};
  stages[0].release_jitter = 1_ms;
  EXPECT_EQ(analyse_cause_effect_chain(stages)->data_age, 41_ms);
  stages[0].outranks_next = true;
  EXPECT_EQ(analyse_cause_effect_chain(stages)->data_age, 38_ms);
}

TEST(CauseEffectChain, a_queue_is_waited_through) {
  std::vector<SampledStage> stages = {sampled(10_ms, 4_ms), sampled(20_ms, 7_ms)};
  stages[0].outranks_next = true;
  stages[1].input = Freshness::kQueue;
  stages[1].queue_depth = 3;
  const auto times = analyse_cause_effect_chain(stages);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->reaction_time, 10_ms + 4_ms + 3 * 20_ms + 7_ms);
  EXPECT_FALSE(times->data_age);
}

TEST(CauseEffectChain, bad_input_is_one_line) {
  const auto said = [](const std::vector<SampledStage>& stages) {
    const auto times = analyse_cause_effect_chain(stages);
    return times ? std::string("no error") : times.error().message();
  };
  EXPECT_THAT(said({}), HasSubstr("no stages"));
  EXPECT_THAT(said({sampled(0_ms, 1_ms)}), HasSubstr("gap is not positive"));
  EXPECT_THAT(said({sampled(1_ms, 0_ms)}), HasSubstr("response time is not positive"));
  SampledStage stage = sampled(1_ms, 1_ms);
  stage.release_jitter = 2_ms;
  EXPECT_THAT(said({stage}), HasSubstr("exceeds its response time"));
  stage = sampled(1_ms, 1_ms);
  stage.input = Freshness::kQueue;
  EXPECT_THAT(said({stage}), HasSubstr("without room"));
  stage.queue_depth = 0xffffffff;
  stage.longest_gap = kLargestSum;
  EXPECT_THAT(said({sampled(1_ms, 1_ms), stage}), HasSubstr("36 years"));
  EXPECT_THAT(said({sampled(Duration::max(), 1_ms)}), HasSubstr("36 years"));
}

// Jobs of one stage as they ran.
struct Ran {
  std::int64_t start, done;
};
using History = std::vector<Ran>;  // in order

// Which of `from`'s jobs wrote what a job that starts then reads; -1: nothing is written yet.
std::int64_t read_at(const History& from, std::int64_t start) {
  std::int64_t job = -1;
  for (std::size_t i = 0; i < from.size() && from[i].done <= start; ++i) {
    job = static_cast<std::int64_t>(i);
  }
  return job;
}

// Which of the first stage's jobs the k-th output goes back to; -1: none.
std::int64_t source_of(const std::vector<History>& stages, std::size_t k) {
  auto job = static_cast<std::int64_t>(k);
  for (std::size_t i = stages.size(); i-- > 1 && job >= 0;) {
    job = read_at(stages[i - 1], stages[i][static_cast<std::size_t>(job)].start);
  }
  return job;
}

struct Observed {
  std::int64_t reaction = 0, age = 0, age_when_written = 0;
};

Observed observe(const std::vector<History>& stages) {
  Observed seen;
  const History& outputs = stages.back();
  std::size_t reflected = 0;  // events just after the start of first-stage jobs before this one
  for (std::size_t k = 0; k + 1 < outputs.size(); ++k) {
    const std::int64_t source = source_of(stages, k);
    if (source < 0) continue;
    const std::int64_t read = stages[0][static_cast<std::size_t>(source)].start;
    seen.age_when_written = std::max(seen.age_when_written, outputs[k].done - read);
    seen.age = std::max(seen.age, outputs[k + 1].done - read);
    for (; reflected < static_cast<std::size_t>(source); ++reflected) {
      seen.reaction = std::max(seen.reaction, outputs[k].done - stages[0][reflected].start);
    }
  }
  return seen;
}

// Stages that are tasks of their own, as chains of one stage each, on one or two resources.
struct Sampling {
  RandomChains made;
  std::vector<Duration> gaps;
  std::vector<SampledStage> stages;  // empty: a resource gives no bound
};

bool outranks(const RandomChains& made, std::size_t i) {
  const StagePlace& own = made.chains[i].places[0];
  const StagePlace& next = made.chains[i + 1].places[0];
  if (own.resource != next.resource) return false;
  switch (made.resources[own.resource.value].options.policy) {
    case Policy::kStaticPriority:
      return own.priority < next.priority;
    case Policy::kEdf:
    case Policy::kDeadlineMonotonic:
      return *own.deadline < *next.deadline;
    default:
      return made.chains[i].task.period < made.chains[i + 1].task.period;
  }
}

Sampling random_sampling(example::RandomSets& random) {
  Sampling sampling{.made = random_chains(random), .gaps = {}, .stages = {}};
  for (Chain& chain : sampling.made.chains) {
    chain.task.stages.resize(1);
    chain.places.resize(1);
    chain.places[0].resource.value %= 2;
    sampling.gaps.push_back(chain.task.period + Duration::nanoseconds(random.between(0, 1) * 4));
  }
  const auto bounds = analyse_end_to_end(sampling.made.chains, sampling.made.resources);
  for (std::size_t i = 0; i < sampling.gaps.size(); ++i) {
    const auto response = bounds->chains[i].response_time;
    if (!response) return {};
    sampling.stages.push_back({.longest_gap = sampling.gaps[i],
                               .release_jitter = sampling.made.chains[i].task.release_jitter,
                               .response_time = *response});
    if (i + 1 < sampling.gaps.size()) {
      sampling.stages.back().outranks_next = outranks(sampling.made, i);
    }
  }
  return sampling;
}

std::vector<History> run(example::RandomSets& random, const Sampling& sampling) {
  ticks::Machine machine(sampling.made.chains, sampling.made.resources,
                         static_cast<std::uint64_t>(random.between(0, 1 << 20)));
  for (std::size_t c = 0; c < sampling.gaps.size(); ++c) {
    const Task& task = sampling.made.chains[c].task;
    const std::int64_t spread = (sampling.gaps[c] - task.period).ns();
    for (std::int64_t at = random.between(0, task.period.ns() - 1); at < 400;) {
      machine.add(c, {at, random.between(0, task.release_jitter.ns())});
      at += task.period.ns() + random.between(0, spread);
    }
  }
  (void)machine.run();
  std::vector<History> stages(sampling.gaps.size());
  for (const ticks::Job& job : machine.jobs()) stages[job.chain].push_back({job.start, job.done});
  return stages;
}

Observed longest_of(example::RandomSets& random, const Sampling& sampling) {
  Observed longest;
  for (int behaviour = 0; behaviour < 4; ++behaviour) {
    const Observed seen = observe(run(random, sampling));
    longest.reaction = std::max(longest.reaction, seen.reaction);
    longest.age = std::max(longest.age, seen.age);
    longest.age_when_written = std::max(longest.age_when_written, seen.age_when_written);
  }
  return longest;
}

std::string text_of(const Sampling& sampling) {
  std::string text = text_of(sampling.made);
  for (const SampledStage& stage : sampling.stages) {
    text += " T " + std::to_string(stage.longest_gap.ns()) + " R " +
            std::to_string(stage.response_time.ns()) + (stage.outranks_next ? " outranks" : "");
  }
  return text;
}

TEST(CauseEffectChain, no_simulated_reaction_or_age_exceeds_its_bound) {
  example::RandomSets random(51);
  int compared = 0, shortened = 0;
  for (int i = 0; i < kSets; ++i) {
    const Sampling sampling = random_sampling(random);
    if (sampling.stages.empty()) continue;
    const auto times = analyse_cause_effect_chain(sampling.stages);
    ASSERT_TRUE(times);
    const Observed seen = longest_of(random, sampling);
    ASSERT_LE(seen.reaction, times->reaction_time.ns()) << text_of(sampling);
    ASSERT_LE(seen.age, times->data_age->ns()) << text_of(sampling);
    ASSERT_LE(seen.age_when_written, times->age_when_written->ns()) << text_of(sampling);
    ++compared;
    for (const SampledStage& stage : sampling.stages) shortened += stage.outranks_next;
  }
  EXPECT_GT(compared, kSets / 2);
  EXPECT_GT(shortened, kSets / 10);
}

// The wrong twin: as if no consumer ever overtook its producer.
TEST(CauseEffectChain, the_simulation_catches_results_that_count_too_early) {
  example::RandomSets random(52);
  int caught = 0;
  for (int i = 0; i < kSets; ++i) {
    Sampling sampling = random_sampling(random);
    if (sampling.stages.empty()) continue;
    const Observed seen = longest_of(random, sampling);
    for (SampledStage& stage : sampling.stages) stage.outranks_next = true;
    caught += seen.reaction > analyse_cause_effect_chain(sampling.stages)->reaction_time.ns();
  }
  EXPECT_GT(caught, 0);
}

// Attained, as far as ticks allow. Two machines, every phase: a consumer that starts a tick before
// the result comes waits longest.
TEST(CauseEffectChain, the_bound_is_approached_to_a_tick) {
  const auto times = analyse_cause_effect_chain({sampled(10_ns, 3_ns), sampled(7_ns, 2_ns)});
  std::int64_t reaction = 0, age = 0;
  for (std::int64_t phase = 0; phase < 7; ++phase) {
    std::vector<History> stages(2);
    for (std::int64_t at = 0; at < 700; at += 10) stages[0].push_back({at, at + 3});
    for (std::int64_t at = phase; at < 700; at += 7) stages[1].push_back({at, at + 2});
    const Observed seen = observe(stages);
    reaction = std::max(reaction, seen.reaction);
    age = std::max(age, seen.age);
  }
  EXPECT_EQ(reaction, times->reaction_time.ns() - 1);
  EXPECT_EQ(age, times->data_age->ns() - 1);
}

// Writes and reads of a FIFO in time order; the longest reaction among items that were accepted.
std::int64_t longest_through_queue(const History& from, const History& to, std::size_t depth) {
  std::deque<std::size_t> queue;
  std::size_t written = 0;
  std::int64_t longest = 0;
  for (const Ran& reader : to) {
    for (; written < from.size() && from[written].done <= reader.start; ++written) {
      if (queue.size() < depth) queue.push_back(written);
    }
    if (queue.empty()) continue;
    const std::size_t item = queue.front();
    queue.pop_front();
    if (item > 0) longest = std::max(longest, reader.done - from[item - 1].start);
  }
  return longest;
}

TEST(CauseEffectChain, no_accepted_item_of_a_queue_reacts_later_than_its_bound) {
  example::RandomSets random(53);
  std::int64_t filled = 0;
  for (int i = 0; i < kSets; ++i) {
    Sampling sampling = random_sampling(random);
    if (sampling.stages.empty()) continue;
    sampling.stages.resize(2);
    const auto depth = static_cast<std::uint32_t>(random.between(1, 3));
    sampling.stages[1].input = Freshness::kQueue;
    sampling.stages[1].queue_depth = depth;
    const auto stages = run(random, sampling);
    const std::int64_t seen = longest_through_queue(stages[0], stages[1], depth);
    ASSERT_LE(seen, analyse_cause_effect_chain(sampling.stages)->reaction_time.ns())
        << text_of(sampling) << " depth " << depth;
    sampling.stages[1].queue_depth = 1;
    filled += seen > analyse_cause_effect_chain(sampling.stages)->reaction_time.ns();
  }
  EXPECT_GT(filled, 0) << "some item waited for more than one job";
}

}  // namespace
}  // namespace aegis::theory
