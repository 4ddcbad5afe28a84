// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "aegis/theory/proof.h"

#include "blocking_profile.h"
#include "timing.h"

namespace aegis::theory {

// Response-time bounds for every policy that orders jobs by arrival + a constant of their task: EDF
// (the constant is D), FIFO (the same constant for all). np_edf_response_time.h has the theory.
//
//   symbol   here
//   a        arrival of the job in question, relative to the begin of the busy period, a >= -J_i
//   d        a + D_i, by which it is ordered
//   S(a)     when its last segment starts; F(a) when it ends
//
// F does not fall as a grows, as long as the blocking stays the same. Once F(a) is known, no
// arrival in [F(a) - R, a] responds after more than R: the walk goes downwards and jumps there, R
// being the longest response found so far. This is QPA's step (edf_demand.h) carried over to
// response times.
class EdfResponse {
 public:
  // `ordering` has the constants as its deadlines. The load must not exceed 1. All references must
  // outlive the object.
  EdfResponse(const Timings& ordering, const BlockingProfile& blocking, const Supply& supply,
              bool preemptive);

  // The bound for task i; nothing when finding it takes more than the limit of steps.
  [[nodiscard]] std::optional<Duration> bound(std::size_t i) const;

  // Whether that bound is at most `limit`, in longer steps; false also beyond a quarter of that
  // limit.
  [[nodiscard]] bool is_within(std::size_t i, Duration limit) const;

  // The evidence that `bound`, at least bound(i), holds; nothing as there.
  [[nodiscard]] std::optional<ResponseProof> proof(std::size_t i, Duration bound) const;

 private:
  struct Completion {
    Duration start;  // of the last segment
    Duration finish;
  };
  [[nodiscard]] std::int64_t most_steps() const;
  [[nodiscard]] Duration last_change(std::size_t i, Duration a) const;
  [[nodiscard]] Duration first_with_blocking_of(std::size_t i, Duration a) const;
  class Recurrence;
  [[nodiscard]] std::optional<Completion> complete(std::size_t i, Duration a,
                                                   std::int64_t& steps) const;
  [[nodiscard]] std::optional<Completion> complete_within(std::size_t i, Duration a, Duration limit,
                                                          std::int64_t& steps) const;
  [[nodiscard]] Duration interference(std::size_t i, Duration d, Duration x) const;

  const Timings& tasks_;
  const BlockingProfile& blocking_;
  const Supply& supply_;
  bool preemptive_;
  Extent extent_ = Extent::kBusyPeriod;
  Duration length_;              // what extent_ speaks of
  std::optional<Duration> end_;  // every a to look at is before it
};

}  // namespace aegis::theory
