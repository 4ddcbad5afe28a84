// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/service/problem.h"
#include "aegis/theory/advice.h"
#include "aegis/theory/certificate.h"
#include "aegis/theory/partitioning.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/sensitivity.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"
#include "aegis/theory/witness.h"

namespace aegis::service {

// `aegisrt analyze`: a published or imagined task set against a policy, without a machine. The
// options are theory's own: policy (static priority takes the order of the lines unless the file
// has a column Priority), preemption, blocking convention (closed; started_before(tick) to compare
// with results in integer ticks), best effort, overheads and lost supply (none).
//
// Each output is optional, and the files appear whole or not at all. What concerns one lane (all
// but `lanes` itself) is refused for several.
struct AnalyzeRequest {
  std::filesystem::path file;                 // task_csv.h
  Duration unit = Duration::milliseconds(1);  // of the file's numbers
  theory::AnalysisOptions options;
  std::size_t lanes = 1;  // more: which task on which lane
  bool advice = false;    // what would help; of a schedulable set, how far each number may move
  std::filesystem::path witness;      // a refusal as it happens: *.svg a picture, otherwise a trace
  std::filesystem::path demand;       // demand against supply, an SVG
  std::filesystem::path certificate;  // certificate_file.h
  std::optional<Duration> simulate;   // random arrivals and executions for so long
  std::uint64_t seed = 1;             // of the simulation, and of the search for a witness
  std::filesystem::path trace;        // of the simulation
};

// What a simulation showed.
struct SimulationSummary {
  Duration length;
  std::uint64_t seed = 1;
  std::size_t jobs = 0;
  std::size_t missed = 0;
  std::vector<std::optional<Duration>> longest_responses;  // in the set's order; nothing: no job
  // Tasks that missed although found schedulable, or responded later than their bound: a bug of
  // ours if there is one.
  std::vector<TaskId> contradictions;
};

// The set as it was read, and what the theorem says of it.
struct AnalyzeReport {
  theory::AnalysisOptions options;
  theory::TaskSet tasks;  // as read, before overheads
  std::size_t lanes = 1;  // as asked for
  // Its verdict is the command's exit code. Where the theorem could not tell but a search found a
  // job that misses, kUnschedulable with that reason.
  theory::Analysis analysis;
  std::optional<theory::Witness> witness;          // where asked for, or found by the search
  std::optional<theory::Certificate> certificate;  // where asked for
  std::vector<theory::Advice> advice;              // where asked for, of a set not schedulable
  std::optional<std::string> more_lanes;           // likewise: "2 lanes would do: A, B | C"
  std::optional<theory::Sensitivity> sensitivity;  // where asked for
  std::optional<SimulationSummary> simulation;
  std::optional<theory::Partition> partition;  // several lanes
  std::optional<theory::Analysis> global;      // several lanes under EDF: one queue for all
  std::vector<std::string> notes;              // what was written, or why not
};

// Fails on a file that cannot be used, on a request that contradicts itself, on overheads whose
// sums overflow, and on a simulation of over 5,000,000 jobs (kInput); on outputs that cannot be
// written (kEnvironment). Both before anything is written, but for a disk that fills up. Every
// verdict is a report.
//
// Limits: lanes for at most 1000 tasks, above 64 by first fit only; advice for at most 256 tasks (a
// note otherwise); no search for a miss that would hold over 1,000,000 jobs and outages (a note).
// The analysis takes milliseconds, of 10,000 tasks seconds; advice up to thousands of analyses.
[[nodiscard]] Outcome<AnalyzeReport> analyze(const AnalyzeRequest& request);

// A verdict, why, and a table of the tasks, for a terminal; then whatever was asked for.
[[nodiscard]] std::string to_text(const AnalyzeReport& report);

// One object on one line, keys in this order:
//
//   {"schema":1, "verdict":"schedulable|unschedulable|unknown", "policy":"edf", "preemptive":false,
//    "theorem":"...", "reason":"...", "utilisation":0.5375,
//    "tasks":[{"id":"A", "wcrt_ns":N|null, "deadline_ns":N, "slack_ns":N|null,
//              "blocking_ns":N|null}, ...],
//    "failure":null|{"task":"A"|null, "interval_ns":N, "demand_ns":N, "blocking_ns":N,
//                    "blocker":"C"|null, "lost_ns":N}}
//
// and, where asked for, "witness", "advice", "sensitivity", "simulation", "lanes", "global",
// "notes". null: not derived, or does not apply; 2^63 - 1 in "sensitivity": no limit. Tasks stand
// in the file's order.
[[nodiscard]] std::string to_json(const AnalyzeReport& report);

// The verdict's; kEnvironment where the simulation contradicts the proof.
[[nodiscard]] ExitCode exit_code_of(const AnalyzeReport& report);

// `aegisrt analyze --check`: does this certificate prove what it says of this set?
struct CheckRequest {
  std::filesystem::path file;
  Duration unit = Duration::milliseconds(1);
  std::filesystem::path certificate;
};

// The checker's answer.
struct CheckReport {
  bool believed = false;
  std::string doubt;  // empty when believed
  theory::Certificate certificate;
};

// Fails on files that cannot be used only.
[[nodiscard]] Outcome<CheckReport> check(const CheckRequest& request);
[[nodiscard]] std::string to_text(const CheckReport& report);
// {"schema":1, "believed":true, "doubt":"", "policy":"edf", "theorem":"...", "tasks":3,
//  "evidence":N}
[[nodiscard]] std::string to_json(const CheckReport& report);

}  // namespace aegis::service
