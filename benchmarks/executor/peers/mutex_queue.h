// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/executor/hybrid_wait.h"

#include "executor.h"
#include "worker_thread.h"

namespace aegis::benchmarks {

// What an engineer writes first: a std::priority_queue behind a mutex and a condition variable. Its
// spinning worker looks at a count before it takes the mutex, or the submitter would wait for it.
class MutexQueue {
 public:
  static constexpr std::string_view kName = "mutex + std::priority_queue";
  static constexpr bool kWatchesItsWorker = true;

  explicit MutexQueue(const WorkerPlan& plan)
      : parks_(plan.idle == Idle::kParks), worker_(plan, [this] { step(); }) {}
  MutexQueue(const MutexQueue&) = delete;
  MutexQueue& operator=(const MutexQueue&) = delete;
  ~MutexQueue() {
    worker_.stop();
    submit({.run = [](void*) {}});
  }

  void submit(Task task) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push({.key = next_key_++, .task = task});
    }
    pending_.fetch_add(1, std::memory_order_release);
    if (parks_) filled_.notify_one();
  }
  [[nodiscard]] std::string refused() const { return worker_.refused(); }

 private:
  struct Entry {
    std::int64_t key = 0;
    Task task;
    bool operator<(const Entry& other) const noexcept { return key > other.key; }
  };

  void step() {
    if (!parks_ && pending_.load(std::memory_order_acquire) == 0) {
      executor::spin_pause();
      return;
    }
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return !queue_.empty(); });
    const Task task = queue_.top().task;
    queue_.pop();
    lock.unlock();
    pending_.fetch_sub(1, std::memory_order_relaxed);
    task.run(task.argument);
  }

  const bool parks_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::priority_queue<Entry> queue_;
  std::int64_t next_key_ = 0;
  std::atomic<std::int64_t> pending_{0};
  WorkerThread worker_;
};
static_assert(Executor<MutexQueue>);

}  // namespace aegis::benchmarks
