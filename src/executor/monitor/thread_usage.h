// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <sys/types.h>

#include "aegis/base/result.h"
#include "aegis/executor/latency_stats.h"

namespace aegis::executor {

// What the kernel counts for the calling thread. Two system calls, some 0.5 µs: a worker
// asks before it parks and after a miss, not around each job. Real-time but for that: allocates
// nothing. All zero where the kernel does not tell.
[[nodiscard]] ThreadUsage this_thread_usage() noexcept;

// Which thread of the process the caller is, for thread_usage_of. A system call.
[[nodiscard]] pid_t this_thread() noexcept;

// The same of another thread of this process, from /proc/self/task: for ordinary threads, some 50
// µs in the kernel; processor time is told in ticks of 10 ms. kIo when the thread has ended or
// there is no /proc, kCorrupt when the kernel's text is not as documented (proc_pid_stat(5)).
[[nodiscard]] Result<ThreadUsage> thread_usage_of(pid_t thread);

// How the two files of a thread read; `tick` is the unit of processor time. Nothing where a field
// is missing or no number. For tests: the text comes from outside.
[[nodiscard]] std::optional<ThreadUsage> parse_thread_usage(std::string_view status,
                                                            std::string_view stat, Duration tick);

}  // namespace aegis::executor
