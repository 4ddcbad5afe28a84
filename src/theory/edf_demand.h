// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/theory/proof.h"
#include "aegis/theory/verdict.h"

#include "blocking_profile.h"
#include "demand_horizon.h"
#include "timing.h"

namespace aegis::theory {

// The processor-demand criterion of one set: for all t with dbf(t) > 0,
//
//   dbf(t) + B(t) <= sbf(t)
//
// decided by looking at few points only, from the last deadline down.
//
//   F. Zhang, A. Burns, "Schedulability analysis for real-time systems with EDF scheduling", IEEE
//   Trans. Computers 58(9), 2009 (QPA).
//
// With h = dbf(t), no point of [lo, t] can break when h + B(lo) <= sbf(lo): the demand there is at
// most h, the supply at least sbf(lo), the blocking at most B(lo). The least such lo is found from
// the inverse of sbf; the next point is the last deadline before it. QPA's own step is the case
// B = 0, sbf(t) = t.
//
//   A + B of the running example, ms: horizon 35 | nothing is due before it: schedulable at once
//   with C as 15 + 15:  busy period 65;  t = 50: h = 35, B = 15 [lo = 50]; t = 40: 15 + 20 [35]
//
// Where we depart: the supply may be lost (supply_bound.h), and what a step covered is kept as a
// DemandStretch, the evidence of the certificate.
class EdfDemand {
 public:
  // How often the demand of one task may be looked at, at about 10 ns: a tenth of a second. Sets
  // with slack need tens of points; those that reach the limit are full to a few nanoseconds
  // throughout a busy period of hundreds of thousands of jobs.
  static constexpr std::int64_t kMostEvaluations = 10'000'000;
  static constexpr const char* kTooMany =
      "the demand would have to be looked at more often than the limit of 10,000,000 times";

  // The load must not exceed 1. `tasks` and `blocking` must outlive the object.
  EdfDemand(const Timings& tasks, const BlockingProfile& blocking, const Supply& supply)
      : tasks_(tasks), blocking_(blocking), supply_(supply) {}

  struct Outcome {
    Verdict verdict = Verdict::kUnknown;  // the horizon or the points are beyond the limits
    Duration broken;                      // for kUnschedulable, some t that breaks
  };
  [[nodiscard]] Outcome decide() const;

  // The first t that breaks, walked to deadline by deadline; `broken` itself where that would pass
  // the limit.
  [[nodiscard]] Failure failure_up_to(Duration broken, const TaskSet& set) const;

  // After kSchedulable: per task min over t >= D - J of sbf(t) - dbf(t), what it tolerates of
  // blocking; empty beyond the limits.
  [[nodiscard]] std::vector<Duration> tolerances() const;

  // After kSchedulable: per task the longest segment of its own that the others bear, min over t <
  // D - J of sbf(t) - dbf(t), Duration::max() where no deadline is that short; empty beyond the
  // limits.
  [[nodiscard]] std::vector<Duration> admissible_segments() const;

  // After kSchedulable: the evidence, for these tolerances or, empty, for none; nothing beyond the
  // limits.
  [[nodiscard]] std::optional<DemandProof> proof(const std::vector<Duration>& tolerances) const;

  // The steps of the walk, for who keeps what it covered (demand_ledger.h).
  [[nodiscard]] std::optional<DemandHorizon> horizon() const {
    return demand_horizon(tasks_, supply_, blocking_.always());
  }
  [[nodiscard]] std::int64_t most_points() const {
    return kMostEvaluations / static_cast<std::int64_t>(tasks_.size());
  }
  [[nodiscard]] Duration demand(Duration t) const;  // dbf(t)
  [[nodiscard]] std::optional<Duration> last_deadline_before(Duration t) const;
  // Whether the criterion does not hold at t, where the demand is this.
  [[nodiscard]] bool breaks_at(Duration t, Duration demand) const;
  // A lo from which on the supply holds this demand and the blocking; not the least where B falls
  // between, which only costs a point more.
  [[nodiscard]] Duration held_from(Duration demand) const;

 private:
  [[nodiscard]] Failure failure_at(Duration t, const TaskSet& set) const;
  [[nodiscard]] std::optional<Duration> least_slack(Duration from, Duration until, Duration least,
                                                    std::int64_t& points) const;

  const Timings& tasks_;
  const BlockingProfile& blocking_;
  const Supply& supply_;
};

}  // namespace aegis::theory
