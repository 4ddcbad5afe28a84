// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/np_edf_response_time.h"

#include <algorithm>

#include "aegis/theory/np_edf_demand.h"
#include "aegis/theory/preemptive_edf_demand.h"

#include "edf_response.h"

namespace aegis::theory {
namespace {

void add_response_times(const TaskSet& tasks, const EdfResponse& response, Analysis& analysis) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    TaskBound& bound = analysis.tasks[i];
    const Duration deadline = tasks[i].deadline.value;
    bound.response_time = response.bound(i);
    if (analysis.verdict == Verdict::kSchedulable) {
      bound.response_time = std::min(bound.response_time.value_or(deadline), deadline);
    }
    if (bound.response_time) bound.slack = deadline - *bound.response_time;
  }
}

// A refusal by demand carries no tasks; the bounds are still worth knowing. With U > 1 there are
// none.
bool make_room(const TaskSet& tasks, Analysis& analysis) {
  if (!validate(tasks) || utilisation(tasks) > Rational(1)) return false;
  for (std::size_t i = analysis.tasks.size(); i < tasks.size(); ++i) {
    analysis.tasks.push_back({.task = tasks[i].id});
  }
  return true;
}

}  // namespace

Analysis analyse_np_edf_response_time(const TaskSet& tasks, Blocking blocking) {
  Analysis analysis = analyse_np_edf_demand(tasks, blocking);
  if (!make_room(tasks, analysis)) return analysis;
  const Timings ordering = timings(tasks);
  std::vector<Duration> deadlines;
  for (const Timing& task : ordering) deadlines.push_back(task.deadline);
  const BlockingProfile profile(tasks, deadlines, blocking);
  add_response_times(tasks, EdfResponse(ordering, profile, /*preemptive=*/false), analysis);
  return analysis;
}

Analysis analyse_preemptive_edf_response_time(const TaskSet& tasks) {
  Analysis analysis = analyse_preemptive_edf_demand(tasks);
  if (!make_room(tasks, analysis)) return analysis;
  const Timings ordering = timings(tasks);
  const BlockingProfile nothing;
  add_response_times(tasks, EdfResponse(ordering, nothing, /*preemptive=*/true), analysis);
  return analysis;
}

}  // namespace aegis::theory
