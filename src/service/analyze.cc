// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/analyze.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "aegis/base/duration_text.h"
#include "aegis/service/certificate_file.h"
#include "aegis/service/task_csv.h"
#include "aegis/theory/certificate_checker.h"
#include "aegis/theory/global_edf.h"
#include "aegis/theory/priority_assignment.h"
#include "aegis/theory/witness_search.h"

#include "analyze_files.h"
#include "output_path.h"

namespace aegis::service {

namespace {

using theory::AnalysisOptions;
using theory::TaskSet;
using theory::Verdict;
using theory::policy::Policy;

Problem usage(std::string message) {
  return {ExitCode::kInput, std::move(message)};
}

// `started_before` is exact in integer time only: every time of the set must be a whole number of
// ticks.
std::optional<Diagnostic> off_the_tick(const TaskSet& tasks, const AnalyzeRequest& request) {
  const theory::Blocking& blocking = request.options.blocking;
  if (blocking.convention == theory::Blocking::Convention::kClosed) return std::nullopt;
  for (const theory::Task& task : tasks) {
    std::vector<Duration> times{task.period, task.deadline.value, task.release_jitter};
    for (const theory::Segment& segment : task.segments) times.push_back(segment.wcet);
    for (const Duration time : times) {
      if (time % blocking.tick == Duration::zero()) continue;
      return Diagnostic{.file = request.file,
                        .key = task.name,
                        .problem = "expected times in whole ticks of " +
                                   format_duration(blocking.tick) + "; found " +
                                   format_duration(time)};
    }
  }
  return std::nullopt;
}

// What a request asks for that does not go together.
std::optional<Problem> contradiction(const AnalyzeRequest& request) {
  if (const Status supply = theory::validate(request.options.supply); !supply) {
    return usage("--lost and --window: " + supply.error().message());
  }
  if (!request.trace.empty() && !request.simulate) return usage("--trace needs --simulate");
  for (const auto& output : {request.witness, request.demand, request.certificate, request.trace}) {
    if (auto problem = refuse_overwriting(output, {request.file})) return problem;
  }
  if (request.lanes == 0) return usage("--lanes: expected at least 1");
  const bool one_lane = request.advice || request.simulate || !request.witness.empty() ||
                        !request.demand.empty() || !request.certificate.empty();
  if (request.lanes > 1 && one_lane) {
    return usage("--lanes goes with no other output: ask for one lane's tasks at a time");
  }
  return std::nullopt;
}

// Why a search overrules a theorem that could not tell.
std::string found_by_search(const theory::Witness& witness, const TaskSet& tasks) {
  const auto task = std::find_if(tasks.begin(), tasks.end(), [&](const theory::Task& t) {
    return t.id == witness.late.id.task;
  });
  const std::string name = task == tasks.end() ? "best effort" : task->name;
  const auto tardiness = witness.tardiness();
  return tardiness ? fmt::format("a behaviour was found in which {} is {} late", name,
                                 format_duration(*tardiness))
                   : fmt::format("a behaviour was found in which a job of {} is dropped", name);
}

void look_for_witness(const AnalyzeRequest& request, AnalyzeReport& report) {
  if (report.analysis.verdict == Verdict::kUnknown) {
    report.witness = theory::search_for_miss(report.tasks, report.options, {.seed = request.seed});
    if (!report.witness) return;
    report.analysis.verdict = Verdict::kUnschedulable;
    report.analysis.reason =
        found_by_search(*report.witness, report.tasks) + "; " + report.analysis.reason;
  } else if (!request.witness.empty()) {
    report.witness = theory::witness(report.tasks, report.options, report.analysis);
  }
}

// The hook of advice(): an order of priorities that works.
std::optional<TaskSet> ordered(const TaskSet& tasks, const AnalysisOptions& options) {
  theory::PriorityAssignment found = theory::assign_priorities(tasks, options);
  if (found.verdict != Verdict::kSchedulable) return std::nullopt;
  return std::move(found.tasks);
}

std::string sentence_of(const theory::Partition& partition) {
  std::string text = fmt::format("{} lanes would do:", partition.lanes.size());
  for (std::size_t lane = 0; lane < partition.lanes.size(); ++lane) {
    const char* separator = lane == 0 ? " " : " | ";
    for (const theory::Task& task : partition.lanes[lane].tasks) {
      text += separator + task.name;
      separator = ", ";
    }
  }
  return text;
}

void advise(AnalyzeReport& report) {
  report.sensitivity = theory::sensitivity(report.tasks, report.options);
  if (report.analysis.verdict == Verdict::kSchedulable) return;
  report.advice =
      theory::advice(report.tasks, report.options, {.cuts = {}, .assign_priorities = ordered});
  const auto least = theory::least_lanes(
      report.tasks,
      {.lane = report.options, .lanes = std::min<std::size_t>(4, report.tasks.size())});
  if (least.partition.verdict == Verdict::kSchedulable && least.partition.lanes.size() > 1) {
    report.more_lanes = sentence_of(least.partition);
  }
}

void place_on_lanes(const AnalyzeRequest& request, AnalyzeReport& report) {
  report.partition =
      theory::partition(report.tasks, {.lane = report.options,
                                       .lanes = request.lanes,
                                       .search = theory::PartitionSearch::kExhaustive});
  report.analysis.verdict = report.partition->verdict;
  report.analysis.theorem = report.partition->theorem;
  report.analysis.reason = report.partition->reason;
  const bool plain =
      report.options.supply.is_full() && report.options.blocking.best_effort == Duration::zero();
  if (report.options.policy != Policy::kEdf || !plain) return;
  report.global = theory::analyse_global_edf(report.tasks, {.lanes = request.lanes,
                                                            .preemption = report.options.preemption,
                                                            .overheads = report.options.overheads});
}

// The certificate of a schedulable set, believed by the checker.
Result<theory::Certificate> certified(const AnalyzeReport& report) {
  auto certificate = theory::certify(report.tasks, report.options, report.analysis);
  if (!certificate) return certificate;
  if (Status believed = theory::check_certificate(report.tasks, *certificate); !believed) {
    return fail(believed.error());
  }
  return certificate;
}

std::optional<Problem> write_certificate(const AnalyzeRequest& request, AnalyzeReport& report) {
  if (request.certificate.empty()) return std::nullopt;
  if (report.analysis.verdict != Verdict::kSchedulable) {
    report.notes.emplace_back("no certificate: only a schedulable set gets one");
    return std::nullopt;
  }
  auto certificate = certified(report);
  if (!certificate) {
    report.notes.push_back("no certificate: " + certificate.error().message());
    return std::nullopt;
  }
  report.certificate = std::move(*certificate);
  if (Status saved = save_certificate(request.certificate, *report.certificate); !saved) {
    return Problem::of(saved.error());
  }
  report.notes.push_back("certificate: " + request.certificate.string());
  return std::nullopt;
}

}  // namespace

Outcome<AnalyzeReport> analyze(const AnalyzeRequest& request) {
  if (auto problem = contradiction(request)) return fail(std::move(*problem));
  Parsed<TaskSet> tasks = load_task_csv(request.file, request.unit);
  if (!tasks) return fail(Problem::of(tasks.error()));
  if (auto problem = off_the_tick(*tasks, request)) return fail(Problem::of(*problem));
  AnalyzeReport report;
  report.options = request.options;
  report.tasks = std::move(*tasks);
  if (request.lanes > 1) {
    place_on_lanes(request, report);
    return report;
  }
  report.analysis = theory::analyse(report.tasks, request.options);
  look_for_witness(request, report);
  if (request.advice) advise(report);
  for (const auto& write :
       {write_certificate, write_witness, write_demand_picture, simulate_into}) {
    if (auto problem = write(request, report)) return fail(std::move(*problem));
  }
  return report;
}

ExitCode exit_code_of(const AnalyzeReport& report) {
  if (report.simulation && !report.simulation->contradictions.empty()) {
    return ExitCode::kEnvironment;
  }
  return exit_code_of(report.analysis.verdict);
}

Outcome<CheckReport> check(const CheckRequest& request) {
  Parsed<TaskSet> tasks = load_task_csv(request.file, request.unit);
  if (!tasks) return fail(Problem::of(tasks.error()));
  Parsed<theory::Certificate> certificate = load_certificate(request.certificate);
  if (!certificate) return fail(Problem::of(certificate.error()));
  const Status believed = theory::check_certificate(*tasks, *certificate);
  return CheckReport{believed.has_value(), believed ? "" : believed.error().message(),
                     std::move(*certificate)};
}

}  // namespace aegis::service
