// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/end_to_end.h"

#include <algorithm>
#include <limits>

#include "aegis/base/duration_text.h"
#include "aegis/base/rational.h"

#include "stage_tasks.h"

namespace aegis::theory {
namespace {

constexpr const char* kTheorem =
    "holistic analysis with release jitter (Tindell, Clark 1994; best case as Palencia, Gutierrez, "
    "Gonzalez Harbour 1998)";

// Each round raises some jitter by a tick at least; what takes more rounds creeps.
constexpr int kMostRounds = 1'000;
// How many deadlines long a late chain is followed.
constexpr std::int64_t kPatience = 4;

// Why the equations were given up.
struct Obstacle {
  std::string reason;
  bool overloaded = false;  // a resource is asked for more than all its time
};

std::string name_of(const Task& chain) {
  return chain.name.empty() ? "task " + std::to_string(chain.id.value) : chain.name;
}

// The equations of the header, solved from the bottom.
class Equations {
 public:
  Equations(const Chains& chains, const Resources& resources, StageTasks stages)
      : chains_(chains), resources_(resources), stages_(std::move(stages)) {}

  // Nothing when solved: every stage's jitter and response then stand in stages().
  std::optional<Obstacle> solve() {
    if (auto obstacle = out_of_patience()) return obstacle;
    std::vector<bool> changed(resources_.size(), true);
    for (int round = 0; round < kMostRounds; ++round) {
      for (std::size_t r = 0; r < resources_.size(); ++r) {
        if (!changed[r]) continue;
        if (auto obstacle = respond(r)) return obstacle;
      }
      changed = propagate();
      if (std::find(changed.begin(), changed.end(), true) == changed.end()) return std::nullopt;
      if (auto obstacle = out_of_patience()) return obstacle;
    }
    return Obstacle{"the jitters of the stages still grew after " + std::to_string(kMostRounds) +
                    " rounds"};
  }

  [[nodiscard]] const StageTasks& stages() const { return stages_; }

 private:
  // R of all stages of one resource from their jitters. Never lowered: an analysis that gives a
  // smaller bound for a larger jitter, because it stopped earlier, must not make the rounds swing.
  std::optional<Obstacle> respond(std::size_t r) {
    const TaskSet tasks = tasks_of(stages_, r);
    if (tasks.empty()) return std::nullopt;
    const Analysis analysis = analyse(tasks, options_for_stages(resources_[r].options));
    for (const TaskBound& bound : analysis.tasks) {
      if (!bound.response_time) return refused(r, tasks, analysis);
      StageTask& stage = stages_[bound.task.value];
      stage.response = std::max(stage.response, stage.earliest_arrival + *bound.response_time);
    }
    if (analysis.tasks.size() < tasks.size()) return refused(r, tasks, analysis);
    return std::nullopt;
  }

  [[nodiscard]] Obstacle refused(std::size_t r, const TaskSet& tasks,
                                 const Analysis& analysis) const {
    const auto charged = charged_for(tasks, resources_[r].options);
    if (charged && validate(*charged) && utilisation(*charged) > Rational(1)) {
      return {resources_[r].name + " is asked for more than all its time", /*overloaded=*/true};
    }
    return {resources_[r].name + " gives no bound: " + analysis.reason};
  }

  // J of all stages from the responses before them; which resources have to be looked at again.
  std::vector<bool> propagate() {
    std::vector<bool> changed(resources_.size(), false);
    for (StageTask& stage : stages_) {
      if (stage.predecessors.empty()) continue;
      Duration ready;
      for (const std::size_t p : stage.predecessors) ready = std::max(ready, stages_[p].response);
      const Duration jitter = ready - stage.earliest_arrival;
      if (jitter == stage.task.release_jitter) continue;
      stage.task.release_jitter = jitter;
      changed[stage.resource] = true;
    }
    return changed;
  }

  [[nodiscard]] std::optional<Obstacle> out_of_patience() const {
    for (const StageTask& stage : stages_) {
      const Task& chain = chains_[stage.chain].task;
      const auto most = Duration::checked_multiply(chain.deadline.value, kPatience);
      if (stage.response <= std::min(most.value_or(kLargestSum), kLargestSum)) continue;
      return Obstacle{name_of(chain) + " passes " + format_duration(stage.response) +
                      ", far beyond its deadline of " + format_duration(chain.deadline.value) +
                      ", before the bounds settle"};
    }
    return std::nullopt;
  }

  const Chains& chains_;
  const Resources& resources_;
  StageTasks stages_;
};

// How long after a job's arrival the overload rule lets it stay without dropping a later one.
Duration longest_stay(const Task& chain) {
  const bool queues = chain.overload.rule == OverloadRule::kQueue;
  const std::int64_t jobs = 1 + (queues ? std::int64_t{chain.overload.queue_depth} : 0);
  return Duration::checked_multiply(chain.period, jobs).value_or(Duration::max());
}

// What one chain's stages add up to.
class ChainAnswer {
 public:
  ChainAnswer(const Task& chain, Duration clock_error)
      : chain_(chain), deadline_(chain.deadline.value - clock_error), bound_{.chain = chain.id} {}

  void add(const StageTask& stage, const Stage& declared, bool solved) {
    bound_.stages.push_back({.earliest_arrival = stage.earliest_arrival,
                             .jitter = {},
                             .deadline = stage.deadline,
                             .response_time = {}});
    longest_path_ = std::max(longest_path_, stage.longest_path);
    if (!solved) return;
    bound_.stages.back().jitter = stage.task.release_jitter;
    bound_.stages.back().response_time = stage.response;
    bound_.response_time = std::max(bound_.response_time.value_or(Duration{}), stage.response);
    const bool can_skip = !stage.predecessors.empty() && declared.freshness == Freshness::kLatest;
    const Duration next_result = stage.earliest_arrival + chain_.period;
    if (can_skip && stage.response > next_result && passed_over_.empty()) {
      passed_over_ = declared.name + " may take " + format_duration(stage.response) +
                     ", and from " + format_duration(next_result) +
                     " on a newer result may take its input's place";
    }
  }

  ChainBound take(const std::string& obstacle) && {
    if (bound_.response_time) bound_.slack = deadline_ - *bound_.response_time;
    judge(obstacle);
    return std::move(bound_);
  }

 private:
  void judge(const std::string& obstacle) {
    const std::string name = name_of(chain_);
    const std::string of_deadline = format_duration(deadline_);
    if (longest_path_ > deadline_) {
      return say(Verdict::kUnschedulable, name + "'s longest path alone executes " +
                                              format_duration(longest_path_) + " > " + of_deadline);
    }
    if (!bound_.response_time) return say(Verdict::kUnknown, obstacle);
    const std::string response = format_duration(*bound_.response_time);
    if (*bound_.slack < Duration::zero()) {
      return say(Verdict::kUnknown, name + " may respond after " + response + " > " + of_deadline +
                                        "; the bound need not be reached");
    }
    if (*bound_.response_time > longest_stay(chain_)) {
      return say(Verdict::kUnknown, name + " may take " + response + ", and after " +
                                        format_duration(longest_stay(chain_)) +
                                        " its overload rule drops the next job, a miss");
    }
    if (!passed_over_.empty()) return say(Verdict::kUnknown, name + ": " + passed_over_);
    say(Verdict::kSchedulable, name + " is done after " + response + " of " + of_deadline);
  }

  void say(Verdict verdict, std::string reason) {
    bound_.verdict = verdict;
    bound_.reason = std::move(reason);
  }

  const Task& chain_;
  Duration deadline_;
  Duration longest_path_;
  std::string passed_over_;
  ChainBound bound_;
};

Duration clock_error_of(const Chain& chain, const Resources& resources) {
  Duration largest;
  for (const StagePlace& place : chain.places) {
    largest = std::max(largest, resources[place.resource.value].options.overheads.clock_error);
  }
  return largest;
}

// The overall verdict: that of the first chain that says the worst.
void conclude(ChainAnalysis& answer, const std::optional<Obstacle>& obstacle) {
  const auto first = [&](Verdict verdict) {
    return std::find_if(answer.chains.begin(), answer.chains.end(),
                        [&](const ChainBound& bound) { return bound.verdict == verdict; });
  };
  for (const Verdict verdict : {Verdict::kUnschedulable, Verdict::kUnknown}) {
    const auto worst = first(verdict);
    if (worst == answer.chains.end()) continue;
    answer.verdict = verdict;
    answer.reason = worst->reason;
    if (verdict == Verdict::kUnknown && obstacle && obstacle->overloaded) {
      answer.verdict = Verdict::kUnschedulable;
      answer.reason = obstacle->reason;
    }
    return;
  }
  const auto tightest = std::min_element(
      answer.chains.begin(), answer.chains.end(),
      [](const ChainBound& a, const ChainBound& b) { return *a.slack < *b.slack; });
  answer.verdict = Verdict::kSchedulable;
  answer.reason = "every chain is done in time; the tightest: " + tightest->reason;
}

}  // namespace

Result<ChainAnalysis> analyse_end_to_end(const Chains& chains, const Resources& resources) {
  auto stages = stage_tasks(chains, resources);
  if (!stages) return fail(stages.error());
  Equations equations(chains, resources, std::move(*stages));
  const auto obstacle = equations.solve();
  ChainAnalysis answer{.theorem = kTheorem, .reason = {}, .chains = {}};
  auto stage = equations.stages().begin();
  for (const Chain& chain : chains) {
    ChainAnswer of_chain(chain.task, clock_error_of(chain, resources));
    for (const Stage& declared : chain.task.stages) of_chain.add(*stage++, declared, !obstacle);
    answer.chains.push_back(std::move(of_chain).take(obstacle ? obstacle->reason : ""));
  }
  conclude(answer, obstacle);
  return answer;
}

}  // namespace aegis::theory
