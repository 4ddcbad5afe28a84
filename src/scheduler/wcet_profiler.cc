// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/wcet_profiler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>
#include <string>

#include "aegis/executor/real_time_thread.h"

#include "segment_run.h"

namespace aegis::scheduler {

namespace {

using executor::LaneDriver;

constexpr std::uint32_t kLeastJobs = 20;
// A round is short enough that co-runners never reach their own end, and three at least so that no
// condition is measured at one time only.
constexpr std::uint32_t kJobsPerRound = 100;
constexpr std::uint32_t kLeastRounds = 3;
// Bound the samples of a model that takes next to no time: those of one condition, and how often
// the jobs asked for are repeated.
constexpr std::uint32_t kMostSamples = 1'000'000;
constexpr std::uint32_t kMostRepeats = 50;
// What the condition before left in the caches is gone after the second job.
constexpr std::uint32_t kJobsToSettle = 2;

std::uint32_t share(std::uint32_t jobs, std::uint32_t round, std::uint32_t rounds) {
  const auto until = [&](std::uint64_t end) { return std::uint64_t{jobs} * end / rounds; };
  return static_cast<std::uint32_t>(until(round + 1) - until(round));
}

// One in so many samples may be excluded for its length, and one of a condition's ordinary hundred.
constexpr std::size_t kSamplesForOneImplausible = 200;
constexpr std::size_t kSamplesForTheFirst = 100;

// Excludes what cannot have been execution; see ProfilerOptions::implausible_medians.
void leave_out_implausible(std::vector<Sample>& raw, double implausible_medians) {
  std::vector<Duration> kept;
  for (const Sample& sample : raw) {
    if (!sample.excluded) kept.push_back(sample.execution);
  }
  if (kept.empty()) return;
  std::ranges::sort(kept);
  const auto limit = Duration::nanoseconds(static_cast<std::int64_t>(
      static_cast<double>(kept[kept.size() / 2].ns()) * implausible_medians));
  const auto beyond = static_cast<std::size_t>(kept.end() - std::ranges::upper_bound(kept, limit));
  const std::size_t allowed = std::max<std::size_t>(kept.size() / kSamplesForOneImplausible,
                                                    kept.size() >= kSamplesForTheFirst ? 1 : 0);
  if (beyond > allowed) return;
  for (Sample& sample : raw) sample.excluded = sample.excluded || sample.execution > limit;
}

// One measurement from begin to end; runs on the profiling thread.
class Session {
 public:
  Session(LaneDriver& driver, const std::vector<ProfiledTask>& tasks,
          const ProfilerMachine& machine, const ProfilerOptions& options)
      : driver_(driver),
        tasks_(tasks),
        machine_(machine),
        options_(options),
        random_(options.seed),
        sequences_(tasks.size()) {
    for (const ProfiledTask& task : tasks) samples_.emplace_back(task.segments);
  }

  Status measure() {
    for (std::uint32_t job = 0; job < options_.warm_up; ++job) {
      if (Status ran = run_all(nullptr); !ran) return ran;
    }
    const std::uint32_t longest = jobs_under(Condition::kWarm, options_.jobs);
    const std::uint32_t rounds = std::max(kLeastRounds, longest / kJobsPerRound);
    const TimePoint begin = machine_.wall.now();
    const std::uint32_t repeats = most_repeats();
    const auto goes_on = [&](std::uint32_t round) {
      return round < rounds ||
             (machine_.wall.now() - begin < options_.least_time && round < rounds * repeats);
    };
    for (std::uint32_t round = 0; goes_on(round); ++round) {
      for (const Condition condition : machine_.surroundings.conditions()) {
        const std::uint32_t jobs =
            share(jobs_under(condition, options_.jobs), round % rounds, rounds);
        if (options_.on_progress) {
          options_.on_progress({.lane = options_.lane, .round = round + 1, .condition = condition});
        }
        if (Status measured = measure_under(condition, jobs); !measured) return measured;
      }
    }
    return ok();
  }

  [[nodiscard]] Result<std::vector<MeasuredTask>> summary() {
    std::vector<MeasuredTask> measured;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      MeasuredTask& task =
          measured.emplace_back(MeasuredTask{.task = tasks_[i].task, .segments = {}});
      for (Samples& samples : samples_[i]) {
        SegmentProfile& segment = task.segments.emplace_back();
        for (const Condition condition : machine_.surroundings.conditions()) {
          std::vector<Sample>& raw = samples[static_cast<std::size_t>(condition)];
          leave_out_implausible(raw, options_.implausible_medians);
          if (std::ranges::all_of(raw, &Sample::excluded)) return fail(no_quiet_sample());
          segment.conditions.push_back(summarise(condition, std::move(raw)));
        }
        segment.wcet = wcet_of(segment.conditions, options_.co_runners, options_.margin);
      }
    }
    return measured;
  }

 private:
  using Samples = std::array<std::vector<Sample>, kConditionCount>;  // of one segment

  static Error no_quiet_sample() {
    return Error::transient(ErrorCode::kResourceExhausted,
                            "the processor was taken away during every sample: this machine is too "
                            "busy to measure on");
  }

  static Error interrupted() { return Error::transient(ErrorCode::kCancelled, "interrupted"); }

  // The error of a co-runner, with the condition it belongs to.
  static Error beside(Condition condition, const Error& error) {
    std::string detail(to_string(condition));
    if (!error.detail_view().empty()) detail += ": " + std::string(error.detail_view());
    return error.with_detail(detail);
  }

  // How often the jobs asked for may be measured, so that no limit of samples is passed.
  [[nodiscard]] std::uint32_t most_repeats() const {
    std::uint64_t once = 0;
    for (const Condition condition : machine_.surroundings.conditions()) {
      once += jobs_under(condition, options_.jobs);
    }
    const std::uint64_t room = std::min<std::uint64_t>(
        options_.most_samples / std::max<std::uint64_t>(once, 1), kMostSamples / options_.jobs);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(room, 1, kMostRepeats));
  }

  Status measure_under(Condition condition, std::uint32_t jobs) {
    std::unique_ptr<CoRunner> co_runner;
    if (is_contended(condition)) {
      auto started = machine_.surroundings.start(condition);
      if (!started) return fail(beside(condition, started.error()));
      co_runner = std::move(*started);
    }
    Status measured = alternates(condition) ? measure_together(condition, jobs)
                                            : measure_one_by_one(condition, jobs);
    if (!measured || co_runner == nullptr) return measured;
    const Status lasted = co_runner->running();
    return lasted ? measured : fail(beside(condition, lasted.error()));
  }

  Status measure_together(Condition condition, std::uint32_t jobs) {
    for (std::uint32_t job = 0; job < kJobsToSettle + jobs; ++job) {
      if (Status ran = run_all(job < kJobsToSettle ? nullptr : &condition); !ran) return ran;
    }
    return ok();
  }

  Status measure_one_by_one(Condition condition, std::uint32_t jobs) {
    for (std::size_t index = 0; index < tasks_.size(); ++index) {
      for (std::uint32_t job = 0; job < kJobsToSettle + jobs; ++job) {
        machine_.surroundings.idle(gap_before(condition));
        if (condition == Condition::kCold) machine_.surroundings.cool_caches();
        const Status ran = run_job(index, job < kJobsToSettle ? nullptr : &condition);
        if (!ran) return ran;
      }
    }
    return ok();
  }

  Duration gap_before(Condition condition) {
    if (condition != Condition::kAfterIdle) return options_.idle_gap;
    const auto longest = static_cast<std::uint64_t>(options_.longest_idle.ns());
    return Duration::nanoseconds(static_cast<std::int64_t>(random_() % (longest + 1)));
  }

  // One job of each model, in an order of its own. `condition`: what the samples belong to; null:
  // none are kept.
  Status run_all(const Condition* condition) {
    std::vector<std::size_t> order(tasks_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::shuffle(order, random_);
    for (const std::size_t index : order) {
      if (Status ran = run_job(index, condition); !ran) return ran;
      machine_.surroundings.idle(options_.idle_gap);
    }
    return ok();
  }

  Status run_job(std::size_t index, const Condition* condition) {
    if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) {
      return fail(interrupted());
    }
    const JobId job{tasks_[index].task, sequences_[index]++};
    for (std::uint32_t segment = 0; segment < tasks_[index].segments; ++segment) {
      const TimePoint cpu_begin = machine_.cpu.now();
      const TimePoint begin = machine_.wall.now();
      if (Status ran = run_segment(driver_, job, segment); !ran) return ran;
      const Duration wall = machine_.wall.now() - begin;
      const Duration away = wall - (machine_.cpu.now() - cpu_begin);
      if (condition == nullptr) continue;
      samples_[index][segment][static_cast<std::size_t>(*condition)].push_back(
          {.execution = std::max(wall, Duration::nanoseconds(1)),
           .excluded = away > options_.lost_threshold});
    }
    return ok();
  }

  LaneDriver& driver_;
  const std::vector<ProfiledTask>& tasks_;
  const ProfilerMachine machine_;
  const ProfilerOptions& options_;
  std::mt19937_64 random_;
  std::vector<std::uint64_t> sequences_;       // of the next job, by task
  std::vector<std::vector<Samples>> samples_;  // by task, by segment
};

}  // namespace

std::uint32_t jobs_under(Condition condition, std::uint32_t jobs) noexcept {
  return condition == Condition::kAmongModels ? jobs : std::max(jobs / 3, kLeastJobs);
}

Result<Measurement> measure_wcets(LaneDriver& driver, const std::vector<ProfiledTask>& tasks,
                                  const ProfilerMachine& machine, const ProfilerOptions& options) {
  if (options.jobs == 0 || !(options.margin >= 1) || !std::isfinite(options.margin)) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument,
                                 "a profile needs at least one job and a margin of at least 1"));
  }
  Session session(driver, tasks, machine, options);
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
                     .grant_note = thread->grant().note,
                     .note = machine.surroundings.note(),
                     .tasks = std::move(*summary)};
}

}  // namespace aegis::scheduler
