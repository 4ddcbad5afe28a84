// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include <pthread.h>
#include <sched.h>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <tbb/task_scheduler_observer.h>

#include "../machine.h"
#include "executor.h"

namespace aegis::benchmarks {

// oneTBB's task_arena::enqueue to an arena of one worker. How the worker idles is the library's own
// affair: it spins, yields, and sleeps after a while without work. The worker gets its processor
// and class when it enters the arena.
class OneTbb {
 public:
  static constexpr std::string_view kName = "oneTBB task_arena::enqueue";
  static constexpr std::string_view kBlockingName = "oneTBB task_group, run and wait";
  static constexpr bool kWatchesItsWorker = false;

  explicit OneTbb(const WorkerPlan& plan) : pin_(arena_, plan) {
    std::atomic<bool> entered{false};
    submit({.run = [](void* flag) { static_cast<std::atomic<bool>*>(flag)->store(true); },
            .argument = &entered});
    while (!entered.load()) sleep_ns(100'000);
  }
  OneTbb(const OneTbb&) = delete;
  OneTbb& operator=(const OneTbb&) = delete;
  // The library's thread may live on: it must not stay a real-time thread of the next peer's
  // processor, but it sleeps as soon as it is out of work, which is waited for.
  ~OneTbb() noexcept { sleep_ns(20'000'000); }

  void submit(Task task) {
    arena_.enqueue([task] { task.run(task.argument); });
  }
  // The library's idiom for a task and its end. The waiting thread takes part in the work, so it
  // runs the task itself: nothing is handed over.
  bool schedule_and_wait(Task task) {
    group_.run([task] { task.run(task.argument); });
    group_.wait();
    return true;
  }
  [[nodiscard]] std::string refused() const { return pin_.refused(); }

 private:
  class PinOnEntry final : public tbb::task_scheduler_observer {
   public:
    PinOnEntry(tbb::task_arena& arena, const WorkerPlan& plan)
        : tbb::task_scheduler_observer(arena), plan_(plan) {
      observe(true);
    }
    PinOnEntry(const PinOnEntry&) = delete;
    PinOnEntry& operator=(const PinOnEntry&) = delete;
    ~PinOnEntry() override { observe(false); }

    void on_scheduler_entry(bool) override {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(static_cast<unsigned>(plan_.cpu), &set);
      pthread_setaffinity_np(pthread_self(), sizeof set, &set);
      const sched_param priority{.sched_priority = plan_.fifo_priority};
      refused_ = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
    }
    [[nodiscard]] std::string refused() const {
      return refused_ == 0 ? "" : "SCHED_FIFO refused to its worker";
    }

   private:
    const WorkerPlan plan_;
    std::atomic<int> refused_{0};
  };

  tbb::global_control two_{tbb::global_control::max_allowed_parallelism, 2};
  tbb::task_arena arena_{1, 0};
  PinOnEntry pin_;
  tbb::task_group group_;
};
static_assert(Executor<OneTbb>);

}  // namespace aegis::benchmarks
