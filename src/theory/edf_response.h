// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "blocking_profile.h"
#include "timing.h"

namespace aegis::theory {

// Response-time bounds for every policy that orders jobs by arrival + a constant of their task: EDF
// (the constant is D), FIFO (the same constant for all). np_edf_response_time.h has the theory.
//
//   symbol   here
//   a        arrival of the job in question, relative to the begin of the busy period, a >= -J_i
//   d        a + D_i, by which it is ordered
//   S(a)     when its last segment starts
class EdfResponse {
 public:
  // `ordering` has the constants as its deadlines. `utilisation` <= 1. All references must outlive
  // the object.
  EdfResponse(const Timings& ordering, const BlockingProfile& blocking, bool preemptive);

  // The bound for task i; nothing when finding it takes more than the limit of steps.
  [[nodiscard]] std::optional<Duration> bound(std::size_t i) const;

 private:
  [[nodiscard]] std::optional<Duration> finish(std::size_t i, Duration a,
                                               std::int64_t& steps) const;
  [[nodiscard]] Duration interference(std::size_t i, Duration d, Duration x) const;

  const Timings& tasks_;
  const BlockingProfile& blocking_;
  bool preemptive_;
  std::optional<Duration> busy_;  // the busy period: all jobs that arrive in it are done by its end
  std::optional<Duration> latest_arrival_;  // every a to look at is before it
};

}  // namespace aegis::theory
