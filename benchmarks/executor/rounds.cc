// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "figures.h"
#include "hand_over.h"
#include "peers/all.h"

namespace aegis::benchmarks {
namespace {

constexpr std::string_view kOursBlocking = "AegisRT, wait_for_completion";

constexpr std::array kRoundsGoals{Goal{.who = kOursBlocking, .near = 10'000, .far = 10'000}};
constexpr Figure kRounds{
    .id = "rounds", .title = "schedule and wait, all rounds", .goals = kRoundsGoals};
constexpr std::array kRoundsOutsideGoals{
    Goal{.who = kOursBlocking, .statistic = Statistic::kMax, .near = 50'000, .far = 50'000}};
constexpr Figure kRoundsOutside{.id = "rounds_outside",
                                .title = "schedule and wait, outside lost supply",
                                .goals = kRoundsOutsideGoals};

struct Round {
  std::int64_t from = 0;
  std::int64_t to = 0;
  bool worker_lost = false;
};

// How the caller learns that its task has ended.
enum class Wait {
  kSpins,  // on a flag that the task sets: the quickest there is, for every peer
  kBlocks  // with the peer's own call
};

// The caller's processor is watched while it spins. False: the task was lost.
template <Wait kWait, Executor Peer>
bool schedule_and_wait(Peer& peer, StartNote& note, const Stopwatch& stopwatch,
                       SupplyWatch& watch) {
  note.clear();
  watch.look(ticks());
  if constexpr (kWait == Wait::kBlocks) {
    return peer.schedule_and_wait(note.task());
  } else {
    peer.submit(note.task());
    return note.await(stopwatch, [&](std::int64_t now) { watch.look(now); }) != 0;
  }
}

// Windows that the peer itself has seen on its worker's processor; 0 where it does not look.
template <Executor Peer>
std::uint64_t windows_seen_by(Peer& peer) {
  if constexpr (requires { peer.lost_windows(); }) {
    return peer.lost_windows();
  } else {
    return 0;
  }
}

// All rounds of a repetition. The peer is asked for its windows after each rest and after each
// round longer than a window, so that one that it saw in between is blamed on the right round.
template <Wait kWait, Executor Peer>
std::vector<Round> rounds_of(Peer& peer, const Plan& plan, SupplyWatch& watch) {
  const Stopwatch& stopwatch = plan.machine.stopwatch;
  const std::int64_t gap = stopwatch.in_ticks(Duration::nanoseconds(SupplyWatch::kGapNs));
  std::vector<Round> rounds;
  rounds.reserve(plan.samples(10'000));
  StartNote note;
  Pace pace(stopwatch);
  bool alive = rest_together(peer, pace, stopwatch, note);
  std::uint64_t seen = windows_seen_by(peer);
  while (alive && rounds.size() < rounds.capacity()) {
    if (pace.rest_is_due()) {
      alive = rest_together(peer, pace, stopwatch, note);
      watch.forget();
      seen = windows_seen_by(peer);
    }
    Round round{.from = ticks()};
    alive = alive && schedule_and_wait<kWait>(peer, note, stopwatch, watch);
    round.to = ticks();
    if (round.to - round.from > gap) {
      round.worker_lost = windows_seen_by(peer) != seen;
      watch.forget();
    }
    if (alive) rounds.push_back(round);
  }
  return rounds;
}

template <Executor Peer>
std::string_view what_is_not_watched(Wait wait) {
  if (!Peer::kWatchesItsWorker) return "the worker's processor is not watched";
  return wait == Wait::kBlocks ? "the caller's processor is not watched while it waits" : "";
}

template <Executor Peer, Wait kWait = Wait::kSpins>
void measure(const Plan& plan, std::string_view who, Report& report) {
  const Stopwatch& stopwatch = plan.machine.stopwatch;
  const std::int64_t gap = stopwatch.in_ticks(Duration::nanoseconds(SupplyWatch::kGapNs));
  const auto mine = std::make_unique<SupplyWatch>(gap);
  const auto workers = std::make_unique<SupplyWatch>(gap);
  Peer peer(
      {.cpu = plan.machine.worker_cpu, .fifo_priority = kWorkerPriority, .watch = workers.get()});
  std::vector<Round> rounds;
  std::string refused = on_measuring_thread(plan.machine.measuring_cpu, kMeasuringPriority,
                                            [&] { rounds = rounds_of<kWait>(peer, plan, *mine); });
  if (refused.empty()) refused = peer.refused();
  Samples all(rounds.size());
  Samples outside(rounds.size());
  for (const Round& round : rounds) {
    const double ns = stopwatch.operation_ns(round.to - round.from);
    all.add(ns);
    const bool lost = round.worker_lost || mine->overlaps(round.from, round.to) ||
                      workers->overlaps(round.from, round.to);
    if (!lost) outside.add(ns);
  }
  report.add(kRounds, who, all.summary(), refused);
  report.add(kRoundsOutside, who, outside.summary(), what_is_not_watched<Peer>(kWait));
}

}  // namespace

void measure_rounds(const Plan& plan, Report& report) {
  for_each_peer(
      Idle::kSpins,
      [&]<class Peer>() {
        measure<Peer>(plan, Peer::kName, report);
        if constexpr (requires(Peer peer, Task task) { peer.schedule_and_wait(task); }) {
          measure<Peer, Wait::kBlocks>(plan, Peer::kBlockingName, report);
        }
      },
      [&](std::string_view name, std::string_view why) {
        report.absent(kRounds, name, why);
        report.absent(kRoundsOutside, name, why);
      });
}

}  // namespace aegis::benchmarks
