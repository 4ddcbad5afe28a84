// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/clock_keeper.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "aegis/executor/real_time_thread.h"

namespace aegis::executor {

struct ClockKeeper::State {
  TscClock& clock;
  const ClockKeeping keeping;
  std::mutex mutex = {};
  std::condition_variable ending = {};
  bool ends = false;
  std::optional<RealTimeThread> thread = std::nullopt;

  void keep() {
    const std::chrono::nanoseconds pause(keeping.every.ns());
    bool told = false;
    std::unique_lock lock(mutex);
    while (!ends) {
      lock.unlock();
      clock.discipline();
      if (!told) told = tell_fallback();
      lock.lock();
      ending.wait_for(lock, pause, [this] { return ends; });
    }
  }
  // Whether the clock has fallen back.
  [[nodiscard]] bool tell_fallback() const {
    const TscState state = clock.state();
    if (state.source == TscState::Source::kCounter) return false;
    if (!keeping.on_fallback) return true;
    try {
      keeping.on_fallback(state);
    } catch (...) {  // the listener's own affair; time goes on
      return true;
    }
    return true;
  }
};

Result<ClockKeeper> ClockKeeper::start(TscClock& clock, ClockKeeping keeping) {
  auto state = std::make_unique<State>(clock, std::move(keeping));
  auto thread =
      RealTimeThread::start({.name = "aegis-clock", .avoid_cpu = state->keeping.avoid_cpu},
                            [kept = state.get()](const ThreadGrant&) { kept->keep(); });
  if (!thread) return fail(thread.error());
  state->thread = std::move(*thread);
  return ClockKeeper(std::move(state));
}

ClockKeeper::ClockKeeper(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClockKeeper::ClockKeeper(ClockKeeper&&) noexcept = default;

ClockKeeper::~ClockKeeper() {
  if (!state_) return;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->ends = true;
  }
  state_->ending.notify_one();
  state_->thread->join();
}

}  // namespace aegis::executor
