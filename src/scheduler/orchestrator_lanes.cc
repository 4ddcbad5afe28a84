// SPDX-License-Identifier: Apache-2.0
//
// Orchestrator: proof, start, changes while the lanes run, and the end.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>
#include <utility>

#include "off_the_lanes.h"
#include "orchestrator_state.h"
#include "run_declarations.h"

namespace aegis::scheduler {

namespace {

// The proved bound to declare of a task; zero when there is none.
Duration bound_of(TaskId task, const Admission& admission) {
  if (!admission.admitted) return Duration::zero();
  for (const theory::TaskBound& bound : admission.analysis.tasks) {
    if (bound.task == task) return bound.response_time.value_or(Duration::zero());
  }
  return Duration::zero();
}

const char* outcome(const Admission& admission) {
  if (admission.admitted) return "accepted";
  return admission.analysis.verdict == theory::Verdict::kUnknown ? "undecided" : "refused";
}

}  // namespace

Admission Orchestrator::prove(const LaneState& lane, const std::vector<Model*>& models) const {
  std::vector<Candidate> candidates;
  for (const Model* model : models) candidates.push_back(model->candidate());
  for (const LaneState::Departed& departed : lane.departed) candidates.push_back(departed.task);
  return AdmissionController(lane.config.policy, lane.config.overheads).decide(candidates);
}

std::vector<Admission> Orchestrator::prove() const {
  std::vector<Admission> admissions;
  for (const auto& lane : lanes_) admissions.push_back(prove(*lane, models_on(*lane)));
  return admissions;
}

Result<std::vector<Admission>> Orchestrator::start(StartOptions options) {
  if (started_) return fail(wrong_time("the lanes run already"));
  std::vector<Admission> admissions = prove();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    declare_->decision(TaskId{}, "admit", outcome(admissions[i]), admissions[i].rationale);
  }
  const bool all_admitted = std::ranges::all_of(admissions, &Admission::admitted);
  if (!all_admitted && !options.without_proof) return admissions;
  started_ = true;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (Status started = start_lane(*lanes_[i], admissions[i]); !started) {
      return fail(started.error());
    }
  }
  return admissions;
}

Status Orchestrator::start_lane(LaneState& lane, const Admission& admission) {
  lane.config.admitted = admission.admitted;
  declare_->lane(lane.config, admission.admitted);
  auto made = executor::Lane::create(lane.config, lane.driver, clock_, recorder_);
  if (!made) return fail(made.error());
  lane.lane = std::move(*made);
  if (Status started = lane.lane->start(); !started) return started;
  std::vector<executor::LaneTask> tasks;
  for (Model* model : models_on(lane)) {
    model->declared_bound = bound_of(model->setup.timing.id, admission);
    announce(lane, *model, model->declared_bound);
    tasks.push_back(model->lane_task());
  }
  return tasks.empty() ? ok() : lane.lane->add_together(std::move(tasks));
}

void Orchestrator::announce(const LaneState& lane, const Model& model, Duration bound) const {
  declare_->task(model.setup.timing, lane.config.id, model.setup.backend, bound);
}

// Whose last busy period is over. The lane of an admitted set is idle soon: the longest busy period
// is shorter than the sum of a few periods. One that is not within the limit is overloaded, and
// what left it is charged on.
void Orchestrator::forget_departed(LaneState& lane) const {
  constexpr Duration kPatience = Duration::milliseconds(100);
  constexpr std::chrono::microseconds kLook{100};
  const TimePoint give_up = clock_.now() + kPatience;
  for (;;) {
    const std::uint64_t now = lane.lane->busy_changes();
    std::erase_if(lane.departed, [&](const LaneState::Departed& task) {
      return now % 2 == 0 || now != task.busy_changes;
    });
    if (lane.departed.empty() || clock_.now() >= give_up) return;
    std::this_thread::sleep_for(kLook);
  }
}

std::vector<int> Orchestrator::lane_cpus() const {
  std::vector<int> cpus;
  for (const auto& lane : lanes_) {
    if (lane->lane != nullptr && lane->config.cpu) cpus.push_back(*lane->config.cpu);
  }
  return cpus;
}

Result<Admission> Orchestrator::add(ModelSetup setup) {
  LaneState* lane = find_lane(setup.lane);
  if (lane == nullptr) return fail(not_found("the model's lane does not exist"));
  if (lane->lane == nullptr) return fail(wrong_time("the lanes do not run yet: use load()"));
  const OffTheLanes elsewhere(lane_cpus());
  auto newcomer = load_into_context(std::move(setup), *lane);
  if (!newcomer) return fail(newcomer.error());
  std::vector<Model*> together = models_on(*lane);
  together.push_back(newcomer->get());
  forget_departed(*lane);
  Admission admission = prove(*lane, together);
  declare_->decision((*newcomer)->setup.timing.id, "add", outcome(admission), admission.rationale);
  if (!admission.admitted) return admission;
  models_.push_back(std::move(*newcomer));
  if (Status in = let_in(*lane, *models_.back(), admission); !in) {
    models_.back()->removed = true;
    models_.back()->context.reset();
    return fail(in.error());
  }
  return admission;
}

Status Orchestrator::let_in(LaneState& lane, Model& newcomer, const Admission& admission) {
  const TaskId task = newcomer.setup.timing.id;
  if (Status added = lane.driver.add(task, *newcomer.context); !added) return added;
  // Bounds of the others may have grown with the newcomer: the trace knows before it can happen. A
  // trace keeps one bound of a task for all its jobs, so a declared one never shrinks.
  const std::vector<Model*> models = models_on(lane);
  const auto bound_with = [&](const Model& model) {
    return std::max(model.declared_bound, bound_of(model.setup.timing.id, admission));
  };
  for (const Model* model : models) announce(lane, *model, bound_with(*model));
  if (Status added = lane.lane->add(newcomer.lane_task()); !added) {
    for (const Model* model : models) announce(lane, *model, model->declared_bound);
    (void)lane.driver.remove(task);
    return added;
  }
  for (Model* model : models) model->declared_bound = bound_with(*model);
  return ok();
}

Status Orchestrator::remove(TaskId task) {
  Model* model = find(task);
  if (model == nullptr || model->removed) return fail(not_found("no such task"));
  LaneState& lane = *lanes_[model->setup.lane.value];
  if (lane.lane != nullptr) {
    if (Status removed = lane.lane->remove(task); !removed) return removed;
    lane.departed.push_back({model->candidate(), lane.lane->busy_changes()});
  }
  if (Status removed = lane.driver.remove(task); !removed) return removed;
  model->removed = true;
  const OffTheLanes elsewhere(lane_cpus());
  unplanned_of_removed_ += model->context->unplanned_allocations();
  model->context.reset();
  declare_->decision(task, "remove", "done", "the lane let go of it and its context is closed");
  return ok();
}

Result<Submitter> Orchestrator::submitter(TaskId task) const {
  const Model* model = find(task);
  if (model == nullptr || model->removed) return fail(not_found("no such task"));
  executor::Lane* lane = lanes_[model->setup.lane.value]->lane.get();
  if (lane == nullptr) return fail(wrong_time("the lanes do not run yet"));
  return Submitter(*lane, task);
}

executor::LatencyStats Orchestrator::latencies() const {
  executor::LatencyStats all{.taken = clock_.now(), .since = TimePoint::max(), .clock = "given"};
  for (const auto& lane : lanes_) {
    if (lane->lane == nullptr) continue;
    executor::LatencyStats of_lane = lane->lane->latencies();
    all.since = std::min(all.since, of_lane.since);
    std::ranges::move(of_lane.degraded, std::back_inserter(all.degraded));
    std::ranges::move(of_lane.workers, std::back_inserter(all.workers));
    std::ranges::move(of_lane.kinds, std::back_inserter(all.kinds));
  }
  all.since = std::min(all.since, all.taken);
  return all;
}

Status Orchestrator::drain(Duration within) {
  Status first = ok();
  declare_->decision(TaskId{}, "drain", "done", "asked to finish what has arrived and stop");
  for (const auto& lane : lanes_) {
    if (lane->lane == nullptr) continue;
    const Status drained = lane->lane->drain(within);
    if (first && !drained) first = drained;
  }
  return first;
}

Status Orchestrator::abort() {
  Status first = ok();
  for (const auto& lane : lanes_) {
    if (lane->lane == nullptr) continue;
    const Status aborted = lane->lane->abort();
    if (first && !aborted) first = aborted;
  }
  return first;
}

}  // namespace aegis::scheduler
