// SPDX-License-Identifier: Apache-2.0
#include "analyze_files.h"

#include <utility>

#include <fmt/format.h>

#include "aegis/base/atomic_file.h"
#include "aegis/service/demand_picture.h"
#include "aegis/service/schedule_picture.h"
#include "aegis/service/simulated_trace.h"
#include "aegis/theory/arrivals.h"
#include "aegis/theory/outages.h"
#include "aegis/theory/simulator.h"

namespace aegis::service {

namespace {

using theory::Verdict;

std::string title_of(const AnalyzeReport& report) {
  return fmt::format("{} by {}, {}", theory::to_string(report.analysis.verdict),
                     theory::policy::to_string(report.options.policy),
                     theory::to_string(report.options.preemption));
}

// What was written is a note; what the machine refused is a problem.
std::optional<Problem> noted(const Status& written, const char* what,
                             const std::filesystem::path& file, AnalyzeReport& report) {
  if (!written) return Problem{ExitCode::kEnvironment, written.error().message()};
  report.notes.push_back(fmt::format("{}: {}", what, file.string()));
  return std::nullopt;
}

// The witness' schedule; it has been simulated before, so that this cannot fail.
Result<std::string> picture_of(const theory::Witness& witness, const AnalyzeReport& report) {
  const theory::SimulationOptions lane{.policy = report.options.policy,
                                       .preemption = report.options.preemption,
                                       .outages = witness.outages};
  StretchRecording recording;
  auto schedule = theory::simulate(witness.tasks, witness.jobs, lane, &recording);
  if (!schedule) return fail(schedule.error());
  const TimePoint origin = witness.jobs.empty() ? TimePoint{} : witness.jobs.front().arrival;
  return schedule_picture(
      {.tasks = witness.tasks,
       .policy = report.options.policy,
       .schedule = std::move(*schedule),
       .stretches = recording.stretches(),
       .outages = witness.outages},
      {.title = title_of(report), .sentence = report.analysis.reason, .origin = origin});
}

// A trace shows a refused set's behaviour: `analysis` without bounds to hold it to.
Status trace_of(const theory::Witness& witness, const AnalyzeReport& report,
                const std::filesystem::path& file) {
  theory::Analysis refused{.verdict = report.analysis.verdict,
                           .theorem = report.analysis.theorem,
                           .reason = report.analysis.reason,
                           .tasks = {},
                           .failure = {}};
  const auto traced = trace_simulation({.tasks = witness.tasks,
                                        .jobs = witness.jobs,
                                        .options = {.policy = report.options.policy,
                                                    .preemption = report.options.preemption,
                                                    .outages = witness.outages},
                                        .analysis = std::move(refused),
                                        .supply = report.options.supply},
                                       file);
  if (!traced) return fail(traced.error());
  return ok();
}

SimulationSummary summary_of(const AnalyzeReport& report, const theory::Schedule& schedule) {
  SimulationSummary summary;
  const auto longest = schedule.longest_responses();
  summary.jobs = schedule.jobs.size();
  std::vector<std::size_t> missed(report.tasks.size());
  for (const theory::JobRecord& job : schedule.jobs) {
    if (!job.missed()) continue;
    ++summary.missed;
    ++missed[job.id.task.value];
  }
  for (std::size_t i = 0; i < report.tasks.size(); ++i) {
    const TaskId task = report.tasks[i].id;
    const auto found = longest.find(task);
    const auto response = found == longest.end() ? std::nullopt : std::optional(found->second);
    summary.longest_responses.push_back(response);
    if (report.analysis.tasks.size() <= i) continue;
    const auto bound = report.analysis.tasks[i].response_time;
    const bool late = report.analysis.verdict == Verdict::kSchedulable && missed[i] > 0;
    if (late || (response && bound && *response > *bound)) summary.contradictions.push_back(task);
  }
  return summary;
}

}  // namespace

std::optional<Problem> write_witness(const AnalyzeRequest& request, AnalyzeReport& report) {
  if (request.witness.empty()) return std::nullopt;
  if (!report.witness) {
    report.notes.emplace_back(report.analysis.verdict == Verdict::kSchedulable
                                  ? "no witness: the set is schedulable"
                                  : "no witness: none was found within the limits");
    return std::nullopt;
  }
  if (request.witness.extension() == ".svg") {
    const auto picture = picture_of(*report.witness, report);
    if (!picture) return Problem::of(picture.error());
    return noted(write_file_atomically(request.witness, *picture), "witness", request.witness,
                 report);
  }
  return noted(trace_of(*report.witness, report, request.witness), "witness", request.witness,
               report);
}

std::optional<Problem> write_demand_picture(const AnalyzeRequest& request, AnalyzeReport& report) {
  if (request.demand.empty()) return std::nullopt;
  const auto picture =
      demand_picture({.tasks = report.tasks,
                      .options = report.options,
                      .supply = report.options.supply,
                      .analysis = report.analysis},
                     {.title = title_of(report), .sentence = report.analysis.reason});
  if (!picture) {
    report.notes.push_back("no picture of the demand: " + picture.error().message());
    return std::nullopt;
  }
  return noted(write_file_atomically(request.demand, *picture), "demand", request.demand, report);
}

std::optional<Problem> simulate_into(const AnalyzeRequest& request, AnalyzeReport& report) {
  if (!request.simulate) return std::nullopt;
  const Duration length = *request.simulate;
  const auto charged = theory::charged_for(report.tasks, report.options);
  if (!charged) {
    report.notes.emplace_back("no simulation: the overheads swallow a deadline");
    return std::nullopt;
  }
  Simulation simulation{
      .tasks = *charged,
      .jobs = theory::random_arrivals(*charged, length, {.seed = request.seed}),
      .options = {.policy = report.options.policy,
                  .preemption = report.options.preemption,
                  .outages = theory::random_outages(report.options.supply, length, request.seed)},
      .analysis = report.analysis,
      .supply = report.options.supply};
  const auto schedule = request.trace.empty() ? theory::simulate(simulation.tasks, simulation.jobs,
                                                                 simulation.options)
                                              : trace_simulation(simulation, request.trace);
  if (!schedule) return Problem::of("--simulate", schedule.error());
  report.simulation = summary_of(report, *schedule);
  report.simulation->length = length;
  report.simulation->seed = request.seed;
  if (!request.trace.empty()) report.notes.push_back("trace: " + request.trace.string());
  return std::nullopt;
}

}  // namespace aegis::service
