// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/executor/asymmetric_fence.h"
#include "aegis/executor/deadline_miss.h"
#include "aegis/executor/scheduled_task.h"

#include "slot_directory.h"
#include "submitter.h"
#include "task_kinds.h"
#include "waiting_room.h"
#include "worker_port.h"

namespace aegis::executor {

// A group's workers among all workers. count 0: not enabled.
struct GroupPlace {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

// What submitters and workers of one scheduler share. Sizes are fixed before the first worker runs.
struct SchedulerState {
  SchedulerState(std::uint32_t number, const Clock& time, std::size_t most_kinds,
                 std::size_t workers)
      : directory(number), kinds(most_kinds), clock(time) {
    for (std::size_t i = 0; i < workers; ++i) ports.push_back(std::make_unique<WorkerPort>());
  }

  SlotDirectory directory;
  SubmitterTable submitters;
  KindTable kinds;
  WaitingRoom waiting;
  std::array<GroupPlace, kPriorities> groups{};
  std::vector<std::unique_ptr<WorkerPort>> ports;
  const Clock& clock;

  AsymmetricFence entry;                         // between Submitter::inside and accepting
  std::atomic<bool> accepting{true};             // new tasks
  std::atomic<bool> draining{false};             // no periodic releases; their tasks end
  std::atomic<bool> abandoning{false};           // what has not begun ends as kAbandoned
  std::atomic<bool> stopping{false};             // workers end once they are idle
  std::atomic<std::int64_t> ended_elsewhere{0};  // one-shot tasks ended by no worker

  // The worker for a job: the one it is pinned to, or the first of its group that has nothing to
  // do, or the one with the least. Real-time: O(workers of the group).
  [[nodiscard]] std::uint32_t choose(const JobTerms& terms) const noexcept {
    const GroupPlace group = groups[terms.group];
    if (terms.worker != kAnyWorker) return group.first + terms.worker;
    std::uint32_t best = group.first;
    if (group.count == 1) return best;
    std::uint32_t least = 0xffffffff;
    for (std::uint32_t i = group.first; i < group.first + group.count && least > 0; ++i) {
      const std::uint32_t load = ports[i]->load.load(std::memory_order_relaxed);
      if (load >= least) continue;
      least = load;
      best = i;
    }
    return best;
  }

  // Hands a queued slot to its worker. Real-time: wait-free, but for waking a parked worker.
  void enqueue(Submitter& from, SlotId id, const JobTerms& terms) noexcept {
    const std::uint32_t worker = choose(terms);
    from.ring_to(worker).push(id);
    ports[worker]->signal.notify();
    const GroupPlace group = groups[terms.group];
    const bool alone = group.count == 1 || terms.worker != kAnyWorker;
    // It has begun something else since it was chosen.
    if (!alone && ports[worker]->load.load(std::memory_order_relaxed) > 0) wake_idle(group);
  }

  // One worker of the group that sleeps, if there is one: it looks for what it can take over.
  void wake_idle(GroupPlace group) noexcept {
    for (std::uint32_t i = group.first; i < group.first + group.count; ++i) {
      const bool idle = ports[i]->load.load(std::memory_order_relaxed) == 0;
      if (idle && ports[i]->signal.notify()) return;
    }
  }
  // The same for a follower that has just become ready. Any thread. Real-time: lock-free, but for
  // waking a parked worker.
  void hand_on(SlotId follower, const JobTerms& terms) noexcept {
    WorkerPort& port = *ports[choose(terms)];
    port.handed_on.push(directory, follower);
    port.signal.notify();
  }
};

}  // namespace aegis::executor
