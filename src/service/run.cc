// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/run.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "aegis/base/atomic_file.h"
#include "aegis/base/clock.h"
#include "aegis/base/duration_text.h"
#include "aegis/executor/cpu_latency.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/executor/tsc_clock.h"
#include "aegis/scheduler/machine_identity.h"
#include "aegis/trace/trace_drain.h"

#include "output_path.h"
#include "row_statistics.h"
#include "session.h"

namespace aegis::service {

namespace {

using executor::TaskStatistics;

constexpr Duration kProgressInterval = Duration::seconds(1);
constexpr Duration kLookInterval = Duration::milliseconds(50);  // for a signal or the end
constexpr Duration kDrainWithin = Duration::seconds(2);

bool stop_asked(const RunRequest& request) {
  return request.stop != nullptr && request.stop->load(std::memory_order_relaxed);
}

// All tasks of all lanes, in the workload's order.
std::vector<TaskStatistics> collect(const Session& session, bool with_samples) {
  std::vector<TaskStatistics> found(session.tasks.size());
  for (std::uint32_t id = 0;; ++id) {
    const executor::Lane* lane = session.orchestrator->lane(LaneId{id});
    if (lane == nullptr) return found;
    for (TaskStatistics& statistics : with_samples ? lane->statistics() : lane->counters()) {
      const auto at = std::ranges::find(session.tasks, statistics.task);
      if (at != session.tasks.end()) {
        found[static_cast<std::size_t>(at - session.tasks.begin())] = std::move(statistics);
      }
    }
  }
}

std::string progress_line(const Session& session, Duration elapsed) {
  std::string line = fmt::format("{:>4.0f} s", elapsed.seconds_as_double());
  std::uint64_t missed = 0;
  for (const TaskStatistics& statistics : collect(session, false)) {
    const auto name = std::ranges::find(session.tasks, statistics.task);
    if (name == session.tasks.end()) continue;
    const auto index = static_cast<std::size_t>(name - session.tasks.begin());
    line += fmt::format("  {} {} jobs, max {}", session.workload.models[index].name,
                        statistics.completed,
                        format_duration(Duration::nanoseconds(statistics.max_response_ns)));
    missed += statistics.missed;
  }
  return line + fmt::format("  | {} missed", missed);
}

// What the lanes tell of latencies as Prometheus text in the file asked for, whole or not at all;
// why not, in one line, or nothing.
std::string write_metrics(const Session& session, const RunRequest& request,
                          const executor::TscClock& clock) {
  if (request.metrics.empty()) return "";
  executor::LatencyStats stats = session.orchestrator->latencies();
  const executor::TscState state = clock.state();
  stats.clock = to_string(state.source);
  if (!state.reason.empty()) stats.degraded.push_back(state.reason);
  const Status written = write_file_atomically(request.metrics, prometheus_text(stats));
  return written ? "" : written.error().message();
}

// Lets the lanes work until the time is up or a signal came; says once a second how it goes.
Duration watch(const Session& session, const RunRequest& request, const trace::TraceDrain* drain,
               const executor::TscClock& clock) {
  const TimePoint begin = clock.now();
  TimePoint next_line = begin + kProgressInterval;
  while (clock.now() - begin < request.duration && !stop_asked(request)) {
    const Duration left = request.duration - (clock.now() - begin);
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(left, kLookInterval).ns()));
    if (clock.now() < next_line) continue;
    next_line += kProgressInterval;
    const std::string no_metrics = write_metrics(session, request, clock);
    if (!request.on_progress) continue;
    const bool traced = drain == nullptr || drain->status();
    request.on_progress(progress_line(session, clock.now() - begin) +
                        (traced ? "" : "  | the trace has failed") +
                        (no_metrics.empty() ? "" : "  | the metrics have failed"));
  }
  return clock.now() - begin;
}

void declare_session(trace::Recorder& recorder, const RunRequest& request, const Clock& clock,
                     const RunReport& report) {
  const scheduler::MachineIdentity machine = scheduler::identify_machine(0);
  const auto unix_now = std::chrono::system_clock::now().time_since_epoch();
  recorder.declare(trace::SessionDeclaration{
      .program = "aegisrt",
      .machine = fmt::format("{}, {} CPUs, Linux {}", machine.cpu_model, machine.cpu_count,
                             machine.kernel),
      .workload = request.workload.string(),
      .real_time = report.real_time,
      .real_time_note = report.real_time_note,
      .start_time_ns = clock.now().ns(),
      .start_unix_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(unix_now).count()});
}

// What the admission says of the run: bounds and WCETs by model, utilisation, the reason.
void describe_admission(RunReport& report, const Session& session, const AdmitReport& admission) {
  report.admission = admission.exit_code();
  report.admitted = report.admission == ExitCode::kYes;
  report.rationale = admission.refusal.value_or("");
  report.models.resize(session.workload.models.size());
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    report.models[i].name = session.workload.models[i].name;
    report.models[i].deadline = session.workload.models[i].deadline;
  }
  for (const LaneAdmission& lane : admission.lanes) {
    report.mode = theory::policy::to_string(lane.policy);
    if (!report.rationale.empty()) report.rationale += "; ";
    report.rationale += lane.admission.rationale;
    for (const theory::Task& task : lane.tasks) {
      ModelRow& row = report.models[task.id.value];
      row.wcet = theory::total_wcet(task).value_or(Duration::max());
      report.utilisation += row.wcet.seconds_as_double() / task.period.seconds_as_double();
      if (!lane.admission.admitted) continue;
      for (const theory::TaskBound& bound : lane.admission.analysis.tasks) {
        if (bound.task == task.id) row.response_bound = bound.response_time;
      }
    }
  }
}

void describe_lanes(RunReport& report, const Session& session) {
  report.real_time = session.workload.machine.real_time;
  for (std::uint32_t id = 0;; ++id) {
    const executor::Lane* lane = session.orchestrator->lane(LaneId{id});
    if (lane == nullptr) return;
    report.real_time = report.real_time && lane->real_time();
    if (lane->real_time_note().empty()) continue;
    if (!report.real_time_note.empty()) report.real_time_note += "; ";
    report.real_time_note += lane->real_time_note();
  }
}

// Of jobs that ran to their end; one that failed or was cancelled half-way is not counted.
std::uint64_t segments_on(const Session& session, LaneId lane,
                          const std::vector<TaskStatistics>& statistics) {
  std::uint64_t segments = 0;
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    if (session.orchestrator->lane_of(session.tasks[i]) != lane) continue;
    segments +=
        statistics[i].completed * session.orchestrator->description(session.tasks[i]).segment_count;
  }
  return segments;
}

void describe_jobs(RunReport& report, const Session& session) {
  const std::vector<TaskStatistics> all = collect(session, true);
  const executor::LatencyStats latencies = session.orchestrator->latencies();
  for (std::size_t i = 0; i < all.size(); ++i) {
    fill_row(report.models[i], all[i]);
    report.models[i].memory = session.orchestrator->memory(session.tasks[i]);
  }
  report.unplanned_allocations = session.orchestrator->unplanned_allocations();
  for (std::uint32_t id = 0;; ++id) {
    const executor::Lane* lane = session.orchestrator->lane(LaneId{id});
    if (lane == nullptr) return;
    report.lanes.push_back({.name = session.orchestrator->lane_config(LaneId{id}).name,
                            .time = lane->time(),
                            .segments = segments_on(session, LaneId{id}, all),
                            .arena_bytes = session.orchestrator->arena_bytes(LaneId{id}),
                            .worker = latencies.workers.at(id)});
    report.lost_windows += lane->lost_windows();
    const auto violations = lane->violations();
    for (std::size_t i = 0; i < violations.size(); ++i) report.violations[i] += violations[i];
  }
}

// What can be known of the files to write before anything is loaded.
std::optional<Problem> problem_of_outputs(const RunRequest& request) {
  for (const auto& output : {request.trace, request.metrics}) {
    if (auto problem = refuse_overwriting(output, {request.workload, request.profile})) {
      return problem;
    }
  }
  if (request.metrics.empty()) return std::nullopt;
  if (request.metrics.lexically_normal() == request.trace.lexically_normal()) {
    return Problem{ExitCode::kInput,
                   request.metrics.string() + ": is both --trace and --metrics: choose two files"};
  }
  if (const Status writable = try_writing(request.metrics); !writable) {
    return Problem{ExitCode::kEnvironment, writable.error().message()};
  }
  return std::nullopt;
}

}  // namespace

ExitCode RunReport::exit_code() const {
  if (!ran()) return admission;
  if (!trace_failure.empty() || !metrics_failure.empty()) return ExitCode::kEnvironment;
  const bool missed =
      std::ranges::any_of(models, [](const ModelRow& row) { return row.misses > 0; });
  return missed ? ExitCode::kNo : ExitCode::kYes;
}

Outcome<RunReport> run_workload(const RunRequest& request) {
  if (auto problem = problem_of_outputs(request)) return fail(*problem);
  executor::TscClock clock;
  trace::Recorder recorder;
  trace::Recorder* const recorder_if_traced = request.trace.empty() ? nullptr : &recorder;
  const auto keeper = keep_clock(clock, recorder);
  if (!keeper) return fail(Problem::of("the clock is not kept", keeper.error()));
  auto session = open_session({.workload = request.workload,
                               .profile = request.profile,
                               .policy = request.policy,
                               .input_seed = request.seed},
                              clock, recorder_if_traced);
  if (!session) return fail(session.error());
  RunReport report;
  const AdmitReport admission = admission_of(*session);
  describe_admission(report, *session, admission);
  if (session->refusal || (!report.admitted && !request.without_proof)) return report;

  std::unique_ptr<trace::TraceDrain> drain;
  if (recorder_if_traced != nullptr) {
    auto started = trace::TraceDrain::start(recorder, request.trace);
    if (!started) {
      const bool taken = started.error().code == ErrorCode::kAlreadyExists;
      return fail(
          Problem{taken ? ExitCode::kInput : ExitCode::kEnvironment, started.error().message()});
    }
    drain = std::move(*started);
    report.trace = request.trace;
  }
  // Held to the end of the run. Refused: waking a parked lane takes longer, which the release
  // overhead must cover.
  std::optional<Result<executor::CpuLatencyRequest>> awake;
  if (session->workload.machine.real_time) {
    report.real_time_note = executor::lock_memory();
    awake = executor::CpuLatencyRequest::hold();
  }
  const auto started = session->orchestrator->start({.without_proof = request.without_proof});
  if (!started) return fail(Problem::of("the lanes do not start", started.error()));
  describe_lanes(report, *session);
  if (recorder_if_traced != nullptr) declare_session(recorder, request, clock, report);

  report.elapsed = watch(*session, request, drain.get(), clock);
  const Status drained = session->orchestrator->drain(kDrainWithin);
  if (!drained) return fail(Problem::of("the lanes do not stop", drained.error()));
  describe_jobs(report, *session);
  report.metrics_failure = write_metrics(*session, request, clock);
  report.clock = clock.state();
  report.dropped_events = recorder.dropped();
  if (drain != nullptr) {
    if (const Status written = drain->stop(); !written) {
      report.trace_failure = written.error().message();
    }
  }
  return report;
}

}  // namespace aegis::service
