// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "aegis/theory/end_to_end.h"

#include "example_sets.h"

// Chains run tick by tick, sharing nothing with the analysis: what its bounds are compared with.
// One tick is one nanosecond.
namespace aegis::theory {

// When one instance of a chain arrives and how much later it is released.
struct ChainArrival {
  std::int64_t at = 0;
  std::int64_t released_after = 0;
};
using ChainArrivals = std::vector<std::vector<ChainArrival>>;  // by chain

namespace ticks {

// A job of one stage.
struct Job {
  std::size_t chain = 0, stage = 0;
  std::int64_t arrival = 0;  // of the chain
  std::int64_t release = 0;  // of the chain: first stages are ready then
  std::vector<std::int64_t> segments;
  bool in_segment = false;
  std::int64_t start = -1;
  std::int64_t done = -1;
};

class Machine {
 public:
  Machine(const Chains& chains, const Resources& resources, std::uint64_t seed)
      : chains_(chains), resources_(resources), random_(seed) {}

  void add(std::size_t chain, const ChainArrival& arrival) {
    const auto& stages = chains_[chain].task.stages;
    for (std::size_t s = 0; s < stages.size(); ++s) {
      Job job{.chain = chain,
              .stage = s,
              .arrival = arrival.at,
              .release = arrival.at + arrival.released_after,
              .segments = {}};
      for (const Segment& segment : stages[s].segments) {
        const std::int64_t least = std::max<std::int64_t>(1, segment.bcet.ns());
        const auto spread = static_cast<std::uint64_t>(segment.wcet.ns() - least + 1);
        // the longest half of the time: extremes are what bounds are about
        const bool longest = random_() % 2 == 0;
        job.segments.push_back(longest ? segment.wcet.ns()
                                       : least + static_cast<std::int64_t>(random_() % spread));
      }
      jobs_.push_back(std::move(job));
    }
  }

  std::map<std::uint32_t, Duration> run() {
    for (std::int64_t now = 0; left_ < jobs_.size(); ++now) {
      for (std::size_t r = 0; r < resources_.size(); ++r) tick(r, now);
    }
    std::map<std::uint32_t, Duration> longest;
    for (const Job& job : jobs_) {
      Duration& seen = longest[chains_[job.chain].task.id.value];
      seen = std::max(seen, Duration::nanoseconds(job.done - job.arrival));
    }
    return longest;
  }

  [[nodiscard]] const std::vector<Job>& jobs() const { return jobs_; }

 private:
  [[nodiscard]] const StagePlace& place(const Job& job) const {
    return chains_[job.chain].places[job.stage];
  }

  // The job's first stage is jobs_[index - stage], as all stages of an instance stand together.
  [[nodiscard]] bool ready(std::size_t index, std::int64_t now) const {
    const Job& job = jobs_[index];
    if (job.done >= 0 || job.release > now) return false;
    const auto& before = chains_[job.chain].task.stages[job.stage].predecessors;
    return std::all_of(before.begin(), before.end(), [&](std::uint32_t p) {
      const std::int64_t done = jobs_[index - job.stage + p].done;
      return done >= 0 && done <= now;
    });
  }

  [[nodiscard]] std::int64_t key(const Job& job) const {
    const Chain& chain = chains_[job.chain];
    const auto deadline = place(job).deadline;
    switch (resources_[place(job).resource.value].options.policy) {
      case policy::Policy::kEdf:
        return job.arrival + deadline->value.ns();
      case policy::Policy::kDeadlineMonotonic:
        return deadline->value.ns();
      case policy::Policy::kRateMonotonic:
        return chain.task.period.ns();
      default:
        return place(job).priority.value;
    }
  }

  void tick(std::size_t r, std::int64_t now) {
    const bool preemptive = resources_[r].options.preemption == Preemption::kPreemptive;
    std::size_t chosen = jobs_.size();
    std::tuple<bool, std::int64_t, std::int64_t, std::size_t> best;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (place(jobs_[i]).resource.value != r || !ready(i, now)) continue;
      const bool goes_on = jobs_[i].in_segment && !preemptive;
      const std::tuple candidate{!goes_on, key(jobs_[i]), jobs_[i].arrival, i};
      if (chosen < jobs_.size() && candidate >= best) continue;
      chosen = i;
      best = candidate;
    }
    if (chosen == jobs_.size()) return;
    Job& job = jobs_[chosen];
    if (job.start < 0) job.start = now;
    job.in_segment = --job.segments.front() > 0;
    if (job.in_segment) return;
    job.segments.erase(job.segments.begin());
    if (!job.segments.empty()) return;
    job.done = now + 1;
    ++left_;
  }

  const Chains& chains_;
  const Resources& resources_;
  std::mt19937_64 random_;
  std::vector<Job> jobs_;
  std::size_t left_ = 0;
};

}  // namespace ticks

// The longest response of each chain, by its id. Execution times are drawn. Every stage has a
// deadline where its resource's policy looks at it.
inline std::map<std::uint32_t, Duration> simulate_ticks(const Chains& chains,
                                                        const Resources& resources,
                                                        const ChainArrivals& arrivals,
                                                        std::uint64_t seed) {
  ticks::Machine machine(chains, resources, seed);
  for (std::size_t c = 0; c < chains.size(); ++c) {
    for (const ChainArrival& arrival : arrivals[c]) machine.add(c, arrival);
  }
  return machine.run();
}

struct RandomChains {
  Chains chains;
  Resources resources;
};

inline Stage random_stage(example::RandomSets& random, std::uint32_t index) {
  Stage stage{.name = std::to_string(index),
              .kind = StageKind::kLane,
              .segments = {},
              .predecessors = {},
              .freshness = Freshness::kQueue};
  for (std::int64_t n = random.between(1, 2); n > 0; --n) {
    const std::int64_t wcet = random.between(1, 3);
    stage.segments.push_back(
        {Duration::nanoseconds(wcet), Duration::nanoseconds(random.between(0, wcet))});
  }
  for (std::uint32_t p = 0; p < index; ++p) {
    if (p + 1 == index || random.between(0, 3) == 0) stage.predecessors.push_back(p);
  }
  if (random.between(0, 5) == 0) stage.predecessors.clear();  // a second source
  return stage;
}

// Two or three chains of one to three stages, DAGs among them, on two or three resources of any
// policy, now and then more than they can serve.
inline RandomChains random_chains(example::RandomSets& random) {
  constexpr policy::Policy kPolicies[] = {policy::Policy::kEdf, policy::Policy::kDeadlineMonotonic,
                                          policy::Policy::kRateMonotonic,
                                          policy::Policy::kStaticPriority};
  RandomChains made;
  const auto resources = static_cast<std::uint32_t>(random.between(2, 3));
  for (std::uint32_t r = 0; r < resources; ++r) {
    made.resources.push_back(
        {.name = "R" + std::to_string(r),
         .kind = StageKind::kLane,
         .options = {.policy = kPolicies[random.between(0, 3)],
                     .preemption = random.between(0, 1) ? Preemption::kPreemptive
                                                        : Preemption::kNonPreemptive,
                     .blocking = Blocking::started_before(Duration::nanoseconds(1)),
                     .overheads = {}}});
  }
  const auto chains = static_cast<std::uint32_t>(random.between(2, 3));
  for (std::uint32_t c = 0; c < chains; ++c) {
    const std::int64_t period = random.between(10, 30);
    Chain chain{.task = example::task(c, {1, period, random.between(18, 60), random.between(0, 3)},
                                      Duration::nanoseconds(1)),
                .places = {}};
    for (std::int64_t s = 0, n = random.between(1, 3); s < n; ++s) {
      chain.task.stages.push_back(random_stage(random, static_cast<std::uint32_t>(s)));
      chain.places.push_back(
          {.resource = ResourceId{static_cast<std::uint32_t>(random.between(0, resources - 1))},
           .priority = {random.between(0, 5)},
           .deadline = RelativeDeadline{Duration::nanoseconds(random.between(13, 40))}});
    }
    made.chains.push_back(std::move(chain));
  }
  return made;
}

// Sporadic, often periodic, each released late by up to its jitter.
inline ChainArrivals random_chain_arrivals(example::RandomSets& random, const Chains& chains,
                                           std::int64_t until) {
  ChainArrivals arrivals;
  for (const Chain& chain : chains) {
    arrivals.emplace_back();
    const bool periodic = random.between(0, 2) > 0;
    for (std::int64_t at = random.between(0, 30); at < until;) {
      const std::int64_t jitter = chain.task.release_jitter.ns();
      arrivals.back().push_back({at, random.between(0, 1) ? jitter : random.between(0, jitter)});
      at += chain.task.period.ns() + (periodic ? 0 : random.between(0, 5));
    }
  }
  return arrivals;
}

inline std::string text_of(const RandomChains& made) {
  std::string text;
  for (const Resource& r : made.resources) {
    text += std::string(to_string(r.options.policy)) + " " +
            std::string(to_string(r.options.preemption)) + " | ";
  }
  for (const Chain& chain : made.chains) {
    text += "T " + std::to_string(chain.task.period.ns()) + " J " +
            std::to_string(chain.task.release_jitter.ns());
    for (std::size_t s = 0; s < chain.places.size(); ++s) {
      text += " (on " + std::to_string(chain.places[s].resource.value) + " p " +
              std::to_string(chain.places[s].priority.value) + " D " +
              std::to_string(chain.places[s].deadline->value.ns()) + " C";
      for (const Segment& segment : chain.task.stages[s].segments) {
        text += " " + std::to_string(segment.bcet.ns()) + ".." + std::to_string(segment.wcet.ns());
      }
      text += " after";
      for (const auto p : chain.task.stages[s].predecessors) text += " " + std::to_string(p);
      text += ")";
    }
    text += " | ";
  }
  return text;
}

// The wrong twin: every stage periodic on its resource, end to end the sum along the path. By chain
// id; empty where a resource gives no bound.
inline std::map<std::uint32_t, Duration> bounds_that_forget_jitter(const RandomChains& made) {
  std::map<std::uint32_t, Duration> bounds;
  std::map<std::pair<std::uint32_t, std::size_t>, Duration> response;
  for (std::uint32_t r = 0; r < made.resources.size(); ++r) {
    TaskSet tasks;
    std::vector<std::pair<std::uint32_t, std::size_t>> stages;
    for (std::uint32_t c = 0; c < made.chains.size(); ++c) {
      const Chain& chain = made.chains[c];
      for (std::size_t s = 0; s < chain.places.size(); ++s) {
        if (chain.places[s].resource.value != r) continue;
        Task task = chain.task;
        task.id = TaskId{static_cast<std::uint32_t>(tasks.size())};
        task.segments = chain.task.stages[s].segments;
        task.priority = chain.places[s].priority;
        task.deadline = *chain.places[s].deadline;
        task.stages.clear();
        tasks.push_back(std::move(task));
        stages.emplace_back(c, s);
      }
    }
    if (tasks.empty()) continue;
    const Analysis analysis = analyse(tasks, made.resources[r].options);
    if (analysis.tasks.size() < tasks.size()) return {};
    for (std::size_t i = 0; i < stages.size(); ++i) {
      if (!analysis.tasks[i].response_time) return {};
      response[stages[i]] = *analysis.tasks[i].response_time;
    }
  }
  for (std::uint32_t c = 0; c < made.chains.size(); ++c) {
    const auto& stages = made.chains[c].task.stages;
    for (std::size_t s = 0; s < stages.size(); ++s) {
      Duration before;
      for (const auto p : stages[s].predecessors) before = std::max(before, response[{c, p}]);
      Duration& longest = bounds[made.chains[c].task.id.value];
      longest = std::max(longest, response[{c, s}] += before);
    }
  }
  return bounds;
}

}  // namespace aegis::theory
