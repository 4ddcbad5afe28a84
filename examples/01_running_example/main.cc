// SPDX-License-Identifier: Apache-2.0
//
// Three tasks share one lane on which a started segment cannot be interrupted (milliseconds):
//
//   A  20 of every 100, due after 50      B  15 of every 80, due after 40      C  30 of every 200,
//   due after 100
//
// Together they use barely more than half of the lane. Do they keep their deadlines?

#include <cstdio>
#include <string>

#include "aegis/base/duration_text.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"

using namespace aegis::time_literals;
using aegis::Duration;
using aegis::theory::Task;
using aegis::theory::TaskSet;

namespace {

Task task(std::uint32_t id, const char* name, const std::vector<Duration>& segments,
          Duration period, Duration deadline) {
  Task made;
  made.id = aegis::TaskId{id};
  made.name = name;
  for (const Duration wcet : segments) made.segments.push_back({.wcet = wcet, .bcet = {}});
  made.period = period;
  made.deadline = {deadline};
  return made;
}

void ask(const char* question, const TaskSet& tasks) {
  const auto analysis = aegis::theory::analyse(tasks, {});  // non-preemptive EDF, no overheads
  std::printf("%s\n  %s: %s\n", question,
              std::string(aegis::theory::to_string(analysis.verdict)).c_str(),
              analysis.reason.c_str());
  for (const auto& bound : analysis.tasks) {
    std::printf("  %s responds within %s\n", tasks[bound.task.value].name.c_str(),
                aegis::format_duration(bound.response_time.value_or(Duration::max())).c_str());
  }
}

}  // namespace

int main() {
  const Task a = task(0, "A", {20_ms}, 100_ms, 50_ms);
  const Task b = task(1, "B", {15_ms}, 80_ms, 40_ms);
  const Task c = task(2, "C", {30_ms}, 200_ms, 100_ms);
  const Task c_in_two = task(2, "C", {15_ms, 15_ms}, 200_ms, 100_ms);

  ask("A and B?", {a, b});
  ask("A, B and C?", {a, b, c});
  ask("A, B, and C cut in two?", {a, b, c_in_two});
}
