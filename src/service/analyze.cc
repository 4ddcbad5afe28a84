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
#include "analyze_request.h"

namespace aegis::service {

namespace {

using theory::AnalysisOptions;
using theory::TaskSet;
using theory::Verdict;
using theory::policy::Policy;

// Up to a hundred bisections of the analysis for each task: seconds for so many.
constexpr std::size_t kMostTasksForAdvice = 256;
// Jobs and outages that wait at once in a behaviour, 100 bytes each.
constexpr std::int64_t kMostEventsOfWitness = 1'000'000;
// Of theory::PartitionSearch::kExhaustive.
constexpr std::size_t kMostTasksForEveryPartition = 64;

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

// Whether a behaviour as long as a job's longest wait can be simulated.
bool can_be_shown(const TaskSet& tasks, const theory::Supply& supply) {
  Duration longest;
  for (const theory::Task& task : tasks) {
    longest = std::max(longest, task.deadline.value + task.release_jitter);
  }
  std::int64_t events = supply.is_full() ? 0 : longest / supply.window;
  for (const theory::Task& task : tasks) {
    events += longest / task.period + 1;
    if (events > kMostEventsOfWitness) return false;
  }
  return true;
}

void look_for_witness(const AnalyzeRequest& request, AnalyzeReport& report) {
  const bool wanted = report.analysis.verdict == Verdict::kUnknown || !request.witness.empty();
  if (!wanted || report.analysis.verdict == Verdict::kSchedulable) return;
  if (!can_be_shown(report.tasks, report.options.supply)) {
    report.notes.push_back(fmt::format("no search for a miss: a job may wait for over {} others",
                                       kMostEventsOfWitness));
    return;
  }
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
  if (report.tasks.size() > kMostTasksForAdvice) {
    report.notes.push_back(fmt::format("no advice: it is for at most {} tasks, and there are {}",
                                       kMostTasksForAdvice, report.tasks.size()));
    return;
  }
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
  const auto search = report.tasks.size() <= kMostTasksForEveryPartition
                          ? theory::PartitionSearch::kExhaustive
                          : theory::PartitionSearch::kFirstFit;
  report.partition = theory::partition(
      report.tasks, {.lane = report.options, .lanes = request.lanes, .search = search});
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
    return Problem{ExitCode::kEnvironment, saved.error().message()};
  }
  report.notes.push_back("certificate: " + request.certificate.string());
  return std::nullopt;
}

}  // namespace

Outcome<AnalyzeReport> analyze(const AnalyzeRequest& request) {
  if (auto problem = contradiction(request)) return fail(std::move(*problem));
  Parsed<TaskSet> tasks = load_task_csv(request.file, request.unit);
  if (!tasks) return fail(Problem::of(tasks.error()));
  if (auto problem = unusable(request, *tasks)) return fail(std::move(*problem));
  AnalyzeReport report;
  report.options = request.options;
  report.lanes = request.lanes;
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

namespace {

// The name of the theorem is no evidence, but people read it: it has to be the one that these
// options have, whatever the set.
std::string theorem_of(const AnalysisOptions& options) {
  theory::Task task;
  task.id = TaskId{0};
  task.segments = {{Duration::nanoseconds(1), Duration::zero()}};
  task.period = Duration::seconds(1);
  task.deadline = {task.period};
  return theory::analyse({task}, {.policy = options.policy, .preemption = options.preemption})
      .theorem;
}

Status checked(const TaskSet& tasks, const theory::Certificate& certificate) {
  if (certificate.theorem != theorem_of(certificate.options)) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition,
                                 "the theorem is not the one of this policy"));
  }
  return theory::check_certificate(tasks, certificate);
}

}  // namespace

Outcome<CheckReport> check(const CheckRequest& request) {
  Parsed<TaskSet> tasks = load_task_csv(request.file, request.unit);
  if (!tasks) return fail(Problem::of(tasks.error()));
  Parsed<theory::Certificate> certificate = load_certificate(request.certificate);
  if (!certificate) return fail(Problem::of(certificate.error()));
  const Status believed = checked(*tasks, *certificate);
  return CheckReport{believed.has_value(), believed ? "" : believed.error().message(),
                     std::move(*certificate)};
}

}  // namespace aegis::service
