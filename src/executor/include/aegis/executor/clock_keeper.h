// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/tsc_clock.h"

namespace aegis::executor {

// How a clock is kept. Defaults are for runs; a test may look more often.
struct ClockKeeping {
  // How often TscClock::discipline() is called. TscClock says what another rhythm costs.
  Duration every = Duration::milliseconds(100);
  std::optional<int> avoid_cpu = std::nullopt;  // a lane's, which the thread leaves alone if it can
  // Called once, on the keeper's thread, when the clock has fallen back; at once for one that had
  // before. May be empty. An exception ends nothing and is forgotten.
  std::function<void(const TscState&)> on_fallback = {};
};

// An ordinary thread that disciplines a clock as long as this object lives: for lanes, whose clock
// is given to them. A NanosecondScheduler keeps its own.
//
//   TscClock clock;
//   const auto keeper = ClockKeeper::start(clock, {});
//   auto lane = Lane::create(config, driver, clock, recorder);
//
// Ordinary threads. About ten times a second some microseconds of one processor.
class ClockKeeper {
 public:
  // `clock` outlives it. The system's error when there is no thread to be had; the clock then runs
  // on undisciplined.
  [[nodiscard]] static Result<ClockKeeper> start(TscClock& clock, ClockKeeping keeping);
  // Waits for on_fallback to return, if it is being called; else does not wait for the next look.
  ~ClockKeeper();
  ClockKeeper(ClockKeeper&&) noexcept;
  ClockKeeper& operator=(ClockKeeper&&) = delete;

 private:
  struct State;
  explicit ClockKeeper(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace aegis::executor
