// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "aegis/base/time.h"

#include "level_response.h"
#include "timing.h"

namespace aegis::theory {

// An upper bound of fixed-priority response times in closed form, for all tasks of a set in O(n^2)
// additions: what most levels of a set with room need, before the exact recurrence is tried.
//
//   E. Bini, T. H. C. Nguyen, P. Richard, S. Baruah, "A response-time bound in fixed-priority
//   scheduling with arbitrary deadlines", IEEE Trans. Computers 58(2), 2009.
//
// In the recurrence of np_fp_response_time.h, a task's requests are at most (x + J + T) U, and what
// is lost at most (x + pi) sigma / pi. With H the sum over the higher priorities,
//
//   S(k) <= (B + (k + 1) C - q + sum_H (J + T) U + sigma) / (1 - U_H - sigma / pi)
//
// and since k more jobs add at most k T to S when the load is at most 1, the first job's bound J +
// S(0) + q is that of all. What is lost while the last segment runs is bounded by leaving q in the
// numerator where there is any. Departure from the paper: segments, blocking, jitter and lost
// supply. Floating point, with a margin far above its error: never below the exact response.
class LinearResponse {
 public:
  LinearResponse(const Timings& tasks, const Supply& supply);

  // Whether the bound of this level shows its task to be in time. `higher` are the indices of the
  // tasks ahead of it.
  [[nodiscard]] bool fits(const Timing& own, const std::vector<std::size_t>& higher,
                          Duration blocking) const;

 private:
  struct Line {
    double slope;  // U
    double start;  // (J + T) U
  };
  std::vector<Line> lines_;
  Line lost_;
};

}  // namespace aegis::theory
