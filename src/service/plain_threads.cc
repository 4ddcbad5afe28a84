// SPDX-License-Identifier: Apache-2.0
//
// What engineers have today, to compare with: one ordinary thread a model, each sleeping until its
// next frame and then running its model, all of them left to the kernel's fair scheduler.

#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <thread>

#include <sched.h>

#include <fmt/format.h>

#include "aegis/base/clock.h"
#include "aegis/context/backend_registry.h"
#include "aegis/context/execution_context.h"
#include "aegis/service/run.h"

#include "row_statistics.h"
#include "session.h"

namespace aegis::service {

namespace {

using context::ExecutionContext;
using context::Progress;

bool stop_asked(const RunRequest& request) {
  return request.stop != nullptr && request.stop->load(std::memory_order_relaxed);
}

// In pieces, so that a long period does not outlast a request to stop.
void sleep_until(TimePoint instant, const RunRequest& request) {
  const MonotonicClock clock;
  while (clock.now() < instant && !stop_asked(request)) {
    const TimePoint next = std::min(instant, clock.now() + Duration::milliseconds(50));
    const timespec t{.tv_sec = next.ns() / 1'000'000'000, .tv_nsec = next.ns() % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
  }
}

// The lane's processor and no other: the comparison is between ways to share one, not between one
// and several.
void pin_to(std::optional<int> cpu) {
  if (!cpu) return;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(static_cast<std::size_t>(*cpu), &only);
  ::sched_setaffinity(0, sizeof(only), &only);
}

bool run_job(ExecutionContext& context) {
  for (std::uint32_t segment = 0; segment < context.model().segment_count; ++segment) {
    if (!context.start_segment(segment)) return false;
    Result<Progress> progress = context.poll();
    while (progress && *progress == Progress::kRunning) progress = context.poll();
    if (!progress) return false;
  }
  return true;
}

// One model's periodic loop. An arrival that finds the previous job unfinished is skipped, as the
// lane's default does.
void serve(const ModelSpec& model, ExecutionContext& context, TimePoint first, TimePoint end,
           const RunRequest& request, executor::TaskStatistics& statistics) {
  const MonotonicClock clock;
  TimePoint last_completion;
  for (TimePoint arrival = first; arrival < end; arrival += model.period) {
    sleep_until(arrival, request);
    if (stop_asked(request)) return;
    ++statistics.arrived;
    if (last_completion > arrival) {
      ++statistics.refused;
      ++statistics.missed;
      continue;
    }
    const TimePoint begin = clock.now();
    const bool done = run_job(context);
    const TimePoint completion = clock.now();
    last_completion = completion;
    done ? ++statistics.completed : ++statistics.failed;
    statistics.response_ns.push_back((completion - arrival).ns());
    statistics.execution_ns.push_back((completion - begin).ns());
    statistics.max_response_ns = std::max(statistics.max_response_ns, (completion - arrival).ns());
    statistics.max_execution_ns = std::max(statistics.max_execution_ns, (completion - begin).ns());
    if (!done || completion - arrival > model.deadline) ++statistics.missed;
  }
}

using Contexts = std::vector<std::unique_ptr<ExecutionContext>>;
using Backends = std::map<std::string, std::unique_ptr<context::RuntimeBackend>>;

// As the runtime comes: nobody has planned its memory.
context::Options options_without_plan(const Workload& workload, const std::string& backend) {
  const auto given = workload.machine.backends.find(backend);
  context::Options options =
      given == workload.machine.backends.end() ? context::Options{} : given->second;
  if (backend == "onnxruntime") options["memory"] = "runtime";
  return options;
}

// An arena a model: threads run side by side, and segments on one arena must not.
using Arenas = std::list<memory::LaneArena>;

Outcome<Contexts> load_contexts(const Workload& workload, Backends& backends, Arenas& arenas,
                                std::uint64_t seed) {
  const context::BackendRegistry registry = context::builtin_backends();
  Contexts contexts;
  for (const ModelSpec& model : workload.models) {
    if (!backends.contains(model.backend)) {
      auto made = registry.create(model.backend, options_without_plan(workload, model.backend));
      if (!made) return fail(Problem::of(made.error()));
      backends[model.backend] = std::move(*made);
    }
    const ContextId id{static_cast<std::uint32_t>(contexts.size())};
    Result<memory::LaneArena> arena = memory::LaneArena::reserve();
    if (!arena) return fail(Problem::of(arena.error()));
    arenas.push_back(std::move(*arena));
    auto context = ExecutionContext::create(id, *backends[model.backend], load_request_of(model),
                                            arenas.back());
    if (!context)
      return fail(Problem::of(fmt::format("model \"{}\"", model.name), context.error()));
    (*context)->fill_inputs(seed + id.value);
    contexts.push_back(std::move(*context));
  }
  return contexts;
}

}  // namespace

Outcome<RunReport> run_in_plain_threads(const RunRequest& request) {
  const Parsed<Workload> workload = load_workload(request.workload);
  if (!workload) return fail(Problem::of(workload.error()));
  Backends backends;  // these two outlive the contexts
  Arenas arenas;
  const Outcome<Contexts> contexts = load_contexts(*workload, backends, arenas, request.seed);
  if (!contexts) return fail(contexts.error());

  const MonotonicClock clock;
  const TimePoint first = clock.now() + Duration::milliseconds(10);
  std::vector<executor::TaskStatistics> statistics(workload->models.size());
  {
    const std::optional<int> cpu = lane_cpu(*workload);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      if (!workload->models[i].periodic) continue;  // nobody submits here
      threads.emplace_back([&, i, cpu] {
        pin_to(cpu);
        const TimePoint begin = first + workload->models[i].offset.value_or(Duration::zero());
        serve(workload->models[i], *(*contexts)[i], begin, first + request.duration, request,
              statistics[i]);
      });
    }
  }
  RunReport report{.mode = "threads", .elapsed = clock.now() - first};
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    ModelRow& row = report.models.emplace_back();
    row.name = workload->models[i].name;
    row.deadline = workload->models[i].deadline;
    fill_row(row, statistics[i]);
  }
  return report;
}

}  // namespace aegis::service
