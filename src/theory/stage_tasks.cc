// SPDX-License-Identifier: Apache-2.0
#include "stage_tasks.h"

#include <algorithm>
#include <limits>

namespace aegis::theory {
namespace {

using policy::Policy;

aegis::Failure<Error> refused(const Task& chain, const char* problem,
                              ErrorCode code = ErrorCode::kInvalidArgument) {
  return fail(Error::permanent(code, problem).with_detail(chain.name));
}

aegis::Failure<Error> refused(const Resource& resource, const char* problem,
                              ErrorCode code = ErrorCode::kInvalidArgument) {
  return fail(Error::permanent(code, problem).with_detail(resource.name));
}

Status validate(const Resources& resources) {
  if (resources.empty()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "there is no resource"));
  }
  for (const Resource& resource : resources) {
    const auto [release, dispatch, completion, clock_error] = resource.options.overheads;
    if (std::min({release, dispatch, completion, clock_error}) < Duration::zero()) {
      return refused(resource, "an overhead of a resource is negative");
    }
    if (resource.options.policy == Policy::kFifo) {
      return refused(resource, "a resource that serves stages of chains cannot be FIFO",
                     ErrorCode::kUnsupported);
    }
  }
  return ok();
}

const char* problem_of_place(const StagePlace& place, const Stage& stage,
                             const Resources& resources) {
  if (place.resource.value >= resources.size())
    return "a stage is on a resource that does not exist";
  if (resources[place.resource.value].kind != stage.kind) {
    return stage.kind == StageKind::kHost ? "a host stage is on a lane"
                                          : "a lane stage is on a host CPU";
  }
  if (place.deadline && place.deadline->value <= Duration::zero()) {
    return "a stage's deadline is not positive";
  }
  return nullptr;
}

Status validate(const Chain& chain, const Resources& resources) {
  const auto& stages = chain.task.stages;
  if (stages.empty()) return refused(chain.task, "a chain has no stages");
  if (chain.places.size() != stages.size()) {
    return refused(chain.task, "a chain has not one place for each of its stages");
  }
  for (std::size_t s = 0; s < stages.size(); ++s) {
    if (const char* problem = problem_of_place(chain.places[s], stages[s], resources)) {
      return refused(chain.task, problem);
    }
  }
  return ok();
}

// Whether all stages' WCETs together stay within the limit, so that no path overflows.
Status validate_sum(const Chains& chains) {
  std::optional<Duration> sum = Duration::zero();
  for (const Chain& chain : chains) {
    for (const Stage& stage : chain.task.stages) {
      for (const Segment& segment : stage.segments) {
        sum = Duration::checked_add(*sum, segment.wcet);
        if (!sum || *sum > kLargestSum) {
          return refused(chain.task, "the WCETs of the stages sum to over 36 years",
                         ErrorCode::kOutOfRange);
        }
      }
    }
  }
  return ok();
}

Status validate(const Chains& chains, const Resources& resources) {
  if (chains.empty()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "there is no chain"));
  }
  if (auto valid = validate(resources); !valid) return valid;
  TaskSet tasks;
  for (const Chain& chain : chains) tasks.push_back(chain.task);
  if (auto valid = theory::validate(tasks); !valid) return valid;
  for (const Chain& chain : chains) {
    if (auto valid = validate(chain, resources); !valid) return valid;
  }
  return validate_sum(chains);
}

Duration sum_of(const Stage& stage, Duration Segment::* of) {
  Duration sum;
  for (const Segment& segment : stage.segments) sum += segment.*of;
  return sum;
}

// The longest path of WCETs that follows each stage.
std::vector<Duration> tails(const std::vector<Stage>& stages) {
  std::vector<Duration> tail(stages.size());
  for (std::size_t s = stages.size(); s-- > 0;) {
    const Duration with_this = tail[s] + sum_of(stages[s], &Segment::wcet);
    for (const std::uint32_t p : stages[s].predecessors) tail[p] = std::max(tail[p], with_this);
  }
  return tail;
}

// What orders the stage's jobs where the policy goes by priorities.
Priority priority_of(const StagePlace& place, RelativeDeadline deadline, Policy policy) {
  if (policy == Policy::kDeadlineMonotonic) return {deadline.value.ns()};
  return place.priority;
}

// Builds the stages of one chain, in their order.
class Builder {
 public:
  Builder(const Chains& chains, const Resources& resources)
      : chains_(chains), resources_(resources) {}

  Status add(std::size_t c) {
    first_ = stages_.size();
    const Chain& chain = chains_[c];
    const auto tail = tails(chain.task.stages);
    for (std::size_t s = 0; s < tail.size(); ++s) {
      StageTask stage = begin(chain, s, c);
      const Duration wcet = stage.longest_path - path_before(stage);
      const Duration derived =
          std::max(chain.task.deadline.value - tail[s], stage.earliest_arrival + wcet);
      stage.deadline = chain.places[s].deadline.value_or(RelativeDeadline{derived});
      if (stage.deadline.value <= stage.earliest_arrival) {
        return refused(chain.task, "a stage's deadline is not after its earliest arrival");
      }
      stage.task = task_of(chain, s, stage);
      stages_.push_back(std::move(stage));
    }
    return ok();
  }

  StageTasks take() && { return std::move(stages_); }

 private:
  [[nodiscard]] StageTask begin(const Chain& chain, std::size_t s, std::size_t c) const {
    StageTask stage{.chain = c, .resource = chain.places[s].resource.value};
    for (const std::uint32_t p : chain.task.stages[s].predecessors) {
      const StageTask& before = stages_[first_ + p];
      const Duration least = sum_of(chain.task.stages[p], &Segment::bcet);
      stage.predecessors.push_back(first_ + p);
      stage.earliest_arrival = std::max(stage.earliest_arrival, before.earliest_arrival + least);
    }
    stage.longest_path = path_before(stage) + sum_of(chain.task.stages[s], &Segment::wcet);
    stage.response = stage.earliest_arrival;
    if (stage.predecessors.empty()) stage.response = chain.task.release_jitter;
    return stage;
  }

  [[nodiscard]] Duration path_before(const StageTask& stage) const {
    Duration longest;
    for (const std::size_t p : stage.predecessors) {
      longest = std::max(longest, stages_[p].longest_path);
    }
    return longest;
  }

  [[nodiscard]] Task task_of(const Chain& chain, std::size_t s, const StageTask& stage) const {
    const bool is_first = stage.predecessors.empty();
    return {.id = TaskId{static_cast<std::uint32_t>(stages_.size())},
            .name = chain.task.name + "." + chain.task.stages[s].name,
            .segments = chain.task.stages[s].segments,
            .period = chain.task.period,
            .deadline = {stage.deadline.value - stage.earliest_arrival},
            .release_jitter = is_first ? chain.task.release_jitter : Duration::zero(),
            .offset = {},
            .priority = priority_of(chain.places[s], stage.deadline,
                                    resources_[stage.resource].options.policy),
            .overload = {OverloadRule::kQueue, std::numeric_limits<std::uint32_t>::max()},
            .batch = chain.task.batch,
            .stages = {}};
  }

  const Chains& chains_;
  const Resources& resources_;
  StageTasks stages_;
  std::size_t first_ = 0;  // index of the chain's first stage
};

// Whether each resource's set, overheads charged, is one the analyses are defined for. A deadline
// that the clock error swallows is not looked at: it is the analysis' to refuse.
Status validate_sets(const StageTasks& stages, const Resources& resources) {
  constexpr const char* kTooLarge = "the numbers of a resource's stages sum to over 36 years";
  for (std::size_t r = 0; r < resources.size(); ++r) {
    const TaskSet tasks = tasks_of(stages, r);
    if (tasks.empty()) continue;
    AnalysisOptions options = resources[r].options;
    options.overheads.clock_error = Duration::zero();
    const auto charged = charged_for(tasks, options);
    if (!theory::validate(tasks) || !charged || !theory::validate(*charged)) {
      return refused(resources[r], kTooLarge, ErrorCode::kOutOfRange);
    }
  }
  return ok();
}

}  // namespace

Result<StageTasks> stage_tasks(const Chains& chains, const Resources& resources) {
  if (auto valid = validate(chains, resources); !valid) return fail(valid.error());
  Builder builder(chains, resources);
  for (std::size_t c = 0; c < chains.size(); ++c) {
    if (auto added = builder.add(c); !added) return fail(added.error());
  }
  StageTasks stages = std::move(builder).take();
  if (auto valid = validate_sets(stages, resources); !valid) return fail(valid.error());
  return stages;
}

TaskSet tasks_of(const StageTasks& stages, std::size_t resource) {
  TaskSet tasks;
  for (const StageTask& stage : stages) {
    if (stage.resource == resource) tasks.push_back(stage.task);
  }
  return tasks;
}

AnalysisOptions options_for_stages(AnalysisOptions options) {
  if (options.policy == Policy::kDeadlineMonotonic) options.policy = Policy::kStaticPriority;
  return options;
}

}  // namespace aegis::theory
