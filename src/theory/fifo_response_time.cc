// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/fifo_response_time.h"

#include <algorithm>

#include "answers.h"
#include "edf_response.h"

namespace aegis::theory {
namespace {

constexpr const char* kTheorem = "response time under FIFO (George, Minet 1997)";

TaskBound bound_of(const Task& task, std::optional<Duration> response, Block block) {
  TaskBound bound{.task = task.id, .response_time = response, .blocking = block.length};
  if (response) bound.slack = task.deadline.value - *response;
  return bound;
}

bool is_exact(const TaskSet& tasks) {
  const bool jitter = std::any_of(tasks.begin(), tasks.end(), [](const Task& task) {
    return task.release_jitter > Duration::zero();
  });
  return !jitter && !has_offsets(tasks);
}

// The failure of the first task whose bound exceeds its deadline, if any.
std::optional<Failure> first_failure(const TaskSet& tasks, const BlockingProfile& profile,
                                     const std::vector<TaskBound>& bounds) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!bounds[i].slack || *bounds[i].slack >= Duration::zero()) continue;
    return Failure{tasks[i].id,
                   tasks[i].deadline.value,
                   *bounds[i].response_time - bounds[i].blocking,
                   bounds[i].blocking,
                   profile.at(-tasks[i].release_jitter).blocker,
                   {}};
  }
  return std::nullopt;
}

Analysis refused(const TaskSet& tasks, Analysis analysis, const Failure& failure, Duration tick) {
  const Duration late = failure.demand + failure.blocking - failure.interval;
  analysis.reason = sentence(tasks, failure) + " (" + name_of(tasks, failure.task) +
                    " waits for all that arrived before it)";
  if (is_exact(tasks) && late > tick) {
    analysis.verdict = Verdict::kUnschedulable;
    analysis.failure = failure;
  }
  return analysis;
}

}  // namespace

Analysis analyse_fifo_response_time(const TaskSet& tasks, Blocking blocking, const Supply& supply) {
  if (auto refusal = refused_input(tasks, supply, kTheorem, blocking)) return *refusal;
  if (auto refusal = overutilised(tasks, supply, kTheorem)) return *refusal;
  Timings ordering = timings(tasks);
  for (Timing& task : ordering) task.deadline = Duration::zero();
  const BlockingProfile profile(tasks, std::vector<Duration>(tasks.size()), blocking);
  const EdfResponse response(ordering, profile, supply, /*preemptive=*/false);

  Analysis analysis{Verdict::kUnknown, kTheorem, {}};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Block block = profile.at(-tasks[i].release_jitter);
    analysis.tasks.push_back(bound_of(tasks[i], response.bound(i), block));
  }
  if (const auto failure = first_failure(tasks, profile, analysis.tasks)) {
    return refused(tasks, std::move(analysis), *failure, blocking.tick);
  }
  const bool all = std::all_of(analysis.tasks.begin(), analysis.tasks.end(),
                               [](const TaskBound& b) { return b.response_time.has_value(); });
  analysis.verdict = all ? Verdict::kSchedulable : Verdict::kUnknown;
  analysis.reason = all ? "every job is done in time after all that arrived before it"
                        : "the busy period has more jobs to check than the limit";
  return analysis;
}

}  // namespace aegis::theory
