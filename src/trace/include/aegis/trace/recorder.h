// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/trace/declaration.h"
#include "aegis/trace/event.h"

namespace aegis::trace {

class Ring;

// One thread's end of its ring. Copyable, because it borrows; one thread at a time may record
// through it. A default-constructed writer records nothing: tracing off costs one branch and
// changes no decision.
class Writer {
 public:
  Writer() = default;
  // Wait-free: a bounded number of instructions, no lock, no allocation, no system call. A full
  // ring drops the event and counts it; returns whether it was kept.
  bool record(const Event& event) noexcept;
  [[nodiscard]] bool enabled() const noexcept { return ring_ != nullptr; }

 private:
  friend class Recorder;
  explicit Writer(Ring* ring) : ring_(ring) {}
  Ring* ring_ = nullptr;
};

// How much may wait for the drain.
struct RecorderConfig {
  std::size_t events_per_ring =
      1U << 16;  // 4 MiB a thread: over one second of a 10 kHz lane at 6 events a job
};

// Events of many threads on their way to a file, without ever making one of them wait.
//
//   Recorder recorder;
//   Writer lane = recorder.add_thread("lane0");        // slow, at start-up
//   lane.record({.time_ns = now, .type = EventType::kIdleEnd});
//   recorder.drain(sink);                              // a Sink: what to do with them
//
// Invariants: 1. events of one thread are drained in the order they were recorded; 2. recorded +
// dropped = attempted, per thread; 3. the sticky violation counters never lose a count, whatever
// the rings drop.
class Recorder {
 public:
  // Allocates nothing yet: each thread brings its ring.
  explicit Recorder(RecorderConfig config = {});
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Allocates and pre-faults the thread's ring. Any thread; locks. Writers stay valid as long as
  // the recorder.
  [[nodiscard]] Writer add_thread(std::string name);
  // Any ordinary thread; locks and allocates.
  void declare(Declaration declaration);

  // Hands over what has been recorded since the last call, thread by thread, then forgets it. One
  // draining thread.
  struct Sink {
    virtual ~Sink() = default;
    // Each thread once, then each declaration once, before the events that refer to them.
    virtual void on_thread(ThreadId thread, const std::string& name) = 0;
    virtual void on_declaration(const Declaration& declaration) = 0;
    // `dropped`: events of this thread lost so far in total.
    virtual void on_events(ThreadId thread, std::span<const Event> events,
                           std::uint64_t dropped) = 0;
  };
  void drain(Sink& sink);

  // Counts that cannot be dropped. Real-time: one relaxed atomic addition.
  void count_violation(Assumption assumption) noexcept {
    violations_[static_cast<std::size_t>(assumption)].fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t violations(Assumption assumption) const noexcept {
    return violations_[static_cast<std::size_t>(assumption)].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Thread;
  RecorderConfig config_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<Declaration> declarations_;
  std::array<std::atomic<std::uint64_t>, kAssumptionCount> violations_{};
};

}  // namespace aegis::trace
