// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include "figures.h"
#include "hand_over.h"
#include "peers/all.h"

namespace aegis::benchmarks {
namespace {

constexpr Figure kRounds{
    .id = "rounds", .title = "schedule and wait, all rounds", .target = "p99 < 10000"};
constexpr Figure kRoundsOutside{.id = "rounds_outside",
                                .title = "schedule and wait, outside lost supply",
                                .target = "max < 50000"};

struct Round {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

// A peer that has a wait of its own is waited for with that; else the caller spins on a flag, the
// quickest wait there is. Either way the round lasts until the caller knows. False: never.
template <Executor Peer>
bool schedule_and_wait(Peer& peer, StartNote& note, const Stopwatch& stopwatch,
                       SupplyWatch& watch) {
  note.clear();
  watch.look(ticks());
  if constexpr (requires { peer.schedule_and_wait(note.task()); }) {
    return peer.schedule_and_wait(note.task());
  } else {
    peer.submit(note.task());
    return note.await(stopwatch, [&](std::int64_t now) { watch.look(now); }) != 0;
  }
}

template <Executor Peer>
void measure(const Plan& plan, Report& report) {
  const Stopwatch& stopwatch = plan.machine.stopwatch;
  const std::size_t wanted = plan.samples(10'000);
  const std::int64_t gap = stopwatch.in_ticks(Duration::nanoseconds(SupplyWatch::kGapNs));
  const auto mine = std::make_unique<SupplyWatch>(gap);
  const auto workers = std::make_unique<SupplyWatch>(gap);
  std::vector<Round> rounds;
  rounds.reserve(wanted);
  Peer peer(
      {.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority, .watch = workers.get()});
  std::string note_of_row =
      on_measuring_thread(plan.machine.measuring_cpu, kMeasuringPriority, [&] {
        StartNote note;
        Pace pace(stopwatch);
        if (!rest_together(peer, pace, stopwatch, note)) return;
        while (rounds.size() < wanted) {
          if (pace.rest_is_due()) {
            if (!rest_together(peer, pace, stopwatch, note)) return;
            mine->forget();
          }
          const std::int64_t from = ticks();
          if (!schedule_and_wait(peer, note, stopwatch, *mine)) return;
          rounds.push_back({.from = from, .to = ticks()});
        }
      });
  Samples all(wanted);
  Samples outside(wanted);
  for (const Round& round : rounds) {
    const double ns = stopwatch.operation_ns(round.to - round.from);
    all.add(ns);
    const bool lost =
        mine->overlaps(round.from, round.to) || workers->overlaps(round.from, round.to);
    if (!lost) outside.add(ns);
  }
  report.add(kRounds, Peer::kName, all.summary(), note_of_row);
  if (!Peer::kWatchesItsWorker) note_of_row = "windows of the measuring thread only";
  report.add(kRoundsOutside, Peer::kName, outside.summary(), note_of_row);
}

}  // namespace

void measure_rounds(const Plan& plan, Report& report) {
  for_each_peer(
      Idle::kSpins, [&]<class Peer>() { measure<Peer>(plan, report); },
      [&](std::string_view name) {
        report.absent(kRounds, name, "not installed");
        report.absent(kRoundsOutside, name, "not installed");
      });
}

}  // namespace aegis::benchmarks
