// SPDX-License-Identifier: Apache-2.0
//
// Orchestrator: models, from loading to a known WCET. Their running is in orchestrator_lanes.cc.
#include "aegis/scheduler/orchestrator.h"

#include <chrono>
#include <utility>

#include "aegis/base/check.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/scheduler/machine_identity.h"
#include "aegis/scheduler/model_content.h"

#include "orchestrator_state.h"
#include "run_declarations.h"

namespace aegis::scheduler {

namespace {

std::int64_t unix_seconds() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
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

// "library=/usr/lib/libonnxruntime.so; threads=1", or "default": what the workload tells a backend
// as a whole.
std::string in_words(const std::map<std::string, context::Options>& settings,
                     const std::string& backend) {
  const auto given = settings.find(backend);
  if (given == settings.end() || given->second.empty()) return "default";
  std::string words;
  for (const auto& [name, value] : given->second) {
    if (!words.empty()) words += "; ";
    words.append(name).append("=").append(value);
  }
  return words;
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
    Result<memory::LaneArena> arena = memory::LaneArena::reserve();
    if (!arena) return fail(arena.error());
    arenas_.push_back(std::move(*arena));
    lanes_.push_back(std::make_unique<LaneState>(lane, arenas_.back()));
  }
  return ok();
}

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

Result<std::unique_ptr<Orchestrator::Model>> Orchestrator::load_into_context(ModelSetup setup,
                                                                             LaneState& lane) {
  const Result<context::RuntimeBackend*> runtime = backend(setup.backend);
  if (!runtime) return fail(runtime.error());
  const auto id = static_cast<std::uint32_t>(models_.size());
  auto context =
      context::ExecutionContext::create(ContextId{id}, **runtime, setup.load, lane.arena);
  if (!context) return fail(context.error());
  (*context)->fill_inputs(config_.input_seed + id);
  setup.timing.id = TaskId{id};
  if (setup.timing.name.empty()) setup.timing.name = setup.load.name;
  return std::make_unique<Model>(
      Model{std::move(setup), (*runtime)->version(), std::move(*context)});
}

Result<TaskId> Orchestrator::load(ModelSetup setup) {
  LaneState* lane = find_lane(setup.lane);
  if (lane == nullptr) return fail(not_found("the model's lane does not exist"));
  auto model = load_into_context(std::move(setup), *lane);
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
  return ProfileIdentity{
      .model = model->setup.load.name,
      .content = std::move(*content),
      .backend = model->setup.backend,
      .backend_version = model->backend_version,
      .backend_settings = in_words(config_.backend_options, model->setup.backend),
      .batch = model->setup.timing.batch,
      .cpu_model = machine.cpu_model,
      .cpu_count = machine.cpu_count,
      .lane_cpu = lane.cpu.value_or(-1),
      .isolation = machine.isolation,
      .smt = machine.smt,
      .kernel = machine.kernel,
      .governor = machine.governor,
      .real_time = real_time_granted(lane),
      .fifo_priority = lane.fifo_priority.value_or(0),
      .co_runners = config_.co_runners};
}

const context::ModelDescription& Orchestrator::description(TaskId task) const {
  const Model* model = find(task);
  check(model != nullptr && !model->removed, "description() is asked of a loaded task");
  return model->context->model();
}

Status Orchestrator::set_segments(TaskId task, std::vector<theory::Segment> segments) {
  Model* model = find(task);
  if (model == nullptr || model->removed) return fail(not_found("no such task"));
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
  std::vector<ModelProfile> profiles;
  for (const auto& lane : lanes_) {
    if (models_on(*lane).empty()) continue;
    const Result<Measurement> measured = measure_lane(*lane, options);
    if (!measured) return fail(measured.error());
    for (const MeasuredTask& task : measured->tasks) {
      Result<ProfileIdentity> valid_for = identity(task.task);
      if (!valid_for) return fail(valid_for.error());
      valid_for->real_time = measured->real_time;
      profiles.push_back({.identity = std::move(*valid_for),
                          .margin = options.margin,
                          .segments = task.segments,
                          .measured_unix_seconds = unix_seconds(),
                          .note = measured->note});
      auto& segments = find(task.task)->setup.timing.segments;
      segments.clear();
      for (const SegmentProfile& segment : task.segments) {
        segments.push_back({.wcet = segment.wcet, .bcet = Duration::zero()});
      }
    }
  }
  return profiles;
}

Result<Measurement> Orchestrator::measure_lane(LaneState& lane, ProfilerOptions options) {
  MachineSurroundingsRequest around{.lane_cpu = lane.config.cpu, .siblings = {}};
  for (const auto& other : lanes_) {
    if (other.get() == &lane || models_on(*other).empty()) continue;
    around.siblings.push_back({.driver = &other->driver,
                               .tasks = profiled_tasks(*other),
                               .cpu = other->config.cpu,
                               .fifo_priority = other->config.fifo_priority});
  }
  const auto surroundings = surroundings_of_machine(around, clock_);
  if (!surroundings) return fail(surroundings.error());
  const ThreadCpuClock cpu_clock;
  options.cpu = lane.config.cpu;
  options.fifo_priority = lane.config.fifo_priority;
  options.co_runners = config_.co_runners;
  options.lane = lane.config.name;
  return measure_wcets(lane.driver, profiled_tasks(lane),
                       {.wall = clock_, .cpu = cpu_clock, .surroundings = **surroundings}, options);
}

std::vector<ProfiledTask> Orchestrator::profiled_tasks(const LaneState& lane) const {
  std::vector<ProfiledTask> tasks;
  for (const Model* model : models_on(lane)) {
    tasks.push_back({model->setup.timing.id, model->context->model().segment_count});
  }
  return tasks;
}

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

std::span<std::byte> Orchestrator::input(TaskId task, std::size_t index) const {
  const Model* model = find(task);
  const bool there =
      model != nullptr && !model->removed && index < model->context->model().inputs.size();
  return there ? model->context->input(index) : std::span<std::byte>{};
}

std::span<const std::byte> Orchestrator::output(TaskId task, std::size_t index) const {
  const Model* model = find(task);
  const bool there =
      model != nullptr && !model->removed && index < model->context->model().outputs.size();
  return there ? model->context->output(index) : std::span<const std::byte>{};
}

memory::MemoryAccount Orchestrator::memory(TaskId task) const {
  const Model* model = find(task);
  return model == nullptr || model->removed ? memory::MemoryAccount{} : model->context->memory();
}

std::size_t Orchestrator::arena_bytes(LaneId id) const {
  const LaneState* state = find_lane(id);
  return state == nullptr ? 0 : state->arena.size_bytes();
}

std::uint64_t Orchestrator::unplanned_allocations() const {
  std::uint64_t count = unplanned_of_removed_;
  for (const auto& model : models_) {
    if (!model->removed) count += model->context->unplanned_allocations();
  }
  return count;
}

std::vector<memory::Leak> Orchestrator::leaks() const {
  std::vector<memory::Leak> all;
  for (const auto& [name, backend] : backends_) {
    for (memory::Leak& leak : backend->leaks()) all.push_back(std::move(leak));
  }
  return all;
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
