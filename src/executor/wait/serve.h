// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/executor/hybrid_wait.h"

namespace aegis::executor {

// What a real-time thread of this layer does, whether it serves a lane or a group of workers: steps
// its machine as long as there is something to do, waits punctually when there is not, and rests
// often enough for the kernel never to stop it.
//
//   Machine: step()           kinds kRan, kIdle (with wake_up) and kStopped; kRunning too, where a
//                             device works and step() polls it
//            called()         whether there is something to look at although nothing is due
//            rehearse()       may be missing: does for nothing what a release will take, to have it
//                             in the caches
//            waited(report)   what a wait saw
//            rested(duration) that it was away by intent; where there is kRunning
//
// Returns when the machine has stopped. Real-time: sleeps only in `wait`; does not allocate or
// lock.
template <class Machine>
void serve(Machine& machine, HybridWait& wait) noexcept {
  for (;;) {
    const auto step = machine.step();
    using Kind = decltype(step.kind);
    if (step.kind == Kind::kStopped) return;
    if (step.kind == Kind::kIdle) {
      const auto called = [&machine] { return machine.called(); };
      if constexpr (requires { machine.rehearse(); }) {
        machine.waited(wait.wait(step.wake_up, called, [&machine] { machine.rehearse(); }));
      } else {
        machine.waited(wait.wait(step.wake_up, called));
      }
      continue;
    }
    if constexpr (requires { Kind::kRunning; }) {
      if (step.kind == Kind::kRunning) machine.rested(wait.pause_between_polls());
    }
  }
}

}  // namespace aegis::executor
