// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "aegis/base/time.h"

namespace aegis::executor {

// Why a job missed its deadline, in one word. In the order in which diagnose() asks, from what
// happened to the machine to what only follows from something else.
enum class MissCause : std::uint8_t {
  kSkipped,       // the overload rule turned the job away, or it was still queued when dropped
  kLostSupply,    // the machine took the processor: a gap in the TSC, stolen time
  kPreempted,     // the kernel gave the processor to another thread: involuntary switches
  kPageFault,     // the kernel had to find memory first
  kLateRelease,   // timer or wake-up beyond its declared bound
  kOverrun,       // the task, or one before it in the busy period, exceeded its declared WCET
  kBlocking,      // a job without declared WCET, or lower priority longer than declared, held on
  kOverload,      // queued behind others, and nobody had proved that all would fit
  kUnattributed,  // proven, and nothing was seen: a gap in the monitor, or a bug
};
inline constexpr std::size_t kMissCauseCount = 9;

// The words of reports, labels and JSON: "lost_supply". "unknown" beyond the last.
// Real-time: a constant table.
[[nodiscard]] std::string_view to_string(MissCause cause) noexcept;

// What was seen in the busy period of a job that missed, up to its end. Lengths below zero count as
// zero, so that a caller may pass plain differences.
struct MissEvidence {
  Duration tardiness = {};  // completion - deadline
  // The job never ran.
  bool skipped = false;
  // A schedulability test had shown that the set fits.
  bool proven = false;

  // Time in gaps: the worker did not have its processor, whoever had it.
  Duration lost = {};
  // Of `lost`, what the hypervisor owns up to.
  Duration stolen = {};
  // Of the worker's thread (ThreadUsage), in the same busy period.
  std::uint64_t involuntary_switches = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;

  Duration late_release = {};     // timer or wake-up, beyond its declared bound
  Duration overrun_excess = {};   // executions beyond their declared WCETs, in sum, `lost` excluded
  Duration blocking_excess = {};  // by lower priority or undeclared work, beyond what was declared
  Duration queueing = {};         // arrival to start
};

// Whose time `lost` was beyond what is stolen: with involuntary switches the kernel's other
// threads'; else with a major fault, or minor ones that suffice at kMinorFaultMost each, the page
// faults'; else the machine's. A gap and a counter are all that is seen, so this is inference.
//
// Then, in the order of MissCause, the first cause that alone is at least the tardiness: without
// it the job would have been in time. Early causes are asked first because they pass for later
// ones: a stolen processor makes a timer late, an execution long and a queue form, never the other
// way round. If none is large enough, the largest contributor, of equals the earlier; queueing
// contributes only where nothing is proven, since in a proven set it follows from something else.
// If nothing contributed at all: kUnattributed in a proven set, else kOverload.
//
//   tardiness 2 ms, lost 3 ms, overrun 5 ms, proven   -> kLostSupply (enough, and asked first)
//   tardiness 2 ms, lost 1 ms, overrun 5 ms, proven   -> kOverrun (the first that is enough)
//   tardiness 9 ms, lost 1 ms, overrun 5 ms, proven   -> kOverrun (the largest)
//   tardiness 2 ms, queueing 40 ms, proven            -> kUnattributed
//   tardiness 2 ms, queueing 40 ms, not proven        -> kOverload
//
// Pure. Real-time: O(1), neither allocates nor locks.
[[nodiscard]] MissCause diagnose(const MissEvidence& evidence) noexcept;

// The longest a minor fault takes: 1.7 to 8.8 µs were measured on a virtual machine. Too small
// would blame the machine for a fault.
inline constexpr Duration kMinorFaultMost = Duration::microseconds(10);

}  // namespace aegis::executor
