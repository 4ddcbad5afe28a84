// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "aegis/base/time.h"
#include "aegis/service/diagnostic.h"
#include "aegis/theory/task.h"

namespace aegis::service {

// A task set as researchers exchange it: a header line, then one task a line.
//
//   Task, T, D, BCET, WCET, Jitter
//   A, 100, 50, 0, 20, 0
//   B, 80, 40, 0, 15, 0
//
// Columns stand in any order; BCET and Jitter may be left out (zero). `Priority` (a whole number,
// smaller is more important) sets the static priority, otherwise the order of the lines does.
// `Segments` splits the WCET ("10+10+10", which must add up to it; empty: one segment); of a task's
// BCET each segment keeps what the others cannot contain, max(0, BCET - (WCET - its WCET)).
//
// Times are decimal numbers in `unit` (> 0, at most 100 days), without sign, exponent or unit of
// their own, and are read exactly: a fraction of a nanosecond is refused. Names are any text
// without a comma, unique. Spaces around cells, empty lines, a byte-order mark and CRLF are
// allowed. Limits: 16 MiB, 10,000 tasks, 64 KiB a line, times up to 100 days, all of them together
// up to theory::kLargestSum (36 years): what is beyond is an error here, never a verdict. The first
// problem is returned, with its line. A set that was read passes theory::validate.
//
// No error, since the analyses have an answer to it: a deadline below the WCET; periods without a
// common multiple in 64 bits (no analysis needs one); a jitter beyond the deadline or the period. A
// jitter or a deadline beyond the period lets several jobs of a task wait, in the order of their
// arrivals: as in the papers, none is ever dropped (a workload's tasks have overload rules).
[[nodiscard]] Parsed<theory::TaskSet> load_task_csv(const std::filesystem::path& file,
                                                    Duration unit);
// The same from memory; `file` names it in diagnostics.
[[nodiscard]] Parsed<theory::TaskSet> parse_task_csv(std::string_view text,
                                                     const std::filesystem::path& file,
                                                     Duration unit);

}  // namespace aegis::service
