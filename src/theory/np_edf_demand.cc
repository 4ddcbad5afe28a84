// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/np_edf_demand.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "aegis/base/duration_text.h"

#include "answers.h"
#include "demand_sweep.h"
#include "edf_demand.h"

namespace aegis::theory {
namespace {

constexpr const char* kTheorem =
    "processor demand with blocking, non-preemptive EDF (Jeffay, Stanat, Martel 1991; George, "
    "Rivierre, Spuri 1996; Bertogna, Baruah 2010)";

std::vector<Duration> relative_deadlines(const TaskSet& tasks) {
  std::vector<Duration> deadlines;
  for (const Task& task : tasks) deadlines.push_back(task.deadline.value);
  return deadlines;
}

std::vector<TaskBound> bounds(const TaskSet& tasks, const BlockingProfile& profile,
                              const std::vector<Duration>& tolerance) {
  std::vector<TaskBound> all;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    TaskBound bound{.task = tasks[i].id};
    bound.blocking = profile.at(tasks[i].deadline.value - tasks[i].release_jitter).length;
    if (!tolerance.empty()) bound.blocking_tolerance = tolerance[i];
    all.push_back(bound);
  }
  return all;
}

Analysis refused(const TaskSet& tasks, const Failure& failure, std::vector<TaskBound> bounds) {
  const std::string text = sentence(tasks, failure);
  if (!has_offsets(tasks)) {
    return {Verdict::kUnschedulable, kTheorem, text, std::move(bounds), failure};
  }
  return {Verdict::kUnknown, kTheorem,
          "sporadic tasks would miss, the declared offsets may prevent it: " + text,
          std::move(bounds)};
}

}  // namespace

Analysis analyse_np_edf_demand(const TaskSet& tasks, Blocking blocking) {
  if (auto refusal = refused_input(tasks, kTheorem)) return *refusal;
  if (auto refusal = overutilised(tasks, kTheorem)) return *refusal;
  const BlockingProfile profile(tasks, relative_deadlines(tasks), blocking);
  const DemandCheck check = check_demand(tasks, profile);
  if (check.failure) return refused(tasks, *check.failure, bounds(tasks, profile, {}));
  Analysis analysis{check.verdict, kTheorem, {}, bounds(tasks, profile, check.tolerance)};
  analysis.reason = check.verdict == Verdict::kSchedulable
                        ? "in every interval, the jobs due and one blocking segment fit"
                        : "the set has more deadlines to check than the limit of 1,000,000";
  return analysis;
}

std::optional<Duration> blocking_tolerance(const TaskSet& tasks) {
  if (!validate(tasks) || utilisation(tasks) > Rational(1)) return std::nullopt;
  const DemandCheck check = check_demand(tasks, BlockingProfile());
  if (check.tolerance.empty()) return std::nullopt;
  return *std::min_element(check.tolerance.begin(), check.tolerance.end());
}

std::vector<Duration> longest_admissible_segments(const TaskSet& tasks) {
  if (!blocking_tolerance(tasks)) return {};
  const Timings timing = timings(tasks);
  const auto first_deadline = [&](std::size_t k) { return timing[k].deadline - timing[k].jitter; };
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return first_deadline(a) < first_deadline(b); });
  std::vector<Duration> longest(tasks.size());
  Duration least = Duration::max();
  DemandSweep sweep(timing);  // over no more points than blocking_tolerance() has just walked
  for (const std::size_t k : order) {
    while (sweep.next() < first_deadline(k)) {
      sweep.advance();
      least = std::min(least, sweep.t() - sweep.demand());
    }
    longest[k] = least;
  }
  return longest;
}

}  // namespace aegis::theory
