// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/wcet_profiler.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <random>

#include "aegis/executor/real_time_thread.h"

namespace aegis::scheduler {

namespace {

using executor::LaneDriver;
using executor::SegmentState;

void sleep_for(Duration duration) {
  const timespec t{.tv_sec = duration.ns() / 1'000'000'000,
                   .tv_nsec = duration.ns() % 1'000'000'000};
  nanosleep(&t, nullptr);
}

Status run_segment(LaneDriver& driver, JobId job, std::uint32_t segment) {
  if (Status started = driver.start_segment(job, segment, 0); !started) return started;
  while (true) {
    const Result<SegmentState> state = driver.poll();
    if (!state) return fail(state.error());
    if (*state == SegmentState::kDone) return ok();
  }
}

// The samples of one segment while they grow.
struct Samples {
  std::vector<Duration> kept;
  std::uint64_t excluded = 0;
};

// One measurement from begin to end; runs on the profiling thread.
class Session {
 public:
  Session(LaneDriver& driver, const std::vector<ProfiledTask>& tasks, const ProfilerClocks& clocks,
          const ProfilerOptions& options)
      : driver_(driver), tasks_(tasks), clocks_(clocks), options_(options), random_(options.seed) {
    for (const ProfiledTask& task : tasks) {
      auto& segments = samples_.emplace_back(task.segments);
      for (Samples& segment : segments) segment.kept.reserve(options.jobs);
    }
  }

  Status measure() {
    for (std::uint32_t job = 0; job < options_.warm_up + options_.jobs; ++job) {
      for (const std::size_t index : shuffled_order()) {
        if (Status ran = run_job(index, job); !ran) return ran;
        sleep_for(options_.idle_gap);
      }
    }
    return ok();
  }

  [[nodiscard]] Result<std::vector<MeasuredTask>> summary() {
    std::vector<MeasuredTask> measured;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      MeasuredTask& task =
          measured.emplace_back(MeasuredTask{.task = tasks_[i].task, .segments = {}});
      for (Samples& segment : samples_[i]) {
        if (segment.kept.empty()) return fail(no_quiet_sample());
        leave_out_implausible(segment);
        task.segments.push_back(summarise(segment.kept, segment.excluded, options_.margin));
      }
    }
    return measured;
  }

 private:
  void leave_out_implausible(Samples& samples) const {
    std::vector<Duration> sorted = samples.kept;
    std::ranges::sort(sorted);
    const Duration median = sorted[sorted.size() / 2];
    const auto limit = Duration::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(median.ns()) * options_.implausible_medians));
    const auto beyond = static_cast<std::size_t>(
        std::ranges::count_if(sorted, [limit](Duration sample) { return sample > limit; }));
    if (beyond * 200 > sorted.size()) return;
    std::erase_if(samples.kept, [limit](Duration sample) { return sample > limit; });
    samples.excluded += beyond;
  }

  static Error no_quiet_sample() {
    return Error::transient(ErrorCode::kResourceExhausted,
                            "the processor was taken away during every sample: this machine is too "
                            "busy to measure on");
  }

  std::vector<std::size_t> shuffled_order() {
    std::vector<std::size_t> order(tasks_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::shuffle(order, random_);
    return order;
  }

  Status run_job(std::size_t index, std::uint32_t sequence) {
    const bool sample = sequence >= options_.warm_up;
    for (std::uint32_t segment = 0; segment < tasks_[index].segments; ++segment) {
      const TimePoint cpu_begin = clocks_.cpu.now();
      const TimePoint begin = clocks_.wall.now();
      const JobId job{tasks_[index].task, sequence};
      if (Status ran = run_segment(driver_, job, segment); !ran) return ran;
      const Duration wall = clocks_.wall.now() - begin;
      const Duration away = wall - (clocks_.cpu.now() - cpu_begin);
      if (sample) keep(samples_[index][segment], wall, away);
    }
    return ok();
  }

  void keep(Samples& samples, Duration wall, Duration away) const {
    if (away > options_.lost_threshold) {
      ++samples.excluded;
    } else {
      samples.kept.push_back(std::max(wall, Duration::nanoseconds(1)));
    }
  }

  LaneDriver& driver_;
  const std::vector<ProfiledTask>& tasks_;
  const ProfilerClocks clocks_;
  const ProfilerOptions& options_;
  std::mt19937_64 random_;
  std::vector<std::vector<Samples>> samples_;  // by task, by segment
};

}  // namespace

Result<Measurement> measure_wcets(LaneDriver& driver, const std::vector<ProfiledTask>& tasks,
                                  const ProfilerClocks& clocks, const ProfilerOptions& options) {
  if (options.jobs == 0 || !(options.margin >= 1)) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument,
                                 "a profile needs at least one job and a margin of at least 1"));
  }
  Session session(driver, tasks, clocks, options);
  Status measured = ok();
  auto thread = executor::RealTimeThread::start(
      {.name = "aegis-profile",
       .cpu = options.cpu,
       .avoid_cpu = std::nullopt,
       .fifo_priority = options.fifo_priority},
      [&session, &measured](const executor::ThreadGrant&) { measured = session.measure(); });
  if (!thread) return fail(thread.error());
  thread->join();
  if (!measured) return fail(measured.error());
  Result<std::vector<MeasuredTask>> summary = session.summary();
  if (!summary) return fail(summary.error());
  return Measurement{.real_time = thread->grant().real_time,
                     .note = thread->grant().note,
                     .tasks = std::move(*summary)};
}

}  // namespace aegis::scheduler
