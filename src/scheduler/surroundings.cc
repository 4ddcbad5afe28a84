// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/surroundings.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <sched.h>

#include "aegis/executor/real_time_thread.h"
#include "aegis/scheduler/machine_identity.h"

#include "segment_run.h"

namespace aegis::scheduler {

namespace {

// Between two jobs of a sibling: a real-time thread that never sleeps starves the kernel's own work
// on its CPU, and then nothing on this machine is what it was.
constexpr Duration kSiblingGap = Duration::microseconds(200);
constexpr Duration kLookInterval = Duration::microseconds(100);
// Beyond twice this the walk before each cold job takes longer than any profile is worth; caches of
// that size are several, of which one CPU fills one.
constexpr std::size_t kLargestCacheBytes = std::size_t{128} << 20;

void sleep_for(Duration duration) {
  const timespec t{.tv_sec = duration.ns() / 1'000'000'000,
                   .tv_nsec = duration.ns() % 1'000'000'000};
  nanosleep(&t, nullptr);
}

bool calling_thread_is_real_time() {
  return (::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_FIFO;
}

std::vector<int> allowed_cpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) cpus.push_back(cpu);
  }
  return cpus;
}

// The models of other lanes, each lane on a thread like its own.
class Siblings final : public CoRunner {
 public:
  Siblings() = default;
  Siblings(const Siblings&) = delete;
  Siblings& operator=(const Siblings&) = delete;
  ~Siblings() override { stop_.store(true, std::memory_order_relaxed); }

  // `real_time`: without the class it asks for it would be another condition than the lane meets.
  [[nodiscard]] Status add(const SiblingLane& lane, bool real_time) {
    auto thread = executor::RealTimeThread::start(
        {.name = "aegis-sibling", .cpu = lane.cpu, .fifo_priority = lane.fifo_priority},
        [this, lane](const executor::ThreadGrant&) { work(lane); });
    if (!thread) return fail(thread.error());
    const executor::ThreadGrant grant = thread->grant();
    const char* refused = refusal(lane, grant, real_time);
    if (refused != nullptr) {
      stop_.store(true, std::memory_order_relaxed);
      return fail(Error::permanent(ErrorCode::kPermissionDenied, refused).with_detail(grant.note));
    }
    if (note_.empty()) note_ = grant.note;
    threads_.push_back(std::move(*thread));
    return ok();
  }

  // Of the threads, each has completed a job; or one has failed.
  void wait_until_at_work() const {
    while (at_work_.load() < threads_.size() && running()) sleep_for(kLookInterval);
  }
  [[nodiscard]] Status running() const override {
    const std::scoped_lock lock(failing_);
    return first_error_ ? fail(*first_error_) : ok();
  }
  // The first refusal that is no error; empty: none.
  [[nodiscard]] const std::string& note() const { return note_; }

 private:
  static const char* refusal(const SiblingLane& lane, const executor::ThreadGrant& grant,
                             bool real_time) {
    if (lane.cpu && !grant.pinned) return "a sibling lane cannot be pinned to its CPU";
    if (lane.fifo_priority && real_time && !grant.real_time) {
      return "a sibling lane is refused the real-time class that the measured one has";
    }
    return nullptr;
  }

  void work(const SiblingLane& lane) {
    for (std::uint64_t job = 0; !stop_.load(std::memory_order_relaxed); ++job) {
      const ProfiledTask& task = lane.tasks[job % lane.tasks.size()];
      for (std::uint32_t segment = 0; segment < task.segments; ++segment) {
        const Status ran = run_segment(*lane.driver, {task.task, job}, segment);
        if (!ran) return fail_with(ran.error());
      }
      if (job == 0) ++at_work_;
      sleep_for(kSiblingGap);
    }
  }

  void fail_with(const Error& error) {
    const std::scoped_lock lock(failing_);
    if (!first_error_) first_error_ = error;
  }

  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> at_work_{0};
  mutable std::mutex failing_;
  std::optional<Error> first_error_;
  std::string note_;
  std::vector<executor::RealTimeThread> threads_;  // end before what they use
};

class MachineSurroundings final : public Surroundings {
 public:
  MachineSurroundings(const MachineSurroundingsRequest& request, const Clock& clock, Buffer cold,
                      std::size_t cache_bytes)
      : conditions_{Condition::kWarm, Condition::kCold, Condition::kAfterIdle,
                    Condition::kAmongModels},
        siblings_(request.siblings),
        cpus_(co_runner_cpus(allowed_cpus(), request.lane_cpu)),
        clock_(clock),
        cold_(std::move(cold)),
        cache_bytes_(cache_bytes) {
    if (cpus_.empty()) {
      note_ = "contention could not be measured: this process may use one CPU only";
    } else {
      conditions_.push_back(Condition::kCacheAntagonist);
      conditions_.push_back(Condition::kBandwidthAntagonist);
    }
    if (!siblings_.empty()) conditions_.push_back(Condition::kSiblingLanes);
  }

  [[nodiscard]] const std::vector<Condition>& conditions() const override { return conditions_; }
  [[nodiscard]] const std::string& note() const override { return note_; }

  [[nodiscard]] Result<std::unique_ptr<CoRunner>> start(Condition condition) override {
    if (condition == Condition::kSiblingLanes) return start_siblings();
    const Pressure pressure =
        condition == Condition::kCacheAntagonist ? Pressure::kCache : Pressure::kBandwidth;
    return start_antagonist({.pressure = pressure, .cpus = cpus_, .cache_bytes = cache_bytes_},
                            clock_);
  }
  void cool_caches() override { write_through(cold_.words()); }
  void idle(Duration duration) override { sleep_for(duration); }

 private:
  [[nodiscard]] Result<std::unique_ptr<CoRunner>> start_siblings() {
    auto siblings = std::make_unique<Siblings>();
    const bool real_time = calling_thread_is_real_time();
    for (const SiblingLane& lane : siblings_) {
      if (Status added = siblings->add(lane, real_time); !added) return fail(added.error());
    }
    siblings->wait_until_at_work();
    if (Status at_work = siblings->running(); !at_work) return fail(at_work.error());
    note_sibling(siblings->note());
    return std::unique_ptr<CoRunner>(std::move(siblings));
  }

  void note_sibling(const std::string& refused) {
    if (refused.empty() || sibling_noted_) return;
    note_ += (note_.empty() ? "" : "; ") + ("beside sibling lanes: " + refused);
    sibling_noted_ = true;
  }

  std::vector<Condition> conditions_;
  std::vector<SiblingLane> siblings_;
  bool sibling_noted_ = false;  // the condition is started once a round
  std::vector<int> cpus_;
  const Clock& clock_;
  Buffer cold_;
  std::size_t cache_bytes_;
  std::string note_;
};

}  // namespace

Result<std::unique_ptr<Surroundings>> surroundings_of_machine(
    const MachineSurroundingsRequest& request, const Clock& clock) {
  const std::size_t cache = std::min(
      last_level_cache_bytes(request.lane_cpu.value_or(0), kCpusOfLinux), kLargestCacheBytes);
  auto cold = Buffer::take(cache * 2);
  if (!cold) return fail(cold.error());
  return std::unique_ptr<Surroundings>(
      std::make_unique<MachineSurroundings>(request, clock, std::move(*cold), cache));
}

}  // namespace aegis::scheduler
