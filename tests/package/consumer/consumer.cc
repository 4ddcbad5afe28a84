// SPDX-License-Identifier: Apache-2.0
//
// The running example through the installed headers: A and B are admitted, A, B and C are not.

#include <cstdio>

#include "aegis/base/time.h"
#include "aegis/scheduler/admission_controller.h"
#include "aegis/theory/task.h"

using namespace aegis::time_literals;

namespace {

aegis::scheduler::Candidate candidate(std::uint32_t id, const char* name, aegis::Duration wcet,
                                      aegis::Duration period, aegis::Duration deadline) {
  aegis::theory::Task task;
  task.id = aegis::TaskId{id};
  task.name = name;
  task.segments = {{.wcet = wcet, .bcet = {}}};
  task.period = period;
  task.deadline = {deadline};
  return {.task = task, .budget = {}};
}

}  // namespace

int main() {
  const aegis::scheduler::AdmissionController controller(aegis::theory::policy::Policy::kEdf, {});
  const auto a = candidate(0, "A", 20_ms, 100_ms, 50_ms);
  const auto b = candidate(1, "B", 15_ms, 80_ms, 40_ms);
  const auto c = candidate(2, "C", 30_ms, 200_ms, 100_ms);
  const bool right = controller.decide({a, b}).admitted && !controller.decide({a, b, c}).admitted;
  std::puts(right ? "consumer: right" : "consumer: wrong");
  return right ? 0 : 1;
}
