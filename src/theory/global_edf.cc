// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/global_edf.h"

#include <algorithm>

#include "aegis/base/duration_text.h"
#include "aegis/base/rational.h"
#include "aegis/base/wide_integer.h"
#include "aegis/theory/schedulability.h"

#include "answers.h"

namespace aegis::theory {
namespace {

constexpr const char* kDensity =
    "density bound, preemptive global EDF (Goossens, Funk, Baruah 2003; Bertogna, Cirinei, Lipari "
    "2005)";
constexpr const char* kInterference =
    "interference, preemptive global EDF (Bertogna, Cirinei, Lipari 2005)";
constexpr const char* kNpInterference =
    "interference, global EDF between segments (Bertogna, Cirinei, Lipari 2005; Guan et al. 2008)";

Duration wcet_of(const Task& task) {
  return total_wcet(task).value_or(Duration::zero());
}

// A task that does not fit into its deadline even alone.
std::optional<Analysis> too_long(const TaskSet& tasks, const char* theorem) {
  for (const Task& task : tasks) {
    const Duration wcet = wcet_of(task), deadline = task.deadline.value;
    if (wcet <= deadline) continue;
    return Analysis{.verdict = Verdict::kUnschedulable,
                    .theorem = theorem,
                    .reason = name_of(tasks, task.id) + " needs " + format_duration(wcet) +
                              " even alone: " + format_duration(wcet) + " > " +
                              format_duration(deadline),
                    .tasks = {},
                    .failure = Failure{.task = task.id, .interval = deadline, .demand = wcet}};
  }
  return std::nullopt;
}

// What the tests say nothing of; nothing when they apply.
std::optional<Analysis> outside(const TaskSet& tasks, const char* theorem) {
  for (const Task& task : tasks) {
    const char* why = task.release_jitter > Duration::zero() ? " has release jitter"
                      : task.deadline.value > task.period ? "'s deadline is longer than its period"
                                                          : nullptr;
    if (why == nullptr) continue;
    return Analysis{Verdict::kUnknown, theorem,
                    "the test does not apply: " + name_of(tasks, task.id) + why};
  }
  return std::nullopt;
}

// The answers that need no test.
std::optional<Analysis> answered_before(const TaskSet& tasks, std::size_t lanes,
                                        const char* theorem) {
  if (const Status valid = validate(tasks); !valid) {
    return Analysis{Verdict::kUnknown, theorem,
                    "not a task set to analyse: " + valid.error().message()};
  }
  if (lanes == 0) return Analysis{Verdict::kUnknown, theorem, "there is no lane"};
  if (const Rational u = utilisation(tasks); u > Rational(lanes)) {
    return Analysis{Verdict::kUnschedulable, theorem,
                    "the utilisation " + std::to_string(u.to_double()) +
                        " exceeds the number of lanes, " + std::to_string(lanes)};
  }
  if (auto refusal = too_long(tasks, theorem)) return refusal;
  if (auto refusal = outside(tasks, theorem)) return refusal;
  if (tasks.size() > lanes) return std::nullopt;
  return Analysis{Verdict::kSchedulable, theorem,
                  "there are no more tasks than lanes, so that no job waits"};
}

Rational density(const Task& task) {
  return Rational(static_cast<std::uint64_t>(wcet_of(task).ns()),
                  static_cast<std::uint64_t>(task.deadline.value.ns()));
}

// W_i of the header: the work of `task` due within, and done in, an interval of this length.
Duration work_due_in(const Task& task, Duration interval) {
  const Duration wcet = wcet_of(task), period = task.period;
  // D_i <= T_i, so that the quotient is above -1 and rounding towards zero is half of the floor.
  const Duration room = interval - task.deadline.value;
  const std::int64_t whole = room < Duration::zero() ? 0 : room / period + 1;
  const Duration carried = std::max(Duration::zero(), interval - whole * period);
  return whole * wcet + std::min(wcet, carried);
}

// What the others can do while task k waits for as long as it may.
struct Interference {
  Duration may_wait;       // x
  Int128 others = 0;       // sum of min(X_i, x), in ns
  std::size_t longer = 0;  // how many X_i exceed x
};

Interference interference_on(const TaskSet& tasks, std::size_t k, Preemption preemption) {
  const Task& own = tasks[k];
  const std::size_t later_segments =
      preemption == Preemption::kPreemptive ? 0 : own.segments.size() - 1;
  Interference result{.may_wait = own.deadline.value - wcet_of(own)};
  const Int128 x = result.may_wait.ns();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (i == k) continue;
    const Int128 later =
        std::min<Int128>(static_cast<Int128>(later_segments) * longest_segment(tasks[i]).ns(),
                         wcet_of(tasks[i]).ns());
    const Int128 most = work_due_in(tasks[i], own.deadline.value).ns() + later;
    result.others += std::min(most, x);
    if (most > x) ++result.longer;
  }
  return result;
}

bool holds(const Interference& on, std::size_t lanes) {
  const Int128 room = static_cast<Int128>(lanes) * on.may_wait.ns();
  return on.others < room || (on.others == room && on.longer < lanes);
}

}  // namespace

Analysis analyse_global_edf_density(const TaskSet& tasks, std::size_t lanes) {
  if (auto answer = answered_before(tasks, lanes, kDensity)) return *answer;
  Rational sum, largest;
  for (const Task& task : tasks) {
    const Rational one = density(task);
    sum = sum + one;
    largest = std::max(largest, one);
  }
  const bool within = sum + Rational(lanes - 1) * largest <= Rational(lanes);
  const std::string text = "the densities' sum " + std::to_string(sum.to_double()) +
                           ", the largest being " + std::to_string(largest.to_double());
  if (within) {
    return {Verdict::kSchedulable, kDensity,
            text + ", is within the bound for " + std::to_string(lanes) + " lanes"};
  }
  return {Verdict::kUnknown, kDensity,
          text + ", is beyond the bound for " + std::to_string(lanes) +
              " lanes, which is sufficient only"};
}

Analysis analyse_global_edf_interference(const TaskSet& tasks, std::size_t lanes,
                                         Preemption preemption) {
  const char* theorem = preemption == Preemption::kPreemptive ? kInterference : kNpInterference;
  if (auto answer = answered_before(tasks, lanes, theorem)) return *answer;
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    const Interference on = interference_on(tasks, k, preemption);
    if (holds(on, lanes)) continue;
    return {Verdict::kUnknown, theorem,
            name_of(tasks, tasks[k].id) + " may wait for " + format_duration(on.may_wait) +
                ", and the bound on the others' work leaves room to keep all " +
                std::to_string(lanes) + " lanes busy for longer; the test is sufficient only"};
  }
  return {Verdict::kSchedulable, theorem,
          "no task can be kept waiting on all " + std::to_string(lanes) +
              " lanes for longer than it may"};
}

Analysis analyse_global_edf(const TaskSet& tasks, const GlobalLanes& lanes) {
  const AnalysisOptions options{
      .policy = policy::Policy::kEdf, .preemption = lanes.preemption, .overheads = lanes.overheads};
  const auto charged = charged_for(tasks, options);
  if (!validate(tasks) || !charged) return analyse(tasks, options);  // which says why
  if (lanes.preemption == Preemption::kPreemptive) {
    Analysis by_density = analyse_global_edf_density(*charged, lanes.lanes);
    if (by_density.verdict != Verdict::kUnknown) return by_density;
  }
  return analyse_global_edf_interference(*charged, lanes.lanes, lanes.preemption);
}

}  // namespace aegis::theory
