// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "../supply_watch.h"

namespace aegis::benchmarks {

// What is handed over: a function and its argument, so that no peer pays for type erasure that
// another does not.
struct Task {
  void (*run)(void*) = nullptr;
  void* argument = nullptr;
};

// What the worker does when it has nothing to do.
enum class Idle { kSpins, kParks };

struct WorkerPlan {
  int cpu = 0;
  int fifo_priority = 0;
  Idle idle = Idle::kSpins;
  // The worker's spin loop looks at this; null: nobody asked. A peer whose loop is not ours cannot.
  SupplyWatch* watch = nullptr;
};

// One worker of a peer, pinned, SCHED_FIFO where granted. Created and destroyed by an ordinary
// thread that does not share the worker's processor: a creator that spins with SCHED_FIFO on the
// processor that a new thread inherits would never see it start. One thread submits.
template <class P>
concept Executor = std::constructible_from<P, const WorkerPlan&> && requires(P peer, Task task) {
  { P::kName } -> std::convertible_to<std::string_view>;
  { P::kWatchesItsWorker } -> std::convertible_to<bool>;
  peer.submit(task);
  // What the worker was refused, in words; empty: nothing.
  { peer.refused() } -> std::convertible_to<std::string>;
};

}  // namespace aegis::benchmarks
