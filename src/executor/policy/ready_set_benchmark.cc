// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <queue>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "policy/ready_set.h"

namespace aegis::executor {
namespace {

// What becomes ready next, in the hold model (D. W. Jones, "An empirical comparison of
// priority-queue and event-set implementations", CACM 29(4), 1986): each deadline lies up to a
// second after that of the task that left, so deadlines move on and newcomers land anywhere in the
// order.
class Arrivals {
 public:
  Arrivals() {
    std::mt19937_64 random(1);
    const auto draw = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
    for (Urgency& urgency : urgencies_) {
      urgency = {.deadline = {TimePoint::from_ns(1 + draw(1'000'000'000))},
                 .wcet = Duration::nanoseconds(draw(100'000)),
                 .period = Duration::nanoseconds(1 + draw(1'000'000'000)),
                 .level = static_cast<std::uint8_t>(draw(64))};
    }
  }

  Urgency next(std::int64_t left_key) {
    Urgency urgency = urgencies_[at_++ % urgencies_.size()];
    urgency.deadline.value += Duration::nanoseconds(left_key);
    return urgency;
  }

 private:
  std::array<Urgency, 4096> urgencies_;
  std::size_t at_ = 0;
};

// The most urgent task leaves, another becomes ready: what a worker does once per task; `Ready`
// offers make, push and pop.
template <class Ready>
void churn(benchmark::State& state, Ready ready) {
  Arrivals arrivals;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    benchmark::DoNotOptimize(ready.push(ready.make(arrivals.next(0), 0, kMovable)));
  }
  for (auto _ : state) {
    ReadyTask task = ready.pop();
    benchmark::DoNotOptimize(task);
    benchmark::DoNotOptimize(ready.push(ready.make(arrivals.next(task.key), task.slot, kMovable)));
  }
}

void ready_set(benchmark::State& state, WorkerPolicy policy) {
  churn(state, ReadySet(policy, static_cast<std::size_t>(state.range(0)) + 1));
}

// The same queue without the choice at run time.
template <ReadyQueueConcept Queue>
class OnePolicy {
 public:
  explicit OnePolicy(std::size_t capacity) : queue_(capacity) {}
  ReadyTask make(const Urgency& urgency, std::uint32_t slot, std::uint32_t flags) {
    return {.key = Queue::key(urgency), .sequence = next_++, .slot = slot, .flags = flags};
  }
  bool push(const ReadyTask& task) { return queue_.push(task); }
  ReadyTask pop() { return queue_.pop(); }

 private:
  Queue queue_;
  std::uint64_t next_ = 0;
};

template <class Queue>
void queue_alone(benchmark::State& state) {
  churn(state, OnePolicy<Queue>(static_cast<std::size_t>(state.range(0)) + 1));
}

// What one would write without any of this: the binary heap of the standard library.
class StandardQueue {
 public:
  ReadyTask make(const Urgency& urgency, std::uint32_t slot, std::uint32_t flags) {
    return {.key = EdfQueue::key(urgency), .sequence = next_++, .slot = slot, .flags = flags};
  }
  bool push(const ReadyTask& task) {
    queue_.push(task);
    return true;
  }
  ReadyTask pop() {
    const ReadyTask task = queue_.top();
    queue_.pop();
    return task;
  }

 private:
  struct After {
    bool operator()(const ReadyTask& a, const ReadyTask& b) const {
      return ByKeyThenSequence()(b, a);
    }
  };
  std::priority_queue<ReadyTask, std::vector<ReadyTask>, After> queue_;
  std::uint64_t next_ = 0;
};

void standard_priority_queue(benchmark::State& state) {
  churn(state, StandardQueue());
}

// Balancing: the most urgent movable task of a worker that has a few of them. O(n).
void take_best(benchmark::State& state, WorkerPolicy policy) {
  Arrivals arrivals;
  ReadySet ready(policy, static_cast<std::size_t>(state.range(0)) + 1);
  for (std::uint32_t i = 0; i < state.range(0); ++i) {
    benchmark::DoNotOptimize(
        ready.push(ready.make(arrivals.next(0), i, i % 4 == 0 ? kMovable : 0)));
  }
  for (auto _ : state) {
    const auto task = ready.take_best([](const ReadyTask& each) { return each.movable(); });
    if (task) {
      benchmark::DoNotOptimize(
          ready.push(ready.make(arrivals.next(task->key), task->slot, kMovable)));
    }
  }
}

void depths(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("ready")->Arg(16)->Arg(256)->Arg(4096);
}

BENCHMARK_CAPTURE(ready_set, edf, WorkerPolicy::kEdf)->Apply(depths);
BENCHMARK_CAPTURE(ready_set, rm, WorkerPolicy::kRateMonotonic)->Apply(depths);
BENCHMARK_CAPTURE(ready_set, llf, WorkerPolicy::kLeastLaxity)->Apply(depths);
BENCHMARK_CAPTURE(ready_set, fp, WorkerPolicy::kFixedPriority)->Apply(depths);
BENCHMARK_CAPTURE(ready_set, fifo, WorkerPolicy::kFifo)->Apply(depths);
BENCHMARK(queue_alone<EdfQueue>)->Apply(depths);
BENCHMARK(queue_alone<FixedPriorityQueue>)->Apply(depths);
BENCHMARK(queue_alone<FifoQueue>)->Apply(depths);
BENCHMARK(standard_priority_queue)->Apply(depths);
BENCHMARK_CAPTURE(take_best, edf, WorkerPolicy::kEdf)->Apply(depths);
BENCHMARK_CAPTURE(take_best, fp, WorkerPolicy::kFixedPriority)->Apply(depths);
BENCHMARK_CAPTURE(take_best, fifo, WorkerPolicy::kFifo)->Apply(depths);

}  // namespace
}  // namespace aegis::executor
