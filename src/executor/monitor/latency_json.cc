// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "aegis/executor/latency_stats.h"

namespace aegis::executor {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

Json json_of(const LatencySummary& latency) {
  return {{"count", latency.count},       {"min_ns", latency.min.ns()},
          {"mean_ns", latency.mean.ns()}, {"p50_ns", latency.p50.ns()},
          {"p99_ns", latency.p99.ns()},   {"p999_ns", latency.p999.ns()},
          {"max_ns", latency.max.ns()},   {"jitter_ns", latency.jitter.ns()},
          {"sum_ns", latency.sum.ns()},   {"negative", latency.negative}};
}

Json json_of(const JobLatencies& latencies) {
  return {{"wake_up", json_of(latencies.wake_up)},
          {"queueing", json_of(latencies.queueing)},
          {"execution", json_of(latencies.execution)},
          {"response", json_of(latencies.response)}};
}

Json json_of(const JobCounters& jobs) {
  Json causes = Json::object();
  for (std::size_t i = 0; i < kMissCauseCount; ++i) {
    causes[std::string(to_string(static_cast<MissCause>(i)))] = jobs.missed_by_cause.at(i);
  }
  return {{"completed", jobs.completed},
          {"failed", jobs.failed},
          {"cancelled", jobs.cancelled},
          {"refused", jobs.refused},
          {"missed", jobs.missed},
          {"missed_by_cause", std::move(causes)},
          {"miss_rate", jobs.miss_rate()},
          {"overruns", jobs.overruns},
          {"over_latency_budget", jobs.over_latency_budget}};
}

Json json_of(const WorkerTime& time) {
  return {{"working_ns", time.working.ns()},   {"spinning_ns", time.spinning.ns()},
          {"sleeping_ns", time.sleeping.ns()}, {"other_ns", time.other.ns()},
          {"utilisation", time.utilisation()}, {"spin_share", time.spin_share()}};
}

Json json_of(const ThreadUsage& usage) {
  return {{"voluntary_switches", usage.voluntary_switches},
          {"involuntary_switches", usage.involuntary_switches},
          {"minor_faults", usage.minor_faults},
          {"major_faults", usage.major_faults},
          {"cpu_time_ns", usage.cpu_time.ns()}};
}

Json json_of(const LostSupply& lost) {
  return {
      {"windows", lost.windows}, {"total_ns", lost.total.ns()}, {"largest_ns", lost.largest.ns()}};
}

Json json_of(const WorkerStats& worker) {
  Json json = {{"group", worker.group},
               {"worker", worker.worker},
               {"scheduling_class", worker.scheduling_class},
               {"latencies", json_of(worker.latencies)},
               {"jobs", json_of(worker.jobs)},
               {"stolen_by_balancing", worker.stolen_by_balancing},
               {"time", json_of(worker.time)},
               {"usage", json_of(worker.usage)},
               {"lost_supply", json_of(worker.lost)}};
  if (worker.cpu) json["cpu"] = *worker.cpu;
  return json;
}

Json json_of(const KindStats& kind) {
  Json json = {
      {"name", kind.name}, {"latencies", json_of(kind.latencies)}, {"jobs", json_of(kind.jobs)}};
  if (kind.declared_wcet) json["declared_wcet_ns"] = kind.declared_wcet->ns();
  if (kind.wcet_estimate) {
    json["wcet_estimate"] = {{"measured_ns", kind.wcet_estimate->estimate.ns()},
                             {"observed_maximum_ns", kind.wcet_estimate->observed_maximum.ns()},
                             {"samples", kind.wcet_estimate->samples}};
  }
  return json;
}

template <class Values>
Json list_of(const Values& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(json_of(value));
  return list;
}

}  // namespace

std::string json_text(const LatencyStats& stats) {
  const Json json = {{"schema", kSchema},
                     {"taken_ns", stats.taken.ns()},
                     {"since_ns", stats.since.ns()},
                     {"clock", stats.clock},
                     {"degraded", Json(stats.degraded)},
                     {"miss_rate", stats.miss_rate()},
                     {"workers", list_of(stats.workers)},
                     {"kinds", list_of(stats.kinds)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace aegis::executor
