// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "figures.h"
#include "hand_over.h"
#include "heap_calls.h"
#include "peers/all.h"

namespace aegis::benchmarks {
namespace {

constexpr std::array kAllocationsGoals{
    Goal{.who = "AegisRT", .statistic = Statistic::kMax, .near = 1}};
constexpr Figure kAllocations{.id = "allocations",
                              .title = "calls to the heap, submit to start",
                              .unit = "calls",
                              .depends_on_caches = false,
                              .goals = kAllocationsGoals};

// Of all threads, between the submission and the task's start. A pool of the peer's own that is
// refilled now and then shows in the maximum only.
template <Executor Peer>
void measure(const Plan& plan, Report& report) {
  const Stopwatch& stopwatch = plan.machine.stopwatch;
  const std::size_t wanted = plan.samples(10'000);
  Samples calls(wanted);
  Peer peer({.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority});
  std::string refused = on_measuring_thread(plan.machine.measuring_cpu, kMeasuringPriority, [&] {
    StartNote note;
    Pace pace(stopwatch);
    if (!rest_together(peer, pace, stopwatch, note)) return;
    while (calls.size() < wanted) {
      if (pace.rest_is_due() && !rest_together(peer, pace, stopwatch, note)) return;
      note.clear();
      const std::uint64_t before = heap_calls();
      peer.submit(note.task());
      if (note.await(stopwatch) == 0) return;
      calls.add(static_cast<double>(heap_calls() - before));
    }
  });
  if (refused.empty()) refused = peer.refused();
  report.add(kAllocations, Peer::kName, calls.summary(), refused);
}

}  // namespace

void measure_allocations(const Plan& plan, Report& report) {
  if (!heap_calls_are_counted()) {
    report.absent(kAllocations, "all", "not counted with this C library");
    return;
  }
  for_each_peer(
      Idle::kSpins, [&]<class Peer>() { measure<Peer>(plan, report); },
      [&](std::string_view name, std::string_view why) { report.absent(kAllocations, name, why); });
}

}  // namespace aegis::benchmarks
