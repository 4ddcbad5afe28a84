// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "aegis/base/clock.h"
#include "aegis/executor/nanosecond_scheduler.h"

namespace aegis::executor {

// For tests of what is built on the scheduler: one worker a group, without rights, wherever the
// kernel puts it.
inline SchedulerConfig small_config() {
  SchedulerConfig config;
  config.cpu_pinning = false;
  config.rt_scheduling = false;
  config.shallow_idle = false;
  return config;
}

inline std::unique_ptr<NanosecondScheduler> small_scheduler(
    SchedulerConfig config = small_config()) {
  auto created = NanosecondScheduler::create(std::move(config));
  if (!created) ADD_FAILURE() << created.error().message();
  return std::move(*created);  // aborts if there is none
}

// Holds up whoever passes until it is opened.
class Turnstile {
 public:
  void pass() noexcept {
    reached_.store(true);
    reached_.notify_all();
    open_.wait(false);
  }
  // Until somebody stands before it.
  void wait_for_somebody() noexcept { reached_.wait(false); }
  void open() noexcept {
    open_.store(true);
    open_.notify_all();
  }

 private:
  std::atomic<bool> reached_{false};
  std::atomic<bool> open_{false};
};

// Keeps a group's only worker busy until it is let go.
class BusyWorker {
 public:
  BusyWorker(NanosecondScheduler& scheduler, Priority group) {
    const auto task = scheduler.schedule([this] { gate_.pass(); }, group);
    EXPECT_TRUE(task.has_value());
    gate_.wait_for_somebody();
    task_ = task.has_value() ? *task : TaskHandle{};
    scheduler_ = &scheduler;
  }
  BusyWorker(const BusyWorker&) = delete;
  BusyWorker& operator=(const BusyWorker&) = delete;
  ~BusyWorker() { let_go(); }
  void let_go() {
    gate_.open();
    EXPECT_TRUE(scheduler_->wait_for_completion(task_).has_value());
  }

 private:
  Turnstile gate_;
  TaskHandle task_;
  NanosecondScheduler* scheduler_ = nullptr;
};

// CLOCK_MONOTONIC that can be put forward, so that a deadline passes when a test says so.
class LeapingClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override {
    return clock_.now() + Duration::nanoseconds(ahead_ns_.load());
  }
  void leap(Duration by) noexcept { ahead_ns_.fetch_add(by.ns()); }

 private:
  MonotonicClock clock_;
  std::atomic<std::int64_t> ahead_ns_{0};
};

}  // namespace aegis::executor
