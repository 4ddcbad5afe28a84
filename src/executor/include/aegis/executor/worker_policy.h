// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "aegis/theory/policy/ordering.h"

namespace aegis::executor {

// In which order the workers of one group run the tasks that are ready. Every policy is
// work-conserving, chooses only between tasks (a started one runs to its end) and serves equals in
// the order in which the worker took them.
//
//   policy          choose it when                             pick one of n   16 / 256 / 4096
//   kEdf            deadlines decide; the default              O(log n)        22 / 39 / 62 ns
//   kRateMonotonic  everything is periodic, and overload       O(log n)        as EDF
//                   should hit the slow tasks first
//   kLeastLaxity    execution times differ much, and a long    O(log n)        as EDF
//                   task must not wait for a short one
//   kFixedPriority  importance decides, not time: 64 levels    O(1)            3 / 3 / 3 ns
//   kFifo           order of arrival decides, or there is      O(1)            1 / 1 / 2 ns
//                   nothing else to go by; the baseline
//
// The last column is one pop and one push at that many ready tasks: ready_set_benchmark.cc, on a
// two-processor virtual machine. Whether admission can prove a group: see analysed_as().
enum class WorkerPolicy : std::uint8_t {
  kEdf,            // earliest absolute deadline; tasks without one last
  kRateMonotonic,  // shortest period; tasks without one last
  kLeastLaxity,    // least spare time before the latest start; tasks without a deadline last
  kFixedPriority,  // lowest level of 0..63
  kFifo            // as taken
};

// "edf", "rm", "llf", "fp", "fifo"; "invalid" for a value that is none of them. Any thread.
[[nodiscard]] std::string_view to_string(WorkerPolicy policy);

// The policy of that name, exactly as to_string() writes it; nothing when there is none. Any
// thread.
[[nodiscard]] std::optional<WorkerPolicy> worker_policy_from(std::string_view name);

// The policy by which `theory` judges a group of such workers; nothing where it has no test, so
// that admission must refuse to promise anything. What a worker does is what the test assumes:
//
//   EDF, rate monotonic   ties count against every task in the tests, so FIFO among equals is safe
//   fixed priority        as static priority, with the level as the priority; equal levels are ties
//   FIFO                  in the order in which the worker took the tasks: what passes between
//                         arrival and taking is release jitter, as under every policy
//   least laxity          nothing: the non-preemptive tests in `theory` know no order by d - C
//
// Any thread, O(1).
[[nodiscard]] std::optional<theory::policy::Policy> analysed_as(WorkerPolicy policy);

}  // namespace aegis::executor
