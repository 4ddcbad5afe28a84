// SPDX-License-Identifier: Apache-2.0
#include "dropped_jobs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "edf_response.h"

namespace aegis::theory {

std::optional<Duration> edf_response_time(const TaskSet& tasks, const AnalysisOptions& options,
                                          std::size_t i) {
  const auto charged = charged_for(tasks, options);
  if (!charged) return std::nullopt;
  const bool preemptive = options.preemption == Preemption::kPreemptive;
  const Timings ordering = timings(*charged);
  const BlockingProfile profile =
      preemptive ? BlockingProfile()
                 : BlockingProfile(*charged, deadlines_of(ordering), options.blocking);
  return EdfResponse(ordering, profile, options.supply, preemptive).bound(i);
}

Task never_dropping(Task task) {
  task.overload = {OverloadRule::kQueue, std::numeric_limits<std::uint32_t>::max()};
  return task;
}

}  // namespace aegis::theory
