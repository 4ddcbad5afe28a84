// SPDX-License-Identifier: Apache-2.0
#include "linear_response.h"

namespace aegis::theory {
namespace {

constexpr double kMargin = 1e-9;  // sums of 2^20 doubles err by less

double as_double(Duration d) {
  return static_cast<double>(d.ns());
}

}  // namespace

LinearResponse::LinearResponse(const Timings& tasks, const Supply& supply)
    : lost_{as_double(supply.lost) / as_double(supply.window), as_double(supply.lost)} {
  for (const Timing& task : tasks) {
    const double u = as_double(task.wcet) / as_double(task.period);
    lines_.push_back({u, u * (as_double(task.jitter) + as_double(task.period))});
  }
}

bool LinearResponse::fits(const Timing& own, const std::vector<std::size_t>& higher,
                          Duration blocking) const {
  double slope = lost_.slope, start = lost_.start + as_double(blocking) + as_double(own.wcet);
  for (const std::size_t j : higher) {
    slope += lines_[j].slope;
    start += lines_[j].start;
  }
  const double room = 1 - slope - kMargin;
  if (room * as_double(own.period) <= as_double(own.wcet)) return false;
  const double finish = start * (1 + kMargin) / room + 1;
  return finish + as_double(own.jitter) <= as_double(own.deadline) * (1 - kMargin);
}

}  // namespace aegis::theory
