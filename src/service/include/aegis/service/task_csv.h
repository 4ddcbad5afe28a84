// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "aegis/base/time.h"
#include "aegis/service/diagnostic.h"
#include "aegis/theory/task.h"

namespace aegis::service {

// A task set as researchers exchange it: a header line `Task,T,D,BCET,WCET,Jitter` (any order, BCET
// and Jitter optional, spaces allowed) and one task a line; integer or decimal numbers in `unit`.
// Task names may be any text without a comma. Priorities for static priority are the file's order
// unless a column `Priority` is given; a column `Segments` may split the WCET ("10+10+10").
[[nodiscard]] Parsed<theory::TaskSet> load_task_csv(const std::filesystem::path& file,
                                                    Duration unit);
[[nodiscard]] Parsed<theory::TaskSet> parse_task_csv(std::string_view text,
                                                     const std::filesystem::path& file,
                                                     Duration unit);

}  // namespace aegis::service
