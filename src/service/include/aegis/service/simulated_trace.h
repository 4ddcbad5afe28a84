// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/theory/arrivals.h"
#include "aegis/theory/outages.h"
#include "aegis/theory/simulator.h"
#include "aegis/theory/supply_bound.h"
#include "aegis/theory/task.h"
#include "aegis/theory/verdict.h"
#include "aegis/trace/recorder.h"

namespace aegis::service {

// What to simulate: theory/simulator.h has the meaning of each. `analysis` is what was proved of
// the same set: whether it counts as admitted, and the response bounds that an audit compares with.
// A set nobody analysed has the default, which is `unknown`.
struct Simulation {
  theory::TaskSet tasks;
  std::vector<theory::PlannedJob> jobs;
  theory::SimulationOptions options;
  theory::Analysis analysis;
  theory::Supply supply = {};  // what the analysis granted the lane to lose
};

// Simulates, and hands `sink` the trace that a lane doing the same would have recorded, so that
// whatever reads a run (audit, explain, export) reads a simulation:
//
//   trace::TraceCollector collector;
//   auto schedule = trace_simulation({tasks, jobs, {.policy = policy}, analysis}, collector);
//   audit::AuditReport report = audit::audit(collector.take());
//
// Of a job there is its submission at its arrival, its release, each decision, each segment, its
// completion and its miss; of a dropped one submission, refusal and miss. The overheads lie where
// the lane has them: release and dispatch before a segment's start, completion behind its end.
// Outages are lost processor time; the lane is declared to be granted all of it when `supply`
// allows the outages, otherwise none. A miss of a set that was not admitted names that; one of an
// admitted set names nothing, and the audit finds it. Events are handed over in order of time and
// never dropped. The schedule is that of simulate(), to the tick.
//
// Errors: those of simulate(), before anything is handed over where the set or the jobs are wrong;
// kUnsupported for preemptive simulations, since a trace records segments whole; kOutOfRange for a
// job that arrives before time 0, which no clock of a run shows. Memory: O(jobs). Not for real-time
// threads.
[[nodiscard]] Result<theory::Schedule> trace_simulation(const Simulation& simulation,
                                                        trace::Recorder::Sink& sink);

// The same into a trace file (trace/trace_file.h).
[[nodiscard]] Result<theory::Schedule> trace_simulation(const Simulation& simulation,
                                                        const std::filesystem::path& file);

}  // namespace aegis::service
