// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "conformance/subject.h"

namespace aegis::context::conformance {

// One line of LoadedModel's contract as a test: what the subject does against it, or nothing when
// it keeps the line.
struct Line {
  std::string name;  // "line_4_cancel_from_another_thread_ends_a_running_segment"
  std::string (*violation)(const Subject& subject);
};

[[nodiscard]] const std::vector<Line>& contract();

}  // namespace aegis::context::conformance
