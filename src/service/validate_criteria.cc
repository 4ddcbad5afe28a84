// SPDX-License-Identifier: Apache-2.0
#include "validate_criteria.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "aegis/base/duration_text.h"

namespace aegis::service {

namespace {

// The targets, each with the reason for its number.
constexpr double kLargestOverhead = 0.01;  // of execution: what a profile's margin does not notice
constexpr double kLargestCv = 0.05;        // a mean and its bound stay within a margin of 1.2
constexpr double kSmallestSaving = 0.40;   // of isolated tight plans
// Of the jobs: one stall of 60 ms in six seconds. On a machine that loses more, keeping deadlines
// outside of it says little.
constexpr double kLargestLoss = 0.01;
constexpr double kLeastOfJobs = 0.9;  // of those asked for, before a scenario counts
constexpr Duration kMillisecondModel =
    Duration::milliseconds(1);  // shorter ones are all cold start

CriterionStatus status_of(bool met) {
  return met ? CriterionStatus::kMet : CriterionStatus::kMissed;
}

std::string percent(double share, int digits = 1) {
  return fmt::format("{:.{}f} %", 100 * share, digits);
}

std::string mebibytes(std::size_t bytes) {
  return fmt::format("{:.2f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::uint64_t misses_of(const RunReport& report) {
  std::uint64_t misses = 0;
  for (const ModelRow& row : report.models) misses += row.misses;
  return misses;
}

std::uint64_t jobs_of(const RunReport& report) {
  std::uint64_t jobs = 0;
  for (const ModelRow& row : report.models) jobs += row.jobs;
  return jobs;
}

std::string missed_of(const RunReport& report) {
  return fmt::format("{} of {} missed", misses_of(report), jobs_of(report));
}

// What of the machine stood in the way of a run; empty: nothing that it has recorded.
std::string obstacle_of(const RunReport& report) {
  if (!report.ran()) return "not admitted here: " + report.rationale;
  if (!report.real_time) {
    return "no real-time class (" + report.real_time_note + "): see `aegisrt doctor`";
  }
  std::uint64_t overruns = 0;
  for (const ModelRow& row : report.models) overruns += row.overruns;
  if (report.lost_windows > 0) {
    return fmt::format("the processor was taken away in {} recorded windows", report.lost_windows);
  }
  if (overruns > 0) return fmt::format("{} segments ran beyond their WCET", overruns);
  return "";
}

struct LaneCost {
  Duration execute;
  Duration overhead;
  std::uint64_t segments = 0;
};

LaneCost cost_of(const RunReport& report) {
  LaneCost cost;
  for (const RunReport::LaneRow& lane : report.lanes) {
    cost.execute += lane.time.execute;
    cost.overhead += lane.time.dispatch + lane.time.complete;
    cost.segments += lane.segments;
  }
  return cost;
}

// Why nothing can be concluded from the runs under a proof; empty: something can.
std::string cannot_judge(const ValidationFindings& findings, std::uint32_t jobs) {
  const std::pair<const ScenarioRun*, std::uint64_t> runs[] = {{&findings.example.run, 2ULL * jobs},
                                                               {&findings.two_models, 2ULL * jobs},
                                                               {&findings.edf, 10}};
  for (const auto& [run, expected] : runs) {
    if (!run->report.ran() || !run->report.real_time) {
      return run->result.name + ": " + obstacle_of(run->report);
    }
    if (static_cast<double>(run->result.jobs) < kLeastOfJobs * static_cast<double>(expected)) {
      return fmt::format("{}: {} jobs instead of {}", run->result.name, run->result.jobs, expected);
    }
  }
  return findings.coming_and_going.result.admitted
             ? ""
             : "3 come and go: " + findings.coming_and_going.result.note;
}

// Of the run in which scheduling weighs most: segments of 1 ms and less leave it nowhere to hide.
Criterion judge_overhead(const ValidationFindings& findings) {
  Criterion criterion{.id = "overhead",
                      .title = "scheduling costs little",
                      .target = "below " + percent(kLargestOverhead, 0) + " of execution",
                      .baselines = {{"handing a job to another thread",
                                     format_duration(findings.thread_hand_over)}},
                      .how_to_read =
                          "dispatch and completion of every segment, trace included, over its "
                          "execution; of the scenario where that is most"};
  double largest = -1;
  for (const ScenarioRun* run : {&findings.example.run, &findings.two_models, &findings.edf}) {
    const LaneCost cost = cost_of(run->report);
    if (cost.segments == 0) continue;
    const double share = cost.overhead.seconds_as_double() / cost.execute.seconds_as_double();
    if (share <= largest) continue;
    largest = share;
    const auto each =
        Duration::nanoseconds(cost.overhead.ns() / static_cast<std::int64_t>(cost.segments));
    criterion.measured = fmt::format("{} ({} a segment, {} segments of {})", percent(share, 3),
                                     format_duration(each), cost.segments, run->result.name);
  }
  if (largest < 0) {
    criterion.obstacle = obstacle_of(findings.edf.report);
    return criterion;
  }
  criterion.status = status_of(largest < kLargestOverhead);
  if (criterion.status == CriterionStatus::kMissed) {
    criterion.obstacle = obstacle_of(findings.edf.report);
  }
  return criterion;
}

struct CvRange {
  double lowest = 1e9;
  double highest = 0;
  int models = 0;
};

CvRange cv_of(const RunReport& report) {
  CvRange range;
  for (const ModelRow& row : report.models) {
    if (row.execution_p50 < kMillisecondModel) continue;
    range.lowest = std::min(range.lowest, row.execution_cv);
    range.highest = std::max(range.highest, row.execution_cv);
    ++range.models;
  }
  return range;
}

std::string text_of(const CvRange& range) {
  return fmt::format("{} to {}", percent(range.lowest), percent(range.highest));
}

Criterion judge_determinism(const ValidationFindings& findings) {
  Criterion criterion{
      .id = "determinism",
      .title = "a model takes the same time each time",
      .target = "CV below " + percent(kLargestCv, 0),
      .how_to_read =
          "standard deviation of a model's execution times over their mean, two models of "
          "a millisecond or more at once"};
  if (!findings.real_models) {
    criterion.obstacle = findings.models_obstacle;
    return criterion;
  }
  const CvRange ours = cv_of(findings.two_models.report);
  if (ours.models < 2) {
    criterion.obstacle = findings.two_models.report.ran()
                             ? "fewer than two models took a millisecond"
                             : obstacle_of(findings.two_models.report);
    return criterion;
  }
  criterion.measured = text_of(ours);
  criterion.status = status_of(ours.highest < kLargestCv);
  if (findings.threads) {
    criterion.baselines.push_back({"plain threads", text_of(cv_of(*findings.threads))});
  }
  if (criterion.status != CriterionStatus::kMet) {
    criterion.obstacle = obstacle_of(findings.two_models.report);
    if (criterion.obstacle.empty()) {
      criterion.obstacle =
          "this machine's speed varies: compare plain threads, and `aegisrt doctor`";
    }
  }
  return criterion;
}

// The results of everything that ran under a proof.
std::vector<const ScenarioResult*> admitted_results(const ValidationFindings& findings) {
  std::vector<const ScenarioResult*> results;
  for (const ScenarioResult* result :
       {&findings.example.run.result, &findings.two_models.result,
        &findings.coming_and_going.result, &findings.any_workload.result, &findings.edf.result}) {
    if (result->admitted) results.push_back(result);
  }
  return results;
}

Criterion judge_admission(const ValidationFindings& findings, std::uint32_t asked) {
  std::uint64_t jobs = 0;
  std::uint64_t misses = 0;
  std::uint64_t in_lost_supply = 0;
  for (const ScenarioResult* result : admitted_results(findings)) {
    jobs += result->jobs;
    misses += result->misses;
    in_lost_supply += result->misses_in_lost_supply;
  }
  const TheoryFindings& theory = findings.theory;
  Criterion criterion{
      .id = "admission",
      .title = "what is admitted keeps its deadlines",
      .target = "no miss among admitted jobs outside recorded lost supply",
      .measured = fmt::format("{} of {} jobs missed, {} of them in lost supply; {} of {} simulated "
                              "schedules at the edge of admission",
                              misses, jobs, in_lost_supply, theory.missed, theory.simulated),
      .baselines = {{"the workload of `edf` under FIFO", missed_of(findings.fifo.report)}},
      .how_to_read =
          "jobs of all scenarios that ran under a proof; and random sets, scaled to just "
          "what the analysis admits, through the simulator"};
  if (findings.threads) {
    criterion.baselines.push_back({"scenario 2 in plain threads", missed_of(*findings.threads)});
  }
  const bool refuted =
      misses > in_lost_supply || theory.missed > 0 || !findings.example.answers_right;
  const std::string why_not = cannot_judge(findings, asked);
  if (refuted) {
    criterion.status = CriterionStatus::kMissed;
    criterion.obstacle = why_not;
  } else if (!why_not.empty()) {
    criterion.obstacle = why_not;
  } else if (static_cast<double>(in_lost_supply) > kLargestLoss * static_cast<double>(jobs)) {
    criterion.obstacle = fmt::format(
        "this machine took the processor away from {} of {} jobs: see "
        "`aegisrt doctor`",
        in_lost_supply, jobs);
  } else {
    criterion.status = CriterionStatus::kMet;
  }
  return criterion;
}

Criterion judge_memory(const ValidationFindings& findings) {
  Criterion criterion{
      .id = "memory",
      .title = "one arena a lane instead of one a model",
      .target = percent(kSmallestSaving, 0) + " below isolated tight plans, nothing unplanned",
      .how_to_read =
          "activations of all models given; no shared arena can be below the largest model; "
          "default arenas are measured on the process"};
  if (!findings.memory) {
    criterion.obstacle = findings.models_obstacle;
    return criterion;
  }
  const MemoryFindings& memory = *findings.memory;
  const double saving =
      1 - static_cast<double>(memory.shared_arena) /
              static_cast<double>(std::max<std::size_t>(memory.isolated_plans, 1));
  const std::uint64_t unplanned =
      memory.unplanned_allocations + findings.coming_and_going.unplanned_allocations;
  const std::size_t leaks = memory.leaks + findings.coming_and_going.leaks;
  criterion.measured =
      fmt::format("{} ({} less), {} unplanned, {} leaks", mebibytes(memory.shared_arena),
                  percent(saving), unplanned, leaks);
  criterion.baselines = {{"isolated default arenas", mebibytes(memory.default_arenas)},
                         {"isolated tight plans", mebibytes(memory.isolated_plans)},
                         {"largest model alone", mebibytes(memory.largest)}};
  const bool kept = unplanned == 0 && leaks == 0 && findings.coming_and_going.arena_followed;
  criterion.status = status_of(saving >= kSmallestSaving && kept);
  const double largest = static_cast<double>(memory.largest) /
                         static_cast<double>(std::max<std::size_t>(memory.isolated_plans, 1));
  if (kept && saving < kSmallestSaving && largest > 1 - kSmallestSaving) {
    criterion.status = CriterionStatus::kNotMeasured;
    criterion.obstacle = fmt::format(
        "out of reach with these models: the largest alone has {} of "
        "all activations",
        percent(largest));
  }
  return criterion;
}

Criterion judge_explainability(const ValidationFindings& findings) {
  std::uint64_t decisions = 0;
  std::uint64_t reconstructed = 0;
  bool passed = true;
  std::string not_run;
  for (const ScenarioResult* result :
       {&findings.example.run.result, &findings.two_models.result,
        &findings.coming_and_going.result, &findings.any_workload.result, &findings.edf.result,
        &findings.rate_monotonic.result, &findings.fifo.result}) {
    decisions += result->decisions;
    reconstructed += result->reconstructed;
    if (result->audit.empty()) {
      not_run += (not_run.empty() ? "did not run: " : ", ") + result->name;
    } else {
      passed = passed && result->audit == "passed";
    }
  }
  const double share =
      decisions == 0 ? 0 : static_cast<double>(reconstructed) / static_cast<double>(decisions);
  Criterion criterion{
      .id = "explainability",
      .title = "every decision can be made again from the trace",
      .target = "100 % reconstructed, every audit passed",
      .measured = fmt::format("{} ({} of {} decisions), audits {}", percent(share, 2),
                              reconstructed, decisions, passed ? "passed" : "NOT all passed"),
      .baselines = {{"plain threads", "nothing is recorded"}},
      .obstacle = not_run,
      .how_to_read =
          "an auditor that shares no code with the lane rebuilds each choice from "
          "arrivals and ends alone, and looks for a miss without a cause"};
  if (!passed || reconstructed != decisions) {
    criterion.status = CriterionStatus::kMissed;
  } else if (not_run.empty() && decisions > 0) {
    criterion.status = CriterionStatus::kMet;
  }
  return criterion;
}

Criterion judge_edf(const ValidationFindings& findings) {
  const auto utilisation = [](const AdmissibleUtilisation& of) {
    return fmt::format("{:.2f} (lowest {:.2f})", of.mean, of.lowest);
  };
  const TheoryFindings& theory = findings.theory;
  Criterion criterion{
      .id = "edf",
      .title = "EDF admits more than RM and FIFO, and keeps it",
      .target = "larger mean utilisation than both; no miss where they miss",
      .measured = fmt::format("{}; {}", utilisation(theory.edf), missed_of(findings.edf.report)),
      .baselines = {{"RM", fmt::format("{}; {}", utilisation(theory.rate_monotonic),
                                       missed_of(findings.rate_monotonic.report))},
                    {"FIFO", fmt::format("{}; {}", utilisation(theory.fifo),
                                         missed_of(findings.fifo.report))}},
      .how_to_read =
          fmt::format("largest utilisation the analysis admits, mean over {} random sets; "
                      "then one set at U = 0.91 run under each order",
                      theory.sets)};
  const ScenarioResult& ours = findings.edf.result;
  const bool admits_more =
      theory.edf.mean > theory.rate_monotonic.mean && theory.edf.mean > theory.fifo.mean;
  const bool others_miss = misses_of(findings.rate_monotonic.report) > ours.misses &&
                           misses_of(findings.fifo.report) > ours.misses;
  const bool lost = static_cast<double>(ours.misses_in_lost_supply) >
                    kLargestLoss * static_cast<double>(std::max<std::uint64_t>(ours.jobs, 1));
  criterion.status = status_of(admits_more && ours.admitted && others_miss &&
                               ours.misses == ours.misses_in_lost_supply);
  if (criterion.status == CriterionStatus::kMissed || lost || !findings.edf.report.real_time) {
    criterion.obstacle = obstacle_of(findings.edf.report);
  }
  // The theory's part stands on any machine; the run's does not.
  if (admits_more && (lost || !findings.edf.report.real_time)) {
    criterion.status = CriterionStatus::kNotMeasured;
  }
  return criterion;
}

}  // namespace

std::vector<Criterion> judge(const ValidationFindings& findings, std::uint32_t jobs) {
  return {judge_overhead(findings), judge_determinism(findings),    judge_admission(findings, jobs),
          judge_memory(findings),   judge_explainability(findings), judge_edf(findings)};
}

}  // namespace aegis::service
