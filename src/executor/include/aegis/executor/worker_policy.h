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
//   policy          choose it when                                  cost       ns at 16/256/4096
//   kEdf            deadlines decide; the default                   O(log n)   18 / 26 / 39
//   kRateMonotonic  all is periodic, and overload should hit the    O(log n)   12 / 25 / 41
//                   slow tasks first
//   kLeastLaxity    execution times differ much, and overload       O(log n)   16 / 26 / 39
//                   should not hit the long tasks first
//   kFixedPriority  importance decides, not time: 64 levels         O(1)       6 / 6 / 6
//   kFifo           the order of arrival decides, or there is       O(1)       3 / 3 / 3
//                   nothing else to go by; the baseline
//
// The last column is one pop and one push, making the key included, at so many ready tasks: medians
// of ready_set_benchmark.cc on a two-processor virtual machine of 2.6 GHz, where the standard
// library's heap takes 17 / 41 / 65. Whether admission can prove a group: see analysed_as().
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
//   least laxity          nothing. It is EDF with d - C in the place of d, so a set that EDF meets
//                         with deadlines D - C it meets with D; but EDF meets it with D as well,
//                         and whatever else least laxity meets (Jeffay et al. 1991), so use that
//
// A test knows declared tasks only, and each of the others must count as blocking: at most one that
// has started. That is so where they stand behind all declared ones: tasks without a deadline under
// EDF, without a period under rate monotonic, at higher levels under fixed priority. Under FIFO, or
// at a declared task's level or before it, an undeclared task voids the proof.
//
// Any thread, O(1).
[[nodiscard]] std::optional<theory::policy::Policy> analysed_as(WorkerPolicy policy);

}  // namespace aegis::executor
