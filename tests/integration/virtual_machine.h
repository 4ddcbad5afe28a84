// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/context/context_driver.h"
#include "aegis/context/execution_context.h"
#include "aegis/context/mock_backend.h"
#include "aegis/executor/lane.h"
#include "aegis/memory/lane_arena.h"
#include "aegis/scheduler/admission_controller.h"
#include "aegis/trace/recorder.h"
#include "aegis/trace/trace.h"

#include "lane/lane_core.h"

namespace aegis::integration {

// A lane, the contexts behind it and mock models, on one clock that only segments move: response
// times are exact, and the same on every machine.
//
//   VirtualMachine machine;
//   machine.load({.task = a, .script = {...}});
//   machine.start();
//   machine.run_for(2_s);
//
// A watchdog that looks every half millisecond of the machine's time stands in for the lane's. For
// a model that hangs inside start_segment it is a real thread, which then moves the clock alone.
class VirtualMachine final {
 public:
  explicit VirtualMachine(theory::policy::Policy policy = theory::policy::Policy::kEdf);

  struct Model {
    theory::Task task;
    context::MockScript script;
    std::optional<Duration> compute = {};
    Duration first_arrival = {};
  };
  // The backend's refusal, if it refuses. Tasks are numbered in order.
  [[nodiscard]] Result<TaskId> load(Model model);

  // Proves the set and releases it. The test's set is one that is admitted.
  void start();
  void run_for(Duration duration);

  [[nodiscard]] const context::ExecutionContext& context(TaskId task) const;
  [[nodiscard]] const executor::TaskState& state(TaskId task) const;
  [[nodiscard]] Duration bound(TaskId task) const;
  // Everything there was so far.
  [[nodiscard]] trace::Trace trace();

 private:
  struct Loaded {
    Model model;
    std::unique_ptr<context::ExecutionContext> context;
    std::unique_ptr<executor::TaskState> state = {};
    Duration bound = {};
  };
  [[nodiscard]] scheduler::Candidate candidate(const Loaded& loaded) const;
  [[nodiscard]] executor::LaneTask lane_task(const Loaded& loaded) const;
  void declare(const Loaded& loaded);
  [[nodiscard]] bool hangs_here(JobId job, std::uint32_t segment) const;

  // The lane's way to the contexts, with the watchdog beside it.
  class WatchedDriver final : public executor::LaneDriver {
   public:
    explicit WatchedDriver(VirtualMachine& machine) : machine_(machine) {}
    [[nodiscard]] Status start_segment(JobId job, std::uint32_t segment,
                                       std::uint64_t token) noexcept override;
    [[nodiscard]] Result<executor::SegmentState> poll() noexcept override {
      return machine_.contexts_.poll();
    }
    void cancel() noexcept override { machine_.contexts_.cancel(); }
    void hung(TaskId task) noexcept override { machine_.contexts_.hung(task); }

   private:
    VirtualMachine& machine_;
  };

  ManualClock clock_;
  context::MockBackend backend_ = context::MockBackend::advancing(clock_);
  memory::LaneArena arena_ = memory::LaneArena::reserve(1 << 20).value();
  executor::LaneConfig config_;
  trace::Recorder recorder_;
  trace::TraceCollector collector_;
  context::ContextDriver contexts_{8};
  WatchedDriver driver_{*this};
  std::vector<Loaded> models_;
  std::unique_ptr<executor::LaneCore> core_;
};

}  // namespace aegis::integration
