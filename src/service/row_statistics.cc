// SPDX-License-Identifier: Apache-2.0
#include "row_statistics.h"

#include "aegis/trace/metrics.h"

namespace aegis::service {

void fill_row(ModelRow& row, const executor::TaskStatistics& statistics) {
  const auto execution = trace::Distribution::of(statistics.execution_ns);
  const auto response = trace::Distribution::of(statistics.response_ns);
  row.jobs = statistics.arrived;
  row.completed = statistics.completed;
  row.failed = statistics.failed;
  row.cancelled = statistics.cancelled;
  row.refused = statistics.refused;
  row.misses = statistics.missed;
  row.misses_in_lost_supply = statistics.missed_in_lost_supply;
  row.overruns = statistics.overruns;
  row.execution_cv = execution.cv;
  row.execution_p50 = Duration::nanoseconds(execution.p50);
  row.execution_max = Duration::nanoseconds(statistics.max_execution_ns);
  row.response_p50 = Duration::nanoseconds(response.p50);
  row.response_p99 = Duration::nanoseconds(response.p99);
  row.response_p999 = Duration::nanoseconds(response.p999);
  row.response_jitter = Duration::nanoseconds(response.p99 - response.min);
  row.response_max = Duration::nanoseconds(statistics.max_response_ns);
}

}  // namespace aegis::service
