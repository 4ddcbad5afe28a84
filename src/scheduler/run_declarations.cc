// SPDX-License-Identifier: Apache-2.0
#include "run_declarations.h"

#include <utility>

namespace aegis::scheduler {

std::string to_string(const theory::Overload& overload) {
  switch (overload.rule) {
    case theory::OverloadRule::kReject:
      return "reject";
    case theory::OverloadRule::kSkip:
      return "skip";
    case theory::OverloadRule::kQueue:
      return "queue(" + std::to_string(overload.queue_depth) + ")";
  }
  return "unknown";
}

void RunDeclarations::lane(const executor::LaneConfig& config, bool admitted) const {
  if (recorder_ == nullptr) return;
  recorder_->declare(
      trace::LaneDeclaration{.id = config.id,
                             .name = config.name,
                             .device = config.device,
                             .cpu = config.cpu.value_or(-1),
                             .policy = std::string(theory::policy::to_string(config.policy)),
                             .admitted = admitted,
                             .release_overhead = config.overheads.release,
                             .dispatch_overhead = config.overheads.dispatch,
                             .completion_overhead = config.overheads.completion,
                             .lost_supply = config.lost_supply,
                             .clock_error = config.overheads.clock_error});
}

void RunDeclarations::task(const theory::Task& task, LaneId lane, const std::string& backend,
                           Duration bound) const {
  if (recorder_ == nullptr) return;
  trace::TaskDeclaration declaration{.id = task.id,
                                     .lane = lane,
                                     .name = task.name,
                                     .backend = backend,
                                     .period = task.period,
                                     .deadline = task.deadline.value,
                                     .release_jitter = task.release_jitter,
                                     .priority = task.priority.value,
                                     .overload = to_string(task.overload),
                                     .segment_wcets = {},
                                     .response_bound = bound,
                                     .batch = task.batch};
  for (const theory::Segment& segment : task.segments) {
    declaration.segment_wcets.push_back(segment.wcet);
  }
  recorder_->declare(std::move(declaration));
}

void RunDeclarations::decision(TaskId task, std::string kind, std::string outcome,
                               std::string rationale) const {
  if (recorder_ == nullptr) return;
  recorder_->declare(trace::DecisionDeclaration{.time_ns = clock_.now().ns(),
                                                .task = task,
                                                .kind = std::move(kind),
                                                .outcome = std::move(outcome),
                                                .rationale = std::move(rationale)});
}

}  // namespace aegis::scheduler
