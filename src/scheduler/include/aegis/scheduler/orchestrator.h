// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/base/ids.h"
#include "aegis/base/result.h"
#include "aegis/context/backend_registry.h"
#include "aegis/context/runtime_backend.h"
#include "aegis/executor/lane.h"
#include "aegis/executor/latency_stats.h"
#include "aegis/memory/lane_arena.h"
#include "aegis/memory/memory_account.h"
#include "aegis/memory/pool.h"
#include "aegis/scheduler/admission_controller.h"
#include "aegis/scheduler/profile.h"
#include "aegis/scheduler/wcet_profiler.h"
#include "aegis/theory/task.h"
#include "aegis/trace/recorder.h"

namespace aegis::scheduler {

class RunDeclarations;

// A model on its way to a lane.
struct ModelSetup {
  std::string backend = "onnxruntime";
  context::LoadRequest load;  // name, parts, budget, options
  // Timing. `id` is given by the orchestrator; `segments` may be empty until a profile fills them.
  theory::Task timing;
  LaneId lane{0};
  bool periodic = true;
  std::function<void(const executor::JobReport&)> on_job_end;  // on the lane's callback thread
};

// The machine as the workload describes it.
struct OrchestratorConfig {
  std::vector<executor::LaneConfig>
      lanes;  // ids 0, 1, ... in order; policy and overheads are theirs
  std::map<std::string, context::Options> backend_options;
  std::uint64_t input_seed = 1;            // of the content that fills the models' inputs
  CoRunners co_runners = CoRunners::kAny;  // beside which measured WCETs hold
};

// Submits jobs of one task. Copyable; valid as long as its orchestrator. One thread at a time per
// task.
class Submitter {
 public:
  // One job now. Real-time: wait-free but for waking a sleeping lane; see executor::Lane::submit.
  [[nodiscard]] Status submit(std::uint64_t token) const noexcept {
    return lane_->submit(task_, token);
  }

 private:
  friend class Orchestrator;
  Submitter(executor::Lane& lane, TaskId task) : lane_(&lane), task_(task) {}
  executor::Lane* lane_;
  TaskId task_;
};

// The life of models on one machine, from loading to removal: contexts, profile, proof, lanes.
//
//   auto orchestrator = Orchestrator::create(config, builtin_backends(), clock, &recorder);
//   auto detector = (*orchestrator)->load(setup);
//   (*orchestrator)->measure(options);              // or set_wcets()
//   (*orchestrator)->start({});                     // proves each lane's whole set; where all are
//                                                   // admitted, releases each lane's tasks
//                                                   together
//   (*orchestrator)->add(another);                  // proves the union first
//   (*orchestrator)->drain(1_s);
//
// Ordinary threads only, one at a time. Every step is declared to the trace with
// its rationale.
class Orchestrator {
 public:
  // `clock` and `recorder` (null: no trace) outlive it. `backends` is copied.
  [[nodiscard]] static Result<std::unique_ptr<Orchestrator>> create(
      OrchestratorConfig config, const context::BackendRegistry& backends, const Clock& clock,
      trace::Recorder* recorder);
  ~Orchestrator();
  Orchestrator(const Orchestrator&) = delete;
  Orchestrator& operator=(const Orchestrator&) = delete;

  // Loads the model into a context of its own. Not yet proved, not yet running. Fails with the
  // backend's reason.
  [[nodiscard]] Result<TaskId> load(ModelSetup setup);
  // What the profile of this model is valid for on this machine.
  [[nodiscard]] Result<ProfileIdentity> identity(TaskId task) const;
  [[nodiscard]] const context::ModelDescription& description(TaskId task) const;
  // One WCET and BCET a segment of the loaded model; kInvalidArgument for another count.
  [[nodiscard]] Status set_segments(TaskId task, std::vector<theory::Segment> segments);
  // Measures all loaded models, lane by lane, and takes the result as their WCETs. Before start().
  // The lane's CPU, class and co-runners come from its configuration, not from `options`.
  [[nodiscard]] Result<std::vector<ModelProfile>> measure(const ProfilerOptions& options);

  // The proof of each lane's whole set, in the lanes' order, without starting anything.
  [[nodiscard]] std::vector<Admission> prove() const;

  // Proves, and if every lane is admitted starts the lanes and releases each lane's tasks together.
  // With `without_proof` it starts even then, and every miss will name kNotAdmitted.
  struct StartOptions {
    bool without_proof = false;
  };
  [[nodiscard]] Result<std::vector<Admission>> start(StartOptions options);

  // While running: loads, proves the union of the lane's set and this model, and only then lets the
  // lane take it in. A refusal leaves the running set as it was. The setup must carry its WCETs.
  // What was removed counts until the lane has been idle once: jobs of the old set and the newcomer
  // in one busy period are a set that nobody has proved. add() waits for that, at most 100 ms.
  // Meanwhile the calling thread keeps off the lanes' processors, if there are others.
  [[nodiscard]] Result<Admission> add(ModelSetup setup);
  // The lane lets go of the task between two segments; its context is closed.
  [[nodiscard]] Status remove(TaskId task);

  // The way in for jobs of a task that is not periodic (or has extra jobs). kNotFound before
  // start().
  [[nodiscard]] Result<Submitter> submitter(TaskId task) const;

  // Each lane in turn, as Lane::drain (`within` for each) and Lane::abort; all of them, then the
  // first error. Nothing to do before start().
  [[nodiscard]] Status drain(Duration within);
  [[nodiscard]] Status abort();

  // Of a lane that exists: aborts otherwise. lane_of is invalid for an unknown task.
  [[nodiscard]] const executor::LaneConfig& lane_config(LaneId id) const;
  [[nodiscard]] LaneId lane_of(TaskId task) const;
  // Null before start().
  [[nodiscard]] const executor::Lane* lane(LaneId id) const;
  // What all lanes tell of latencies, one worker a lane and one kind a model (Lane::latencies).
  // Ordinary threads, while nobody changes anything else here; allocates.
  [[nodiscard]] executor::LatencyStats latencies() const;
  // The tensors of a loaded model, in the order of its description(); empty for a task or an index
  // that is not there. They stay where they are until the model is removed, and belong to the lane
  // while a job of the task is pending: fill inputs before submit(), read outputs after on_job_end
  // and before the next submit(). A periodic task has no such moment once its lane runs; what
  // feeds it writes inputs that may be torn.
  [[nodiscard]] std::span<std::byte> input(TaskId task, std::size_t index) const;
  [[nodiscard]] std::span<const std::byte> output(TaskId task, std::size_t index) const;
  // What the model occupies; see context::ExecutionContext::memory().
  [[nodiscard]] memory::MemoryAccount memory(TaskId task) const;
  // The activation arena of the lane, shared by its models.
  [[nodiscard]] std::size_t arena_bytes(LaneId id) const;
  // Requests of all models, removed ones included, that their lane's arena did not serve; 0, or a
  // model was stopped.
  [[nodiscard]] std::uint64_t unplanned_allocations() const;
  // What removed models had not given back, by every backend.
  [[nodiscard]] std::vector<memory::Leak> leaks() const;
  // The tasks that are loaded (or were, until removed), with the WCETs known.
  [[nodiscard]] std::vector<theory::Task> tasks() const;

 private:
  struct Model;
  struct LaneState;
  Orchestrator(OrchestratorConfig config, const context::BackendRegistry& backends,
               const Clock& clock, trace::Recorder* recorder);

  [[nodiscard]] Status make_lanes();
  [[nodiscard]] Result<context::RuntimeBackend*> backend(const std::string& name);
  [[nodiscard]] Result<std::unique_ptr<Model>> load_into_context(ModelSetup setup, LaneState& lane);
  [[nodiscard]] LaneState* find_lane(LaneId id) const;
  [[nodiscard]] Model* find(TaskId task) const;
  [[nodiscard]] std::vector<Model*> models_on(const LaneState& lane) const;
  [[nodiscard]] std::vector<ProfiledTask> profiled_tasks(const LaneState& lane) const;
  [[nodiscard]] Result<Measurement> measure_lane(LaneState& lane, ProfilerOptions options);
  [[nodiscard]] Admission prove(const LaneState& lane, const std::vector<Model*>& models) const;
  void forget_departed(LaneState& lane) const;
  [[nodiscard]] std::vector<int> lane_cpus() const;  // of running lanes
  [[nodiscard]] Status start_lane(LaneState& lane, const Admission& admission);
  [[nodiscard]] Status let_in(LaneState& lane, Model& newcomer, const Admission& admission);
  void announce(const LaneState& lane, const Model& model, Duration bound) const;

  OrchestratorConfig config_;
  context::BackendRegistry registry_;
  const Clock& clock_;
  trace::Recorder* recorder_;
  std::unique_ptr<RunDeclarations> declare_;
  std::map<std::string, std::unique_ptr<context::RuntimeBackend>> backends_;
  std::list<memory::LaneArena> arenas_;            // by lane; outlive the contexts
  std::vector<std::unique_ptr<Model>> models_;     // index = TaskId; contexts outlive the lanes
  std::vector<std::unique_ptr<LaneState>> lanes_;  // index = LaneId
  std::uint64_t unplanned_of_removed_ = 0;
  bool started_ = false;
};

}  // namespace aegis::scheduler
