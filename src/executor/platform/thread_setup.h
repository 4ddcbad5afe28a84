// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "aegis/executor/real_time_thread.h"

// What a new thread does to itself. All system calls; ordinary threads. An int is an errno, 0 for
// success.
namespace aegis::executor::platform {

// The name as tools show it, cut at 15 bytes.
void name_this_thread(const std::string& name) noexcept;

// Sleeps end when asked, not up to 50 µs later. Real-time classes need it not.
void sleep_exactly() noexcept;

[[nodiscard]] int run_on(int cpu) noexcept;

// Undoes an inherited pin: runs on every CPU that this process may use, but `avoided` if there is
// another.
void run_anywhere(std::optional<int> avoided) noexcept;

// The CPUs on which this thread may run, in ascending order.
[[nodiscard]] std::vector<int> cpus_of_this_thread();

// SCHED_DEADLINE for this thread; threads that it creates are of the normal class.
[[nodiscard]] int reserve(const DeadlineReservation& reservation) noexcept;

// All pages of the process, present and future, stay in memory.
[[nodiscard]] int lock_all_memory() noexcept;

}  // namespace aegis::executor::platform
