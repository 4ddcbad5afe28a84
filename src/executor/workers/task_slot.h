// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "aegis/base/time.h"
#include "aegis/executor/cache_line.h"
#include "aegis/executor/scheduled_task.h"
#include "aegis/executor/task_body.h"
#include "aegis/executor/task_handle.h"

#include "policy/ready_task.h"
#include "slot_state.h"

namespace aegis::executor {

// A slot among all slots of a scheduler: which slab, and where in it.
using SlotId = std::uint32_t;
inline constexpr std::uint32_t kSlotBits = 20;  // up to a million pending tasks a submitter
inline constexpr SlotId kNoSlot = 0xffffffff;
inline constexpr std::uint32_t kNoLink = 0xffffffff;

inline constexpr std::uint8_t kAnyWorker = 0xff;
inline constexpr std::uint16_t kNoPeriodic = 0xffff;

// How a job is to be treated, as its submitter leaves it for the worker.
struct JobTerms {
  Urgency urgency;  // its level and period are the kind's
  std::uint16_t kind = 0;
  std::uint16_t periodic = kNoPeriodic;  // index of the worker's periodic state
  std::uint8_t group = 0;
  std::uint8_t worker = kAnyWorker;
  DeadlineClass deadline_class = DeadlineClass::kSoft;
  bool proven = false;  // its WCET is part of the worker's proof
};

// Everything about one scheduled task, in three cache lines. Written by its submitter until
// published, then by whoever owns it (slot_state.h). The submitter of a plain job writes the first
// two only.
struct alignas(kCacheLine) TaskSlot {
  static constexpr std::size_t kMaxLinks = 8;

  TaskBody body;

  SlotState state;
  JobTerms terms;
  std::atomic<std::uint32_t> first_dependent{kNoLink};  // dependents.h
  bool follows = false;                                 // others; then it arrives with the last

  // Its owner's, as the task begins or ends.
  alignas(kCacheLine) TaskOutcome outcome;

  // Of a task that follows others. When the last of them ended, by whoever then queues it; a
  // canceller may look at the terms at that instant, but not at this.
  TimePoint inputs_ended;
  // A link belongs to the follower and stands in the list of the one
  // it follows.
  std::atomic<std::uint32_t> inputs_left{0};
  std::atomic<bool> input_failed{false};
  std::array<std::uint32_t, kMaxLinks> next_link{};

  // Its submitter, having opened it.
  void fill(TaskBody&& task, const JobTerms& job) noexcept {
    body = std::move(task);
    terms = job;
    first_dependent.store(kNoLink, std::memory_order_relaxed);
    follows = false;
  }
  [[nodiscard]] TimePoint arrival() const noexcept {
    return follows ? inputs_ended : terms.urgency.arrival;
  }
};

static_assert(offsetof(TaskSlot, outcome) == 2 * kCacheLine, "a submission writes two lines");

}  // namespace aegis::executor
