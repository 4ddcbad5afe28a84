// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "figures.h"
#include "hand_over.h"
#include "peers/all.h"

namespace aegis::benchmarks {
namespace {

constexpr std::array kSubmitGoals{Goal{.who = "AegisRT", .near = 100, .far = 200}};
constexpr Figure kSubmit{.id = "submit", .title = "submit, worker spins", .goals = kSubmitGoals};
constexpr std::array kStartGoals{Goal{.who = "AegisRT", .near = 300}};
constexpr Figure kStart{
    .id = "submit_to_start", .title = "submit to start, worker spins", .goals = kStartGoals};

template <Executor Peer>
void measure(const Plan& plan, Report& report) {
  const Stopwatch& stopwatch = plan.machine.stopwatch;
  const std::size_t wanted = plan.samples(20'000);
  Samples submit(wanted);
  Samples start(wanted);
  Peer peer({.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority});
  std::string refused = on_measuring_thread(plan.machine.measuring_cpu, kMeasuringPriority, [&] {
    StartNote note;
    Pace pace(stopwatch);
    if (!rest_together(peer, pace, stopwatch, note)) return;
    while (submit.size() < wanted) {
      if (pace.rest_is_due() && !rest_together(peer, pace, stopwatch, note)) return;
      note.clear();
      settle(stopwatch);
      const std::int64_t before = ticks();
      peer.submit(note.task());
      const std::int64_t after = ticks();
      const std::int64_t started = note.await(stopwatch);
      if (started == 0) return;
      submit.add(stopwatch.operation_ns(after - before));
      start.add(stopwatch.ns(started - before));
    }
  });
  if (refused.empty()) refused = peer.refused();
  report.add(kSubmit, Peer::kName, submit.summary(), refused);
  report.add(kStart, Peer::kName, start.summary(), refused);
}

}  // namespace

void measure_submit(const Plan& plan, Report& report) {
  for_each_peer(
      Idle::kSpins, [&]<class Peer>() { measure<Peer>(plan, report); },
      [&](std::string_view name, std::string_view why) {
        report.absent(kSubmit, name, why);
        report.absent(kStart, name, why);
      });
}

}  // namespace aegis::benchmarks
