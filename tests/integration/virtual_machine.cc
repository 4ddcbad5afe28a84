// SPDX-License-Identifier: Apache-2.0
#include "virtual_machine.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "aegis/base/check.h"

namespace aegis::integration {

namespace {

constexpr Duration kLook = Duration::microseconds(500);

executor::LaneConfig configuration(theory::policy::Policy policy) {
  executor::LaneConfig config;
  config.policy = policy;
  config.admitted = true;
  config.samples_per_task = 16;
  return config;
}

}  // namespace

VirtualMachine::VirtualMachine(theory::policy::Policy policy) : config_(configuration(policy)) {}

Result<TaskId> VirtualMachine::load(Model model) {
  const TaskId id{static_cast<std::uint32_t>(models_.size())};
  model.task.id = id;
  backend_.script(model.task.name, model.script);
  auto context = context::ExecutionContext::create(
      ContextId{id.value}, backend_,
      {.name = model.task.name, .budget = {.compute_per_period = model.compute}}, arena_);
  if (!context) return fail(context.error());
  const Status added = contexts_.add(id, **context);
  check(added.has_value(), "the test's driver has room");
  models_.push_back({std::move(model), std::move(*context)});
  return id;
}

scheduler::Candidate VirtualMachine::candidate(const Loaded& loaded) const {
  return {.task = loaded.model.task, .budget = {.compute_allowed = loaded.model.compute}};
}

executor::LaneTask VirtualMachine::lane_task(const Loaded& loaded) const {
  executor::LaneTask task;
  task.model = loaded.model.task;
  task.model.offset = loaded.model.first_arrival;
  task.limits = scheduler::segment_limits(loaded.model.task, loaded.model.compute);
  return task;
}

void VirtualMachine::declare(const Loaded& loaded) {
  const theory::Task& task = loaded.model.task;
  std::vector<Duration> wcets;
  for (const theory::Segment& segment : task.segments) wcets.push_back(segment.wcet);
  recorder_.declare(trace::TaskDeclaration{.id = task.id,
                                           .lane = config_.id,
                                           .name = task.name,
                                           .period = task.period,
                                           .deadline = task.deadline.value,
                                           .segment_wcets = wcets,
                                           .response_bound = loaded.bound});
}

void VirtualMachine::start() {
  std::vector<scheduler::Candidate> candidates;
  for (const Loaded& loaded : models_) candidates.push_back(candidate(loaded));
  const scheduler::Admission admission =
      scheduler::AdmissionController(config_.policy, config_.overheads).decide(candidates);
  check(admission.admitted, "the test's set is admitted");
  recorder_.declare(
      trace::LaneDeclaration{.id = config_.id,
                             .name = config_.name,
                             .policy = std::string(theory::policy::to_string(config_.policy)),
                             .admitted = true,
                             .lost_supply = config_.lost_supply});
  core_ = std::make_unique<executor::LaneCore>(
      config_, driver_, clock_,
      executor::LaneInstruments{.recorder = &recorder_, .writer = recorder_.add_thread("lane")});
  core_->open(false);
  std::vector<executor::TaskState*> states;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    Loaded& loaded = models_[i];
    loaded.bound = admission.analysis.tasks[i].response_time.value_or(Duration::zero());
    declare(loaded);
    loaded.state = std::make_unique<executor::TaskState>(lane_task(loaded), std::size_t{16});
    states.push_back(loaded.state.get());
  }
  const Status added = core_->add(states);
  check(added.has_value(), "the test's set has room");
}

// While a device computes, the lane polls and the machine's time goes on by itself.
void VirtualMachine::run_for(Duration duration) {
  const TimePoint end = clock_.now() + duration;
  while (clock_.now() < end) {
    const executor::LaneStep step = core_->step();
    if (step.kind == executor::LaneStep::Kind::kIdle) clock_.set(std::min(step.wake_up, end));
    if (step.kind == executor::LaneStep::Kind::kRunning) clock_.advance(kLook);
    recorder_.drain(collector_);
  }
}

bool VirtualMachine::hangs_here(JobId job, std::uint32_t segment) const {
  const context::MockScript& script = models_[job.task.value].model.script;
  return script.polls == 0 && std::ranges::any_of(script.faults, [&](const auto& fault) {
           return fault.what == context::MockFault::What::kHang && fault.segment == segment &&
                  fault.job.value_or(job.sequence) == job.sequence;
         });
}

// Until its first cancel the watchdog moves the clock; the model does only once it obeys one.
Status VirtualMachine::WatchedDriver::start_segment(JobId job, std::uint32_t segment,
                                                    std::uint64_t token) noexcept {
  if (!machine_.hangs_here(job, segment)) {
    return machine_.contexts_.start_segment(job, segment, token);
  }
  const std::jthread watchdog([this](const std::stop_token& over) {
    executor::SegmentWatch& watch = machine_.core_->watch();
    ManualClock& clock = machine_.clock_;
    while (!watch.cancel_if_overdue(clock.now(), *this)) clock.advance(kLook);
    while (!over.stop_requested()) {  // the first may have come before the segment
      watch.cancel_if_overdue(clock.now(), *this);
      std::this_thread::yield();
    }
  });
  return machine_.contexts_.start_segment(job, segment, token);
}

const context::ExecutionContext& VirtualMachine::context(TaskId task) const {
  return *models_.at(task.value).context;
}
const executor::TaskState& VirtualMachine::state(TaskId task) const {
  return *models_.at(task.value).state;
}
Duration VirtualMachine::bound(TaskId task) const {
  return models_.at(task.value).bound;
}

trace::Trace VirtualMachine::trace() {
  recorder_.drain(collector_);
  return collector_.take();
}

}  // namespace aegis::integration
