// SPDX-License-Identifier: Apache-2.0
#include "analyze_request.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "aegis/base/atomic_file.h"
#include "aegis/base/duration_text.h"

#include "output_path.h"

namespace aegis::service {

namespace {

using theory::AnalysisOptions;
using theory::TaskSet;

// Half a second to a second of simulation each million, and 100 bytes a job.
constexpr std::int64_t kMostJobs = 5'000'000;
// As many as a task file may have: a lane more would stay idle.
constexpr std::size_t kMostLanes = 10'000;
// First fit asks for a verdict per task and lane: a second for so many tasks.
constexpr std::size_t kMostTasksForLanes = 1'000;

Problem usage(std::string message) {
  return {ExitCode::kInput, std::move(message)};
}

std::array<std::filesystem::path, 4> outputs_of(const AnalyzeRequest& request) {
  return {request.witness, request.demand, request.certificate, request.trace};
}

// An output that is an input or another output would be lost; one that cannot be written is better
// known before the others are.
std::optional<Problem> problem_of_outputs(const AnalyzeRequest& request) {
  std::vector<std::filesystem::path> seen;
  for (const auto& output : outputs_of(request)) {
    if (output.empty()) continue;
    if (auto problem = refuse_overwriting(output, {request.file})) return problem;
    const auto place = output.lexically_normal();
    if (std::find(seen.begin(), seen.end(), place) != seen.end()) {
      return usage(output.string() + ": named for two outputs: write each to a file of its own");
    }
    seen.push_back(place);
  }
  for (const auto& output : seen) {
    const Status writable = try_writing(output);
    if (!writable) return Problem{ExitCode::kEnvironment, writable.error().message()};
  }
  return std::nullopt;
}

std::optional<Problem> problem_of_lanes(const AnalyzeRequest& request) {
  if (request.lanes < 1 || request.lanes > kMostLanes) {
    return usage(fmt::format("--lanes: expected 1 to {}", kMostLanes));
  }
  const bool one_lane = request.advice || request.simulate || !request.witness.empty() ||
                        !request.demand.empty() || !request.certificate.empty();
  if (request.lanes == 1 || !one_lane) return std::nullopt;
  return usage("--lanes goes with no other output: ask for one lane's tasks at a time");
}

// `started_before` is exact in integer time only: every time that the analysis adds up must be a
// whole number of ticks.
std::optional<std::string> off_the_tick(const std::vector<Duration>& times, Duration tick) {
  for (const Duration time : times) {
    if (time % tick == Duration::zero()) continue;
    return "expected times in whole ticks of " + format_duration(tick) + "; found " +
           format_duration(time);
  }
  return std::nullopt;
}

std::optional<Problem> problem_of_ticks(const AnalyzeRequest& request, const TaskSet& tasks) {
  const auto& [policy, preemption, blocking, overheads, supply] = request.options;
  if (blocking.convention == theory::Blocking::Convention::kClosed) return std::nullopt;
  std::vector<Duration> times{overheads.release, overheads.dispatch, overheads.completion,
                              overheads.clock_error, blocking.best_effort};
  if (!supply.is_full()) times.insert(times.end(), {supply.lost, supply.window});
  if (auto problem = off_the_tick(times, blocking.tick)) return usage("--tick: " + *problem);
  for (const theory::Task& task : tasks) {
    times = {task.period, task.deadline.value, task.release_jitter};
    for (const theory::Segment& segment : task.segments) times.push_back(segment.wcet);
    auto problem = off_the_tick(times, blocking.tick);
    if (!problem) continue;
    return Problem::of(
        Diagnostic{.file = request.file, .key = task.name, .problem = std::move(*problem)});
  }
  return std::nullopt;
}

// Overheads that swallow a deadline are a verdict of the analysis; those that overflow are none.
std::optional<Problem> problem_of_overheads(const AnalyzeRequest& request, const TaskSet& tasks) {
  const AnalysisOptions& options = request.options;
  const bool too_long = options.blocking.best_effort > theory::kLargestSum;
  if (too_long) return usage("--best-effort: longer than 36 years");
  const bool swallowed = std::any_of(tasks.begin(), tasks.end(), [&](const theory::Task& task) {
    return task.deadline.value <= options.overheads.clock_error;
  });
  if (swallowed) return std::nullopt;
  const auto charged = theory::charged_for(tasks, options);
  if (charged && theory::validate(*charged)) return std::nullopt;
  return usage("the set's times and overheads sum to over 36 years: shorten the overheads");
}

std::optional<Problem> problem_of_many_tasks(const AnalyzeRequest& request, const TaskSet& tasks) {
  if (request.lanes == 1 || tasks.size() <= kMostTasksForLanes) return std::nullopt;
  return usage(fmt::format("--lanes: at most {} tasks are placed, and there are {}",
                           kMostTasksForLanes, tasks.size()));
}

std::optional<Problem> problem_of_simulation(const AnalyzeRequest& request, const TaskSet& tasks) {
  if (!request.simulate) return std::nullopt;
  const theory::Supply& supply = request.options.supply;
  if (!supply.is_full() && *request.simulate / supply.window > kMostJobs) {
    return usage(
        fmt::format("--simulate: over {} times --window; simulate a shorter time", kMostJobs));
  }
  std::int64_t jobs = 0;
  for (const theory::Task& task : tasks) {
    jobs += *request.simulate / task.period + 1;
    if (jobs <= kMostJobs) continue;
    return usage(fmt::format("--simulate: over {} jobs; simulate a shorter time", kMostJobs));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Problem> contradiction(const AnalyzeRequest& request) {
  const auto& [policy, preemption, blocking, overheads, supply] = request.options;
  if (const Status valid = theory::validate(supply); !valid) {
    return usage("--lost and --window: " + valid.error().message());
  }
  if (blocking.tick <= Duration::zero()) return usage("--tick: expected a time above zero");
  if (request.simulate && *request.simulate <= Duration::zero()) {
    return usage("--simulate: expected a time above zero");
  }
  if (!request.trace.empty() && !request.simulate) return usage("--trace needs --simulate");
  const bool preemptive = preemption == theory::Preemption::kPreemptive;
  const bool witness_trace = !request.witness.empty() && request.witness.extension() != ".svg";
  if (preemptive && witness_trace) {
    return usage(
        "--witness: a trace records segments whole; name the file *.svg to see a preemptive "
        "schedule");
  }
  if (preemptive && !request.trace.empty()) {
    return usage("--trace: a trace records segments whole; leave it out, or --preemptive");
  }
  if (auto problem = problem_of_lanes(request)) return problem;
  return problem_of_outputs(request);
}

std::optional<Problem> unusable(const AnalyzeRequest& request, const TaskSet& tasks) {
  for (const auto problem_of :
       {problem_of_ticks, problem_of_overheads, problem_of_many_tasks, problem_of_simulation}) {
    if (auto problem = problem_of(request, tasks)) return problem;
  }
  return std::nullopt;
}

}  // namespace aegis::service
