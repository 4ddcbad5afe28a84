// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "aegis/executor/scheduled_task.h"
#include "aegis/executor/task_handle.h"

namespace aegis::executor {

std::string_view to_string(Priority priority) noexcept {
  static constexpr std::array<std::string_view, kPriorities> kWords{"critical", "high", "normal",
                                                                    "low"};
  const auto index = static_cast<std::size_t>(priority);
  if (index >= kWords.size()) return "unknown";
  return kWords[index];
}

std::string_view to_string(TaskEnd end) noexcept {
  static constexpr std::array<std::string_view, 6> kWords{
      "completed", "threw", "cancelled", "skipped", "dependency_failed", "abandoned"};
  const auto index = static_cast<std::size_t>(end);
  if (index >= kWords.size()) return "unknown";
  return kWords[index];
}

}  // namespace aegis::executor
