// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "aegis/executor/cache_line.h"

namespace aegis::executor {

// Where a slot's task stands.
enum class Phase : std::uint8_t {
  kFree,        // never used
  kHeld,        // waits for the tasks before it
  kQueued,      // in a ring or ready set, or periodic and between two activations
  kRunning,     // a worker calls its body
  kCancelling,  // whoever won the right to cancel it is doing so
  kDead,        // ended, but a ring, ready set or timer still refers to it
  kEnded,       // nothing refers to it but handles
};

// How the machine orders what the protocol below does; tests hold a broken twin.
struct SlotProtocol {
  static constexpr bool kOpenByExchange = true;  // against pins that come between look and open
};

// The life of one slot, in one word that its submitter, its worker, cancellers and waiters agree
// on:
//
//   63         32   15      8   5       4              3           2..0
//   generation      pins        buried  cancel wanted  dependents  phase
//
//              open                start            end
//   free/ended ----> held/queued ----------> running ----> ended
//                        |  claim                            ^
//                        +--------> cancelling --> dead -----+  (its worker meets it)
//
// Invariants
//   1. Whoever wins a transition out of queued or held owns body and outcome until it ends; exactly
//      one wins, so a body is run or dropped, never both, never twice.
//   2. A generation names one occupant. pin(), claim() and start() compare it in the same atomic
//      step in which they act, so a handle never acts on a later occupant.
//   3. A pinned slot is not opened, so what a waiter reads of an ended task does not change under
//      it.
//   4. What an owner wrote before end() or kill() is visible to whoever then finds it ended.
//
// Real-time: every operation is one atomic step, repeated only while other threads pin or mark the
// same slot at that instant; no system call.
template <class Protocol = SlotProtocol>
class BasicSlotState {
 public:
  // Submitter: whether a new task may move in. Its own slots only.
  [[nodiscard]] bool reusable() const noexcept {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    return pins(word) == 0 && (phase(word) == Phase::kEnded || phase(word) == Phase::kFree);
  }
  // Submitter: a new occupant, in `first` (kHeld or kQueued); its generation. Nothing: somebody has
  // pinned the slot since it looked reusable. The ring that carries the slot publishes the rest.
  [[nodiscard]] std::optional<std::uint32_t> open(Phase first) noexcept {
    std::uint64_t word = word_.load(std::memory_order_acquire);
    const Phase now = phase(word);
    if (pins(word) != 0 || (now != Phase::kEnded && now != Phase::kFree)) return std::nullopt;
    const std::uint32_t next = next_generation(word);
    const std::uint64_t opened = of(next, first);
    if constexpr (Protocol::kOpenByExchange) {
      if (!word_.compare_exchange_strong(word, opened, std::memory_order_acq_rel)) {
        return std::nullopt;
      }
    } else {
      word_.store(opened, std::memory_order_release);
    }
    return next;
  }

  // Its last input has ended: kHeld becomes kQueued. False: it was cancelled meanwhile.
  [[nodiscard]] bool queue() noexcept { return advance(Phase::kHeld, Phase::kQueued); }
  // Worker: from here on nobody can cancel it. False: cancelled.
  [[nodiscard]] bool start() noexcept { return advance(Phase::kQueued, Phase::kRunning); }
  // Worker: a periodic task's activation is over. False: somebody wants it cancelled; still
  // running, end() it.
  [[nodiscard]] bool pause() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    do {
      if ((word & kCancelWanted) != 0) return false;
    } while (!word_.compare_exchange_weak(word, with(word, Phase::kQueued),
                                          std::memory_order_acq_rel, std::memory_order_relaxed));
    return true;
  }

  // Canceller: what came of trying.
  enum class Claim : std::uint8_t { kWon, kRunning, kEnded, kStale };
  [[nodiscard]] Claim claim(std::uint32_t generation) noexcept {
    std::uint64_t word = word_.load(std::memory_order_acquire);
    for (;;) {
      if (generation_of(word) != generation) return Claim::kStale;
      const Phase now = phase(word);
      if (ended(now) || now == Phase::kCancelling) return Claim::kEnded;
      const bool running = now == Phase::kRunning;
      const std::uint64_t next = running ? word | kCancelWanted : with(word, Phase::kCancelling);
      if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return running ? Claim::kRunning : Claim::kWon;
      }
    }
  }

  // Owner: over, the outcome stands. `as` is kEnded, or kDead while something refers to the slot
  // (unless that has found it cancelled already). Returns what the owner has to do about it; with
  // dependents the slot stays pinned until the owner has let them go and calls unpin().
  struct Audience {
    bool waiters = false;     // somebody has it pinned, and may sleep until it ends
    bool dependents = false;  // somebody follows, or is about to
  };
  Audience end(Phase as) noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    std::uint64_t over = 0;
    do {
      over = with(word, (word & kBuried) != 0 ? Phase::kEnded : as);
      if ((word & kDependents) != 0) over += kOnePin;
    } while (!word_.compare_exchange_weak(word, over, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
    return {.waiters = pins(word) != 0, .dependents = (word & kDependents) != 0};
  }
  // Worker: the last reference to one found cancelled is gone; who cancels it may not be done yet.
  void bury() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
      next = phase(word) == Phase::kDead ? with(word, Phase::kEnded) : word | kBuried;
    } while (!word_.compare_exchange_weak(word, next, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
  }

  // Anybody with a handle: keeps the slot from being opened until unpin(). `follows`: somebody is
  // about to be added to its dependents.
  enum class Pin : std::uint8_t { kPinned, kStale, kTooMany };
  [[nodiscard]] Pin pin(std::uint32_t generation, bool follows = false) noexcept {
    std::uint64_t word = word_.load(std::memory_order_acquire);
    for (;;) {
      if (generation_of(word) != generation) return Pin::kStale;
      if (pins(word) == kMostPins) return Pin::kTooMany;
      const std::uint64_t next = (word + kOnePin) | (follows ? kDependents : 0);
      if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return Pin::kPinned;
      }
    }
  }
  void unpin() noexcept { word_.fetch_sub(kOnePin, std::memory_order_release); }

  // With the slot pinned, or by its owner.
  [[nodiscard]] Phase phase() const noexcept {
    return phase(word_.load(std::memory_order_acquire));
  }
  [[nodiscard]] bool has_ended() const noexcept { return ended(phase()); }
  [[nodiscard]] std::uint32_t generation() const noexcept {
    return generation_of(word_.load(std::memory_order_relaxed));
  }

  static constexpr bool ended(Phase phase) noexcept { return phase >= Phase::kDead; }
  static constexpr Phase phase(std::uint64_t word) noexcept {
    return static_cast<Phase>(word & kPhase);
  }

 private:
  static constexpr std::uint64_t kPhase = 7;
  static constexpr std::uint64_t kDependents = 1U << 3U;
  static constexpr std::uint64_t kCancelWanted = 1U << 4U;
  static constexpr std::uint64_t kBuried = 1U << 5U;
  static constexpr std::uint64_t kOnePin = 1U << 8U;
  static constexpr std::uint64_t kMostPins = 200;  // of 255: a thread more in between does no harm

  static constexpr std::uint64_t pins(std::uint64_t word) noexcept { return (word >> 8U) & 0xff; }
  static constexpr std::uint32_t generation_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> 32U);
  }
  static constexpr std::uint64_t of(std::uint32_t generation, Phase phase) noexcept {
    return (std::uint64_t{generation} << 32U) | static_cast<std::uint64_t>(phase);
  }
  static constexpr std::uint64_t with(std::uint64_t word, Phase phase) noexcept {
    return (word & ~kPhase) | static_cast<std::uint64_t>(phase);
  }
  // From 1: a handle of generation 0 is no task's.
  static constexpr std::uint32_t next_generation(std::uint64_t word) noexcept {
    const std::uint32_t next = generation_of(word) + 1;
    return next == 0 ? 1 : next;
  }

  [[nodiscard]] bool advance(Phase from, Phase to) noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    do {
      if (phase(word) != from) return false;
    } while (!word_.compare_exchange_weak(word, with(word, to), std::memory_order_acq_rel,
                                          std::memory_order_acquire));
    return true;
  }

  std::atomic<std::uint64_t> word_{0};
};

using SlotState = BasicSlotState<>;

}  // namespace aegis::executor
