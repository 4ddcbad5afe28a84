// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/explain.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "aegis/trace/query.h"

#include "trace_input.h"

namespace aegis::service {

namespace {

using trace::Event;
using trace::EventType;

Outcome<TaskId> task_named(const trace::Trace& trace, const std::string& name) {
  if (const auto task = trace.task_named(name)) return *task;
  std::string known;
  for (const auto& [id, task] : trace.tasks) known += (known.empty() ? "" : ", ") + task.name;
  return fail(Problem{ExitCode::kInput,
                      fmt::format("the trace knows no model \"{}\"; it has: {}", name, known)});
}

// "detector#8123"
Outcome<JobId> parse_job(const trace::Trace& trace, const std::string& text) {
  const std::size_t hash = text.rfind('#');
  std::uint64_t sequence = 0;
  const char* const end = text.data() + text.size();
  const char* const digits = hash == std::string::npos ? end : text.data() + hash + 1;
  const auto [stop, error] = std::from_chars(digits, end, sequence);
  if (error != std::errc{} || stop != end) {
    return fail(
        Problem{ExitCode::kInput,
                fmt::format("--job: expected MODEL#NUMBER, like detector#8123; found {}", text)});
  }
  const Outcome<TaskId> task = task_named(trace, text.substr(0, hash));
  if (!task) return fail(task.error());
  return JobId{*task, sequence};
}

// Completed jobs of the task, the longest response first.
std::vector<JobId> by_response_time(const trace::Trace& trace, TaskId task) {
  std::vector<Event> completed =
      trace::Query(trace).events({.types = {EventType::kCompleted}, .task = task});
  std::ranges::sort(completed, [](const Event& a, const Event& b) {
    return std::pair(b.payload[0], a.job) < std::pair(a.payload[0], b.job);
  });
  std::vector<JobId> jobs;
  for (const Event& event : completed) jobs.push_back(event.job_id());
  return jobs;
}

Outcome<std::vector<JobId>> wanted_jobs(const trace::Trace& trace,
                                        const trace::Storyteller& storyteller,
                                        const ExplainRequest& request) {
  if (request.job) {
    const Outcome<JobId> job = parse_job(trace, *request.job);
    if (!job) return fail(job.error());
    return std::vector<JobId>{*job};
  }
  if (request.slowest) {
    const Outcome<TaskId> task = task_named(trace, *request.slowest);
    if (!task) return fail(task.error());
    return by_response_time(trace, *task);
  }
  return request.misses ? storyteller.missed() : std::vector<JobId>{};
}

}  // namespace

Outcome<ExplainReport> explain(const ExplainRequest& request) {
  Outcome<trace::Trace> trace = read_trace_input(request.trace);
  if (!trace) return fail(trace.error());
  ExplainReport report{.trace = std::move(*trace), .stories = {}, .found = 0, .overview = false};
  report.overview = !request.job && !request.slowest && !request.misses;
  if (report.overview) return report;
  const trace::Storyteller storyteller(report.trace);
  const Outcome<std::vector<JobId>> jobs = wanted_jobs(report.trace, storyteller, request);
  if (!jobs) return fail(jobs.error());
  report.found = jobs->size();
  for (const JobId job : *jobs) {
    if (report.stories.size() == request.limit) break;
    Result<trace::JobStory> story = storyteller.tell(job);
    if (!story && request.job) {
      return fail(Problem{ExitCode::kInput, fmt::format("the trace holds nothing of {}",
                                                        report.trace.job_name(job))});
    }
    if (story) {
      report.stories.push_back(std::move(*story));
    } else {
      --report.found;  // an event names it, but neither its number nor a lane is known
    }
  }
  return report;
}

}  // namespace aegis::service
