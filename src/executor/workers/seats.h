// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "submitter.h"

namespace aegis::executor {

// Which submitter the calling thread is, scheduler by scheduler. A seat is taken once and given
// back when the thread ends, for another thread to take.
//
// Real-time: sitting() is a comparison when the thread last submitted to the same scheduler, a
// short search otherwise; take() allocates.
class Seats {
 public:
  // The calling thread's submitter in this scheduler; null: it has none yet, or no longer.
  [[nodiscard]] static Submitter* sitting(std::uint32_t scheduler) noexcept;
  // From now on until the thread ends. `keeper` keeps the submitter alive; if it is gone by then,
  // nothing is given back.
  static void take(std::uint32_t scheduler, Submitter& submitter, std::weak_ptr<void> keeper);
  // The calling thread is ending and has given its seats back: thread-local objects destroyed later
  // find none and can take none.
  [[nodiscard]] static bool given_back() noexcept;

  // The calling thread is a worker of this scheduler, with a submitter of its own.
  static void take_as_worker(std::uint32_t scheduler, Submitter& submitter);
  [[nodiscard]] static bool is_worker_of(std::uint32_t scheduler) noexcept;
  // It calls the handlers of this scheduler.
  static void mark_as_helper(std::uint32_t scheduler) noexcept;
  [[nodiscard]] static bool is_helper_of(std::uint32_t scheduler) noexcept;
};

}  // namespace aegis::executor
