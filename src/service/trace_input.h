// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "aegis/service/problem.h"
#include "aegis/trace/trace.h"

namespace aegis::service {

// The trace, or one line that names the file.
[[nodiscard]] Outcome<trace::Trace> read_trace_input(const std::filesystem::path& file);

}  // namespace aegis::service
