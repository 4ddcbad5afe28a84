// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/alert.h"

#include <algorithm>

namespace aegis::executor {
namespace {

// A byte of UTF-8 that continues a character.
bool continues(char byte) noexcept {
  constexpr unsigned kTopTwoBits = 0xC0;
  constexpr unsigned kContinuation = 0x80;
  return (static_cast<unsigned char>(byte) & kTopTwoBits) == kContinuation;
}

}  // namespace

std::string_view to_string(AlertKind kind) noexcept {
  static constexpr std::array<std::string_view, kAlertKindCount> kWords = {
      "latency_budget", "deadline_miss", "overrun",    "hung_task",     "lost_supply",
      "clock_fallback", "degraded",      "task_threw", "alerts_dropped"};
  const auto index = static_cast<std::size_t>(kind);
  if (index >= kWords.size()) return "unknown";
  return kWords[index];
}

void Alert::set_task(std::string_view name) noexcept {
  std::size_t length = std::min(name.size(), kNameCapacity);
  if (length < name.size()) {
    while (length > 0 && continues(name[length])) --length;
  }
  task.fill('\0');
  std::copy_n(name.begin(), length, task.begin());
}

}  // namespace aegis::executor
