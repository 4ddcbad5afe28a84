// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <concurrentqueue/blockingconcurrentqueue.h>
#include <concurrentqueue/concurrentqueue.h>

#include "aegis/executor/hybrid_wait.h"

#include "executor.h"
#include "worker_thread.h"

namespace aegis::benchmarks {

// moodycamel::ConcurrentQueue with a producer's and a consumer's token, its fastest use; its
// blocking variant where the worker parks. It has no priorities and brings no thread.
template <class Queue>
class MoodycamelQueue {
 public:
  static constexpr std::string_view kName = "moodycamel::ConcurrentQueue";
  static constexpr bool kWatchesItsWorker = true;

  explicit MoodycamelQueue(const WorkerPlan& plan) : worker_(plan, [this] { step(); }) {}
  MoodycamelQueue(const MoodycamelQueue&) = delete;
  MoodycamelQueue& operator=(const MoodycamelQueue&) = delete;
  ~MoodycamelQueue() {
    worker_.stop();
    submit({.run = [](void*) {}});
  }

  void submit(Task task) { queue_.enqueue(producer_, task); }
  [[nodiscard]] std::string refused() const { return worker_.refused(); }

 private:
  void step() {
    Task task;
    if constexpr (requires { queue_.wait_dequeue(consumer_, task); }) {
      queue_.wait_dequeue(consumer_, task);
    } else if (!queue_.try_dequeue(consumer_, task)) {
      executor::spin_pause();
      return;
    }
    task.run(task.argument);
  }

  Queue queue_{1024};
  moodycamel::ProducerToken producer_{queue_};
  moodycamel::ConsumerToken consumer_{queue_};
  WorkerThread worker_;
};

using MoodycamelSpinning = MoodycamelQueue<moodycamel::ConcurrentQueue<Task>>;
using MoodycamelParking = MoodycamelQueue<moodycamel::BlockingConcurrentQueue<Task>>;
static_assert(Executor<MoodycamelSpinning> && Executor<MoodycamelParking>);

}  // namespace aegis::benchmarks
