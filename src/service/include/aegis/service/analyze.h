// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "aegis/base/time.h"
#include "aegis/service/diagnostic.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"

namespace aegis::service {

// `aegisrt analyze`: a published or imagined task set against a policy, without a machine. The
// options are theory's own: policy (static priority takes the order of the lines unless the file
// has a column Priority), preemption, blocking convention (closed; started_before(tick) to compare
// with results in integer ticks) and overheads (zero).
struct AnalyzeRequest {
  std::filesystem::path file;                 // task_csv.h
  Duration unit = Duration::milliseconds(1);  // of the file's numbers
  theory::AnalysisOptions options;
};

// The set as it was read, and what the theorem says of it.
struct AnalyzeReport {
  theory::AnalysisOptions options;
  theory::TaskSet tasks;  // as read, before overheads
  theory::Analysis
      analysis;  // its verdict is the command's exit code: exit_code_of(analysis.verdict)
};

// Fails on a file that cannot be used only; every verdict is a report. Takes up to seconds on sets
// at the limits.
[[nodiscard]] Parsed<AnalyzeReport> analyze(const AnalyzeRequest& request);

// A verdict, why, and a table of the tasks, for a terminal.
[[nodiscard]] std::string to_text(const AnalyzeReport& report);

// One object on one line, keys in this order:
//
//   {"schema":1, "verdict":"schedulable|unschedulable|unknown", "policy":"edf", "preemptive":false,
//    "theorem":"...", "reason":"...", "utilisation":0.5375,
//    "tasks":[{"id":"A", "wcrt_ns":N|null, "deadline_ns":N, "slack_ns":N|null,
//              "blocking_ns":N|null}, ...],
//    "failure":null|{"task":"A"|null, "interval_ns":N, "demand_ns":N, "blocking_ns":N,
//                    "blocker":"C"|null}}
//
// null: not derived, or does not apply. Tasks stand in the file's order.
[[nodiscard]] std::string to_json(const AnalyzeReport& report);

}  // namespace aegis::service
