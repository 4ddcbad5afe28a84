// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/np_edf_response_time.h"

#include <algorithm>

#include "aegis/theory/np_edf_demand.h"
#include "aegis/theory/preemptive_edf_demand.h"

#include "answers.h"
#include "edf_response.h"

namespace aegis::theory {
namespace {

// A reason is a sentence to be read.
constexpr std::size_t kMostNamed = 5;

// A demand that is accepted bounds every response by D, also where the search gave up.
void add_response_times(const TaskSet& tasks, const EdfResponse& response, Analysis& analysis) {
  std::string given_up;
  std::size_t how_many = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    TaskBound& bound = analysis.tasks[i];
    const Duration deadline = tasks[i].deadline.value;
    bound.response_time = response.bound(i);
    if (analysis.verdict == Verdict::kSchedulable) {
      if (!bound.response_time && how_many++ < kMostNamed)
        given_up += (given_up.empty() ? "" : ", ") + name_of(tasks, tasks[i].id);
      bound.response_time = std::min(bound.response_time.value_or(deadline), deadline);
    }
    if (bound.response_time) bound.slack = deadline - *bound.response_time;
  }
  if (given_up.empty()) return;
  analysis.reason +=
      "; the search for a tighter bound than the deadline was given up for " + given_up;
  if (how_many > kMostNamed) {
    analysis.reason += " and " + std::to_string(how_many - kMostNamed) + " more";
  }
}

// A refusal by demand carries no tasks; the bounds are still worth knowing. With a load above 1
// there are none.
bool make_room(const TaskSet& tasks, const Supply& supply, Analysis& analysis) {
  if (!validate(tasks) || !validate(supply)) return false;
  if (compare_load_with_one(timings(tasks), supply) > 0) return false;
  for (std::size_t i = analysis.tasks.size(); i < tasks.size(); ++i) {
    analysis.tasks.push_back({.task = tasks[i].id});
  }
  return true;
}

void add_response_times(const TaskSet& tasks, const BlockingProfile& blocking, const Supply& supply,
                        bool preemptive, Analysis& analysis) {
  if (!make_room(tasks, supply, analysis)) return;
  const Timings ordering = timings(tasks);
  add_response_times(tasks, EdfResponse(ordering, blocking, supply, preemptive), analysis);
}

}  // namespace

Analysis analyse_np_edf_response_time(const TaskSet& tasks, Blocking blocking,
                                      const Supply& supply) {
  Analysis analysis = analyse_np_edf_demand(tasks, blocking, supply);
  if (!validate(blocking)) return analysis;
  const BlockingProfile profile(tasks, deadlines_of(timings(tasks)), blocking);
  add_response_times(tasks, profile, supply, /*preemptive=*/false, analysis);
  return analysis;
}

Analysis analyse_preemptive_edf_response_time(const TaskSet& tasks, const Supply& supply) {
  Analysis analysis = analyse_preemptive_edf_demand(tasks, supply);
  add_response_times(tasks, BlockingProfile(), supply, /*preemptive=*/true, analysis);
  return analysis;
}

}  // namespace aegis::theory
