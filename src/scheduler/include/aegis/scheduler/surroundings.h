// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/base/ids.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/lane_driver.h"
#include "aegis/scheduler/co_runner.h"
#include "aegis/scheduler/condition.h"

namespace aegis::scheduler {

// A task to be measured or set to work, and the number of its model's segments.
struct ProfiledTask {
  TaskId task;
  std::uint32_t segments = 1;
};

// What surrounds a job that is measured. The profiler asks for it through this interface; a test
// passes one that writes down what was asked and moves its own clock.
class Surroundings {
 public:
  Surroundings() = default;
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;
  virtual ~Surroundings() = default;

  // What can be provoked here, in the order of Condition.
  [[nodiscard]] virtual const std::vector<Condition>& conditions() const = 0;
  // What cannot, or not as it will arise, and why, in words; empty: everything that can arise here
  // can be provoked. May grow with start().
  [[nodiscard]] virtual const std::string& note() const = 0;
  // Sets the co-runners of a contended condition to work, until what it returns ends. Returns once
  // all of them are. Fails where they would not be what the condition says: kPermissionDenied for
  // one that cannot be pinned, or is refused the real-time class that the calling thread has.
  [[nodiscard]] virtual Result<std::unique_ptr<CoRunner>> start(Condition condition) = 0;
  // The calling thread makes its own CPU's caches forget the model.
  virtual void cool_caches() = 0;
  // The calling thread sleeps.
  virtual void idle(Duration duration) = 0;
};

// Another lane of the same machine, whose models can be set to work beside the one measured.
struct SiblingLane {
  executor::LaneDriver* driver = nullptr;  // outlives the measurement; nobody else uses it
  std::vector<ProfiledTask> tasks;         // at least one
  std::optional<int> cpu;
  std::optional<int> fifo_priority;
};

// What the real machine must know to provoke conditions around a lane.
struct MachineSurroundingsRequest {
  std::optional<int> lane_cpu;  // that co-runners stay off; nothing: the lane is not pinned
  std::vector<SiblingLane> siblings;
};

// The real machine's. Takes memory: twice the last-level cache. kResourceExhausted when it does not
// get it.
[[nodiscard]] Result<std::unique_ptr<Surroundings>> surroundings_of_machine(
    const MachineSurroundingsRequest& request, const Clock& clock);

}  // namespace aegis::scheduler
