// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/executor/hybrid_wait.h"

namespace aegis::executor {

// Waits for the machine's next instant or for work.
template <class Machine>
WaitReport wait_for_work(Machine& machine, HybridWait& wait, TimePoint until) noexcept {
  const auto called = [&machine] { return machine.called(); };
  if constexpr (requires { machine.rehearse(); }) {
    return wait.wait(until, called, [&machine] { machine.rehearse(); });
  } else {
    return wait.wait(until, called);
  }
}

// What a real-time thread of this layer does, whether it serves a lane or a group of workers: steps
// its machine as long as there is something to do, waits punctually when there is not, and rests
// often enough for the kernel never to stop it. Returns when the machine has stopped.
//
//   step()      kinds kRan, kIdle (with wake_up) and kStopped; kRunning where a device works
//   called()    whether there is something to look at although nothing is due
//   rehearse()  may be missing: does for nothing what a release takes, to have it in the caches
//   waited()    what a wait saw
//   rested()    that it was away by intent
//
// Real-time: sleeps only in `wait`; does not allocate or lock.
template <class Machine>
void serve(Machine& machine, HybridWait& wait) noexcept {
  // So often in a row it may be called for nothing: because somebody else was faster, or somebody
  // who has slept with a lock in hand, and shares this processor, has to be let on.
  constexpr int kMostFruitless = 1000;
  for (int fruitless = 0;; ++fruitless) {
    const auto step = machine.step();
    using Kind = decltype(step.kind);
    if (step.kind == Kind::kStopped) return;
    if (step.kind == Kind::kIdle) {
      const WaitReport report = wait_for_work(machine, wait, step.wake_up);
      machine.waited(report);
      if (report.slept || fruitless >= kMostFruitless) {
        if (!report.slept) machine.rested(wait.rest_for(HybridWait::kRest));
        fruitless = 0;
      }
      continue;
    }
    fruitless = 0;
    if constexpr (requires { Kind::kRunning; }) {
      if (step.kind == Kind::kRunning) machine.rested(wait.pause_between_polls());
    }
  }
}

}  // namespace aegis::executor
