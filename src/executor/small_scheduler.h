// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "aegis/executor/nanosecond_scheduler.h"

// What tests of the scheduler on real threads have in common: everything waits for a condition, and
// nothing for a time.
namespace aegis::executor {

// Nobody waits so long unless something is broken.
inline constexpr Duration kLong = Duration::seconds(60);

// One ordinary worker, of normal priority.
inline SchedulerConfig one_worker() {
  SchedulerConfig config;
  config.shallow_idle = false;
  config.rt_scheduling = false;
  for (const Priority other : {Priority::kCritical, Priority::kHigh, Priority::kLow}) {
    config.group(other).enabled = false;
  }
  return config;
}
inline std::unique_ptr<NanosecondScheduler> running(const SchedulerConfig& config) {
  auto scheduler = NanosecondScheduler::create(config);
  EXPECT_TRUE(scheduler.has_value()) << scheduler.error().message();
  return scheduler ? std::move(*scheduler) : nullptr;
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode{} : result.error().code;
}
template <class T>
bool is_transient(const Result<T>& result) {
  return !result && result.error().category == ErrorCategory::kTransient;
}

inline void sleep_a_little() {
  std::this_thread::sleep_for(std::chrono::microseconds(200));
}
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 300'000; ++i) {
    if (condition()) return true;
    sleep_a_little();
  }
  return false;
}

// A task that holds its worker until the test lets it go, at the latest in its destructor.
class Gate {
 public:
  explicit Gate(NanosecondScheduler& scheduler, const JobOptions& options = {}) {
    auto task = scheduler.schedule(
        [state = state_] {
          state->entered = true;
          while (!state->open) sleep_a_little();
        },
        options);
    EXPECT_TRUE(task.has_value());
    handle = *task;
    EXPECT_TRUE(eventually([&] { return state_->entered.load(); }));
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { open(); }
  void open() { state_->open = true; }
  TaskHandle handle;

 private:
  struct State {
    std::atomic<bool> entered{false}, open{false};
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace aegis::executor
