// SPDX-License-Identifier: Apache-2.0
#include "blocking_profile.h"

#include <algorithm>
#include <tuple>

namespace aegis::theory {

BlockingProfile::BlockingProfile(const TaskSet& tasks, const std::vector<Duration>& deadlines,
                                 Blocking blocking)
    : always_(blocking.of(blocking.best_effort)) {
  if (always_ > Duration::zero()) steps_.push_back({Duration::max(), {always_, TaskId{}}});
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    Duration before, longest;
    for (const Segment& segment : tasks[i].segments) {
      const Duration until = deadlines[i] - std::max(before, tasks[i].release_jitter);
      before += segment.bcet;
      if (segment.wcet <= longest) continue;  // an earlier one blocks longer, and until later
      longest = segment.wcet;
      steps_.push_back({until, {blocking.of(segment.wcet), tasks[i].id}});
    }
  }
  std::sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) {
    return std::tie(a.until, a.longest.blocker) < std::tie(b.until, b.longest.blocker);
  });
  for (std::size_t i = steps_.size(); i-- > 1;) {
    if (steps_[i - 1].longest.length < steps_[i].longest.length) {
      steps_[i - 1].longest = steps_[i].longest;
    }
  }
}

Block BlockingProfile::at(Duration t) const {
  const auto step = std::upper_bound(steps_.begin(), steps_.end(), t,
                                     [](Duration value, const Step& s) { return value < s.until; });
  if (step == steps_.end() || step->longest.length == Duration::zero()) return {};
  return step->longest;
}

Duration BlockingProfile::constant_since(Duration t) const {
  const auto step = std::upper_bound(steps_.begin(), steps_.end(), t,
                                     [](Duration value, const Step& s) { return value < s.until; });
  return step == steps_.begin() ? -kLargestSum : std::prev(step)->until;
}

}  // namespace aegis::theory
