// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/orchestrator.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "aegis/base/check.h"
#include "aegis/context/context_driver.h"
#include "aegis/context/execution_context.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/scheduler/machine_identity.h"
#include "aegis/scheduler/model_content.h"

#include "run_declarations.h"

namespace aegis::scheduler {

struct Orchestrator::Model {
  ModelSetup setup;
  std::string backend_version;
  std::unique_ptr<context::ExecutionContext> context;
  bool removed = false;

  // The task as its lane takes it.
  [[nodiscard]] executor::LaneTask lane_task() const {
    return {.model = setup.timing,
            .periodic = setup.periodic,
            .binding = {.stream = StreamId{0},
                        .context = context->id(),
                        .arena_offset_bytes = 0,
                        .arena_size_bytes = static_cast<std::int64_t>(context->needed_bytes())},
            .on_job_end = setup.on_job_end};
  }
};

struct Orchestrator::LaneState {
  explicit LaneState(executor::LaneConfig lane_config)
      : config(std::move(lane_config)), driver(config.max_tasks) {}
  executor::LaneConfig config;
  context::ContextDriver driver;
  std::unique_ptr<executor::Lane> lane;  // from start() on; ends before its driver
};

namespace {

Error not_found(const char* what) {
  return Error::permanent(ErrorCode::kNotFound, what);
}

Error wrong_time(const char* what) {
  return Error::permanent(ErrorCode::kFailedPrecondition, what);
}

std::int64_t unix_seconds() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
}

// The proved bound to declare of a task; zero when there is none.
Duration bound_of(TaskId task, const Admission& admission) {
  if (!admission.admitted) return Duration::zero();
  for (const theory::TaskBound& bound : admission.analysis.tasks) {
    if (bound.task == task) return bound.response_time.value_or(Duration::zero());
  }
  return Duration::zero();
}

const char* outcome(const Admission& admission) {
  return admission.admitted ? "accepted" : "refused";
}

// Whether a thread set up as this lane's would get its real-time class: asked of the kernel, not
// guessed.
bool real_time_granted(const executor::LaneConfig& lane) {
  if (!lane.fifo_priority) return false;
  auto thread = executor::RealTimeThread::start({.name = "aegis-probe",
                                                 .cpu = lane.cpu,
                                                 .avoid_cpu = std::nullopt,
                                                 .fifo_priority = lane.fifo_priority},
                                                [](const executor::ThreadGrant&) {});
  return thread && thread->grant().real_time;
}

}  // namespace

Result<std::unique_ptr<Orchestrator>> Orchestrator::create(OrchestratorConfig config,
                                                           const context::BackendRegistry& backends,
                                                           const Clock& clock,
                                                           trace::Recorder* recorder) {
  std::unique_ptr<Orchestrator> made(
      new Orchestrator(std::move(config), backends, clock, recorder));
  if (Status lanes = made->make_lanes(); !lanes) return fail(lanes.error());
  return made;
}

Orchestrator::Orchestrator(OrchestratorConfig config, const context::BackendRegistry& backends,
                           const Clock& clock, trace::Recorder* recorder)
    : config_(std::move(config)),
      registry_(backends),
      clock_(clock),
      recorder_(recorder),
      declare_(std::make_unique<RunDeclarations>(recorder, clock)) {}

Orchestrator::~Orchestrator() = default;

Status Orchestrator::make_lanes() {
  if (config_.lanes.empty()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "there must be at least one lane"));
  }
  for (const executor::LaneConfig& lane : config_.lanes) {
    if (lane.id != LaneId{static_cast<std::uint32_t>(lanes_.size())}) {
      return fail(Error::permanent(ErrorCode::kInvalidArgument, "lane ids count from 0 in order"));
    }
    lanes_.push_back(std::make_unique<LaneState>(lane));
  }
  return ok();
}

// --- models
// ---------------------------------------------------------------------------------------

Result<context::RuntimeBackend*> Orchestrator::backend(const std::string& name) {
  if (const auto known = backends_.find(name); known != backends_.end()) {
    return known->second.get();
  }
  const auto options = config_.backend_options.find(name);
  auto made = registry_.create(
      name, options == config_.backend_options.end() ? context::Options{} : options->second);
  if (!made) return fail(made.error());
  return backends_.emplace(name, std::move(*made)).first->second.get();
}

Result<std::unique_ptr<Orchestrator::Model>> Orchestrator::load_into_context(ModelSetup setup) {
  const Result<context::RuntimeBackend*> runtime = backend(setup.backend);
  if (!runtime) return fail(runtime.error());
  const auto id = static_cast<std::uint32_t>(models_.size());
  auto context = context::ExecutionContext::create(ContextId{id}, **runtime, setup.load);
  if (!context) return fail(context.error());
  (*context)->fill_inputs(config_.input_seed + id);
  setup.timing.id = TaskId{id};
  if (setup.timing.name.empty()) setup.timing.name = setup.load.name;
  return std::make_unique<Model>(
      Model{std::move(setup), (*runtime)->version(), std::move(*context), false});
}

Result<TaskId> Orchestrator::load(ModelSetup setup) {
  LaneState* lane = find_lane(setup.lane);
  if (lane == nullptr) return fail(not_found("the model's lane does not exist"));
  auto model = load_into_context(std::move(setup));
  if (!model) return fail(model.error());
  const TaskId task = (*model)->setup.timing.id;
  if (Status added = lane->driver.add(task, *(*model)->context); !added) return fail(added.error());
  models_.push_back(std::move(*model));
  declare_->decision(task, "register", "accepted",
                     "loaded " + models_.back()->setup.load.name + " by " +
                         models_.back()->setup.backend + " " + models_.back()->backend_version);
  return task;
}

Result<ProfileIdentity> Orchestrator::identity(TaskId task) const {
  const Model* model = find(task);
  if (model == nullptr) return fail(not_found("no such task"));
  Result<std::string> content = content_hash(model->setup.load);
  if (!content) return fail(content.error());
  const executor::LaneConfig& lane = lanes_[model->setup.lane.value]->config;
  const MachineIdentity machine = identify_machine(lane.cpu.value_or(0));
  return ProfileIdentity{.model = model->setup.load.name,
                         .content = std::move(*content),
                         .backend = model->setup.backend,
                         .backend_version = model->backend_version,
                         .batch = model->setup.timing.batch,
                         .cpu_model = machine.cpu_model,
                         .kernel = machine.kernel,
                         .governor = machine.governor,
                         .real_time = real_time_granted(lane)};
}

const context::ModelDescription& Orchestrator::description(TaskId task) const {
  const Model* model = find(task);
  check(model != nullptr, "description() is asked of a loaded task");
  return model->context->model();
}

Status Orchestrator::set_segments(TaskId task, std::vector<theory::Segment> segments) {
  Model* model = find(task);
  if (model == nullptr) return fail(not_found("no such task"));
  const std::size_t expected = model->context->model().segment_count;
  if (segments.size() != expected) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "one WCET for each segment is needed")
                    .with_detail(model->setup.load.name + " has " + std::to_string(expected) +
                                 ", got " + std::to_string(segments.size())));
  }
  model->setup.timing.segments = std::move(segments);
  return ok();
}

Result<std::vector<ModelProfile>> Orchestrator::measure(const ProfilerOptions& options) {
  if (started_) return fail(wrong_time("models are measured before the lanes start"));
  const ThreadCpuClock cpu_clock;
  std::vector<ModelProfile> profiles;
  for (const auto& lane : lanes_) {
    std::vector<ProfiledTask> tasks;
    for (const Model* model : models_on(*lane)) {
      tasks.push_back({model->setup.timing.id, model->context->model().segment_count});
    }
    if (tasks.empty()) continue;
    ProfilerOptions on_lane = options;
    on_lane.cpu = lane->config.cpu;
    on_lane.fifo_priority = lane->config.fifo_priority;
    const Result<Measurement> measured =
        measure_wcets(lane->driver, tasks, {.wall = clock_, .cpu = cpu_clock}, on_lane);
    if (!measured) return fail(measured.error());
    for (const MeasuredTask& task : measured->tasks) {
      Result<ProfileIdentity> valid_for = identity(task.task);
      if (!valid_for) return fail(valid_for.error());
      valid_for->real_time = measured->real_time;
      profiles.push_back({.identity = std::move(*valid_for),
                          .margin = options.margin,
                          .segments = task.segments,
                          .measured_unix_seconds = unix_seconds()});
      auto& segments = find(task.task)->setup.timing.segments;
      segments.clear();
      for (const SegmentProfile& segment : task.segments) {
        segments.push_back({.wcet = segment.wcet, .bcet = Duration::zero()});
      }
    }
  }
  return profiles;
}

// --- proof
// ----------------------------------------------------------------------------------------

Admission Orchestrator::prove(const LaneState& lane, const std::vector<Model*>& models) const {
  std::vector<Candidate> candidates;
  for (const Model* model : models) {
    const context::ResourceBudget& budget = model->context->budget();
    candidates.push_back({.task = model->setup.timing,
                          .budget = {.memory_needed_bytes = model->context->needed_bytes(),
                                     .memory_allowed_bytes = budget.memory_bytes,
                                     .compute_allowed = budget.compute_per_period}});
  }
  return AdmissionController(lane.config.policy, lane.config.overheads).decide(candidates);
}

std::vector<Admission> Orchestrator::prove() const {
  std::vector<Admission> admissions;
  for (const auto& lane : lanes_) admissions.push_back(prove(*lane, models_on(*lane)));
  return admissions;
}

// --- running
// --------------------------------------------------------------------------------------

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
  for (const Model* model : models_on(lane)) {
    announce(lane, *model, admission);
    tasks.push_back(model->lane_task());
  }
  return tasks.empty() ? ok() : lane.lane->add_together(std::move(tasks));
}

void Orchestrator::announce(const LaneState& lane, const Model& model,
                            const Admission& admission) const {
  const theory::Task& task = model.setup.timing;
  declare_->task(task, lane.config.id, model.setup.backend, bound_of(task.id, admission));
}

Result<Admission> Orchestrator::add(ModelSetup setup) {
  LaneState* lane = find_lane(setup.lane);
  if (lane == nullptr) return fail(not_found("the model's lane does not exist"));
  if (lane->lane == nullptr) return fail(wrong_time("the lanes do not run yet: use load()"));
  auto newcomer = load_into_context(std::move(setup));
  if (!newcomer) return fail(newcomer.error());
  std::vector<Model*> together = models_on(*lane);
  together.push_back(newcomer->get());
  Admission admission = prove(*lane, together);
  declare_->decision((*newcomer)->setup.timing.id, "add", outcome(admission), admission.rationale);
  if (!admission.admitted) return admission;
  models_.push_back(std::move(*newcomer));
  if (Status in = let_in(*lane, *models_.back(), admission); !in) {
    models_.back()->removed = true;
    return fail(in.error());
  }
  return admission;
}

Status Orchestrator::let_in(LaneState& lane, Model& newcomer, const Admission& admission) {
  const TaskId task = newcomer.setup.timing.id;
  // Bounds of the others may have grown with the newcomer; the trace says so from here on.
  for (const Model* model : models_on(lane)) announce(lane, *model, admission);
  if (Status added = lane.driver.add(task, *newcomer.context); !added) return added;
  Status added = lane.lane->add(newcomer.lane_task());
  if (!added) (void)lane.driver.remove(task);
  return added;
}

Status Orchestrator::remove(TaskId task) {
  Model* model = find(task);
  if (model == nullptr || model->removed) return fail(not_found("no such task"));
  LaneState& lane = *lanes_[model->setup.lane.value];
  if (lane.lane != nullptr) {
    if (Status removed = lane.lane->remove(task); !removed) return removed;
  }
  if (Status removed = lane.driver.remove(task); !removed) return removed;
  model->removed = true;
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

// --- looking
// --------------------------------------------------------------------------------------

const executor::LaneConfig& Orchestrator::lane_config(LaneId id) const {
  const LaneState* state = find_lane(id);
  check(state != nullptr, "lane_config() is asked of a lane that exists");
  return state->config;
}

LaneId Orchestrator::lane_of(TaskId task) const {
  const Model* model = find(task);
  return model == nullptr ? LaneId{} : model->setup.lane;
}

const executor::Lane* Orchestrator::lane(LaneId id) const {
  const LaneState* state = find_lane(id);
  return state == nullptr ? nullptr : state->lane.get();
}

std::vector<theory::Task> Orchestrator::tasks() const {
  std::vector<theory::Task> all;
  for (const auto& model : models_) all.push_back(model->setup.timing);
  return all;
}

Orchestrator::LaneState* Orchestrator::find_lane(LaneId id) const {
  return id.value < lanes_.size() ? lanes_[id.value].get() : nullptr;
}

Orchestrator::Model* Orchestrator::find(TaskId task) const {
  return task.value < models_.size() ? models_[task.value].get() : nullptr;
}

std::vector<Orchestrator::Model*> Orchestrator::models_on(const LaneState& lane) const {
  std::vector<Model*> found;
  for (const auto& model : models_) {
    if (!model->removed && model->setup.lane == lane.config.id) found.push_back(model.get());
  }
  return found;
}

}  // namespace aegis::scheduler
