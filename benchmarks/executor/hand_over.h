// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "machine.h"
#include "peers/executor.h"

namespace aegis::benchmarks {

// A task that writes down when it started. The line is padded: its neighbours are nobody's.
class StartNote {
 public:
  [[nodiscard]] Task task() noexcept { return {.run = &StartNote::run, .argument = this}; }
  // Before each submission.
  void clear() noexcept { started_.store(0, std::memory_order_relaxed); }

  // Spins until the task has run and returns when that was, in ticks. Gives up after a second with
  // 0: a peer that loses a task must not hold a real-time thread for ever. Each turn of the loop
  // calls look(now).
  template <class Look>
  [[nodiscard]] std::int64_t await(const Stopwatch& stopwatch, Look look) const noexcept {
    const std::int64_t give_up = ticks() + stopwatch.in_ticks(Duration::seconds(1));
    for (;;) {
      const std::int64_t started = started_.load(std::memory_order_acquire);
      const std::int64_t now = ticks();
      look(now);
      if (started != 0) return started;
      if (now > give_up) return 0;
    }
  }
  [[nodiscard]] std::int64_t await(const Stopwatch& stopwatch) const noexcept {
    return await(stopwatch, [](std::int64_t) {});
  }

 private:
  static void run(void* self) {
    static_cast<StartNote*>(self)->started_.store(ticks(), std::memory_order_release);
  }
  alignas(128) std::atomic<std::int64_t> started_{0};
};

// The worker must rest as well: it gets a task that sleeps, while the measuring thread sleeps; one
// that rests by itself finds nothing to do meanwhile, and takes that as its rest.
// Afterwards a few tasks, not measured, warm both again. Returns false where a task was lost.
template <Executor Peer>
bool rest_together(Peer& peer, Pace& pace, const Stopwatch& stopwatch, StartNote& note) {
  constexpr int kWarmUp = 10;
  constexpr bool kRestsByItself = requires { Peer::kRestsByItself; };
  if (!kRestsByItself) peer.submit({.run = [](void*) { sleep_ns(Pace::kRestNs); }});
  pace.rest();
  for (int i = 0; i < kWarmUp; ++i) {
    note.clear();
    peer.submit(note.task());
    if (note.await(stopwatch) == 0) return false;
  }
  return true;
}

// Spins for about a microsecond: the worker has then gone back to its idle loop.
inline void settle(const Stopwatch& stopwatch) noexcept {
  const std::int64_t until = ticks() + stopwatch.in_ticks(Duration::microseconds(1));
  while (ticks() < until) {
  }
}

}  // namespace aegis::benchmarks
