// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/base/duration_text.h"
#include "aegis/service/run.h"
#include "aegis/service/text_table.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;

bool without_scheduler(const RunReport& report) {
  return report.mode == "threads";
}

std::string optional_duration(const std::optional<Duration>& duration) {
  return duration ? format_duration(*duration) : "-";
}

// "wcet 38 times, lost_supply once"; empty when everything that the proof assumed held.
std::string violations_of(const RunReport& report) {
  std::string text;
  for (std::size_t i = 0; i < report.violations.size(); ++i) {
    if (report.violations[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format(
        "{} {}", trace::to_string(static_cast<trace::Assumption>(i)),
        report.violations[i] == 1 ? "once" : fmt::format("{} times", report.violations[i]));
  }
  return text;
}

std::string headline(const RunReport& report) {
  if (without_scheduler(report)) {
    return "Plain threads of the normal class on the lane's processor: no scheduler, nothing "
           "proved.\n";
  }
  std::string text;
  if (report.ran() && !report.real_time) {
    text +=
        "NOT REAL-TIME: the lanes run in the normal class, so the certificate's assumptions may "
        "not hold.\n";
  }
  if (!report.real_time_note.empty()) text += "Note: " + report.real_time_note + "\n";
  if (!report.clock.reason.empty()) {
    text += fmt::format("Note: {} tells the time: {}\n", to_string(report.clock.source),
                        report.clock.reason);
  }
  text += report.admitted                            ? "Admitted: "
          : report.admission == ExitCode::kUndecided ? "NOT ADMITTED, undecided: "
                                                     : "NOT ADMITTED: ";
  text += report.rationale + "\n";
  if (const std::string violated = violations_of(report); !violated.empty()) {
    text += "ASSUMPTIONS VIOLATED while it ran: " + violated + "\n";
  }
  return text;
}

std::string slack_of(const ModelRow& row) {
  if (!row.response_bound) return "-";
  const Duration slack = row.deadline - *row.response_bound;
  const double share = slack.seconds_as_double() / row.deadline.seconds_as_double();
  return fmt::format("{} ({:.0f} %)", format_duration(slack), share * 100);
}

std::string table_of(const RunReport& report) {
  TextTable table({"model", "jobs", "response p50", "p99", "max", "bound", "deadline", "slack",
                   "execution CV", "misses"});
  for (const ModelRow& row : report.models) {
    const auto measured = [&row](Duration duration) {
      return row.completed > 0 ? format_duration(duration) : std::string("-");
    };
    table.add({row.name, std::to_string(row.jobs), measured(row.response_p50),
               measured(row.response_p99), measured(row.response_max),
               optional_duration(row.response_bound), format_duration(row.deadline), slack_of(row),
               fmt::format("{:.1f} %", row.execution_cv * 100), std::to_string(row.misses)});
  }
  return table.render();
}

std::string lane_line(const RunReport::LaneRow& lane) {
  const executor::LaneTime& time = lane.time;
  const Duration all = time.idle + time.dispatch + time.execute + time.complete + time.lost;
  const auto share = [&all](Duration part) {
    return 100 * part.seconds_as_double() / std::max(all.seconds_as_double(), 1e-9);
  };
  return fmt::format(
      "{}: execute {:.1f} %, idle {:.1f} %, dispatch {:.2f} %, complete {:.2f} %, lost "
      "{:.2f} %\n",
      lane.name, share(time.execute), share(time.idle), share(time.dispatch), share(time.complete),
      share(time.lost));
}

double mebibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

// Only where activations are planned at all.
std::string memory_line(const RunReport& report) {
  std::size_t arenas = 0;
  std::size_t apart = 0;
  std::size_t held = 0;
  for (const RunReport::LaneRow& lane : report.lanes) arenas += lane.arena_bytes;
  for (const ModelRow& row : report.models) {
    apart += row.memory.activations;
    held += row.memory.held();
  }
  if (apart == 0) return "";
  std::string text = fmt::format(
      "Memory: one arena a lane, {:.2f} MiB of activations ({:.2f} MiB in plans of their own); "
      "{:.1f} MiB held by the models.\n",
      mebibytes(arenas), mebibytes(apart), mebibytes(held));
  if (report.unplanned_allocations > 0) {
    text += fmt::format("UNPLANNED MEMORY: {} requests deviated from a plan and stopped a model.\n",
                        report.unplanned_allocations);
  }
  return text;
}

struct Totals {
  std::uint64_t jobs = 0;
  std::uint64_t misses = 0;
  std::uint64_t misses_in_lost_supply = 0;
  std::uint64_t overruns = 0;
};

Totals totals_of(const RunReport& report) {
  Totals totals;
  for (const ModelRow& row : report.models) {
    totals.jobs += row.jobs;
    totals.misses += row.misses;
    totals.misses_in_lost_supply += row.misses_in_lost_supply;
    totals.overruns += row.overruns;
  }
  return totals;
}

std::string summary_of(const RunReport& report) {
  const Totals totals = totals_of(report);
  std::string text = fmt::format("{} jobs in {:.1f} s, {} missed", totals.jobs,
                                 report.elapsed.seconds_as_double(), totals.misses);
  if (without_scheduler(report)) return text + ".\n";
  if (totals.misses > 0) {
    text +=
        fmt::format(" ({} of them in recorded lost-supply windows)", totals.misses_in_lost_supply);
  }
  text +=
      fmt::format("; {} overruns, {} lost-supply windows.\n", totals.overruns, report.lost_windows);
  if (report.dropped_events > 0) {
    text += fmt::format("The trace lost {} events: its audit will be inconclusive.\n",
                        report.dropped_events);
  }
  if (!report.trace_failure.empty()) {
    text += fmt::format("The trace is not whole: {}\n", report.trace_failure);
  }
  if (!report.metrics_failure.empty()) {
    text += fmt::format("The metrics are not whole: {}\n", report.metrics_failure);
  }
  if (!report.trace.empty()) {
    text += fmt::format("Trace: {0}   (aegisrt explain {0} --misses)\n", report.trace.string());
  }
  return text;
}

Json row_json(const ModelRow& row) {
  return {{"name", row.name},
          {"jobs", row.jobs},
          {"completed", row.completed},
          {"failed", row.failed},
          {"cancelled", row.cancelled},
          {"refused", row.refused},
          {"misses", row.misses},
          {"misses_in_lost_supply", row.misses_in_lost_supply},
          {"overruns", row.overruns},
          {"response_p50_ns", row.response_p50.ns()},
          {"response_p99_ns", row.response_p99.ns()},
          {"response_p999_ns", row.response_p999.ns()},
          {"response_max_ns", row.response_max.ns()},
          {"response_jitter_ns", row.response_jitter.ns()},
          {"response_bound_ns", row.response_bound ? Json(row.response_bound->ns()) : Json()},
          {"deadline_ns", row.deadline.ns()},
          {"execution_cv", row.execution_cv},
          {"execution_p50_ns", row.execution_p50.ns()},
          {"execution_max_ns", row.execution_max.ns()},
          {"wcet_ns", row.wcet.ns()},
          {"memory",
           {{"weights_bytes", row.memory.weights},
            {"activations_bytes", row.memory.activations},
            {"scratch_bytes", row.memory.scratch},
            {"io_bytes", row.memory.io},
            {"runtime_bytes", row.memory.runtime}}}};
}

// What waiting cost, how punctual it was, and what the kernel did to the lane's thread.
Json worker_json(const executor::WorkerStats& worker) {
  const executor::LatencySummary& wake_up = worker.latencies.wake_up;
  return {{"scheduling_class", worker.scheduling_class},
          {"spinning_ns", worker.time.spinning.ns()},
          {"sleeping_ns", worker.time.sleeping.ns()},
          {"spin_share", worker.time.spin_share()},
          {"wake_ups", wake_up.count},
          {"wake_up_p50_ns", wake_up.p50.ns()},
          {"wake_up_p99_ns", wake_up.p99.ns()},
          {"wake_up_max_ns", wake_up.max.ns()},
          {"involuntary_switches", worker.usage.involuntary_switches},
          {"voluntary_switches", worker.usage.voluntary_switches},
          {"minor_faults", worker.usage.minor_faults},
          {"major_faults", worker.usage.major_faults},
          {"losses", worker.lost.windows},
          {"largest_loss_ns", worker.lost.largest.ns()}};
}

Json lane_json(const RunReport::LaneRow& lane) {
  const executor::LaneTime& time = lane.time;
  return {{"name", lane.name},
          {"idle_ns", time.idle.ns()},
          {"dispatch_ns", time.dispatch.ns()},
          {"execute_ns", time.execute.ns()},
          {"complete_ns", time.complete.ns()},
          {"lost_ns", time.lost.ns()},
          {"segments", lane.segments},
          {"arena_bytes", lane.arena_bytes},
          {"thread", worker_json(lane.worker)}};
}

Json clock_json(const executor::TscState& clock) {
  return {{"source", to_string(clock.source)},
          {"frequency_hz", clock.frequency_hz},
          {"drift_ppm", clock.drift_ppm},
          {"worst_offset_ns", clock.worst_offset.ns()},
          {"corrections", clock.corrections},
          {"refused_samples", clock.refused_samples},
          {"reason", clock.reason}};
}

}  // namespace

std::string to_text(const RunReport& report) {
  std::string text = headline(report);
  if (!report.ran()) return text;
  if (!without_scheduler(report)) {
    text +=
        fmt::format("Policy {}, utilisation {:.2f} by WCETs.\n", report.mode, report.utilisation);
  }
  text += "\n" + table_of(report) + "\n";
  for (const RunReport::LaneRow& lane : report.lanes) text += lane_line(lane);
  return text + memory_line(report) + summary_of(report);
}

std::string to_json(const RunReport& report) {
  Json object{{"mode", report.mode},
              {"admitted", report.admitted},
              {"rationale", report.rationale},
              {"real_time", report.ran() ? Json(report.real_time) : Json()},
              {"real_time_note", report.real_time_note},
              {"clock", report.ran() ? clock_json(report.clock) : Json()},
              {"elapsed_ns", report.elapsed.ns()},
              {"utilisation", report.utilisation},
              {"models", Json::array()},
              {"lanes", Json::array()},
              {"lost_windows", report.lost_windows},
              {"unplanned_allocations", report.unplanned_allocations},
              {"dropped_events", report.dropped_events},
              {"trace", report.trace.string()},
              {"trace_failure", report.trace_failure},
              {"metrics_failure", report.metrics_failure}};
  for (const ModelRow& row : report.models) object["models"].push_back(row_json(row));
  for (const auto& lane : report.lanes) object["lanes"].push_back(lane_json(lane));
  for (std::size_t i = 0; i < report.violations.size(); ++i) {
    const auto name = trace::to_string(static_cast<trace::Assumption>(i));
    object["violations"][std::string(name)] = report.violations[i];
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aegis::service
