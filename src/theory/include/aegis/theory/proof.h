// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"

namespace aegis::theory {

// The evidence in a certificate: few enough numbers that a checker far simpler than the analyses
// (certificate_checker.h) can see, by evaluating each published inequality once, that it holds
// everywhere. Finding the numbers takes searches and fixed points; believing them takes neither.
//
// What makes few numbers enough is monotonicity. Demand, requests and lost supply never shrink as
// an interval grows, blocking never grows: one evaluation with the demand of the end, and blocking
// and supply of the beginning, speaks for everything between. It is the idea of QPA (Zhang & Burns
// 2009), turned from a way of searching into a way of convincing.

// Why nothing beyond a length needs a look.
enum class Extent : std::uint8_t {
  kBusyPeriod,   // work(L) + blocking + lost(L) <= L: whatever comes later meets an idle lane
  kHyperperiod,  // L covers a common multiple of all periods (and windows) after the start: it
                 // repeats
  kLoad,         // L is so long that the demand's slope, the load below 1, has caught up
};

// All intervals of lengths in [from, to], for which
//
//   dbf(to) + max(B(from), tolerance(to)) + lost(from) <= from
//
// tolerance(t) is the largest blocking that the certificate promises to a task with D - J <= t.
struct DemandStretch {
  Duration from;
  Duration to;
  constexpr auto operator<=>(const DemandStretch&) const = default;
};

// No interval has more due than the lane can do (np_edf_demand.h): stretches in increasing order,
// between which no deadline falls, up to `length`.
struct DemandProof {
  Extent extent = Extent::kBusyPeriod;
  Duration length;                       // the L that `extent` speaks of
  std::vector<DemandStretch> stretches;  // the last ends at or beyond every deadline to look at
};

// All jobs that arrive, relative to the begin of a busy period, after the previous step's `arrival`
// and at or before this one's: their last segment starts by `start` and ends by `finish`. The
// inequality is that of the policy's analysis (np_edf_response_time.h, np_fp_response_time.h), with
// the work ahead of the last such job and the blocking of the first.
struct ResponseStep {
  Duration arrival;
  Duration start;
  Duration finish;
  constexpr auto operator<=>(const ResponseStep&) const = default;
};

// No job of a task responds later than its bound. No steps: the bound is the deadline, and what
// proves it is the demand.
struct ResponseProof {
  Extent extent = Extent::kBusyPeriod;
  Duration length;                  // jobs that arrive after it begin a new busy period
  std::vector<ResponseStep> steps;  // in increasing order
};

// The evidence for one task.
struct TaskProof {
  TaskId task;
  ResponseProof response;                  // of the response-time bound
  std::optional<ResponseProof> tolerance;  // fixed priorities: that D holds under the tolerance
};

// The evidence for a set.
struct Proof {
  std::optional<DemandProof> demand;  // EDF
  std::vector<TaskProof> tasks;       // in the set's order
};

}  // namespace aegis::theory
