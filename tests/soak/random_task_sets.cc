// SPDX-License-Identifier: Apache-2.0
#include "random_task_sets.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <fmt/format.h>

namespace aegis::soak {
namespace {

using theory::AnalysisOptions;
using theory::OverloadRule;
using theory::Preemption;
using theory::Segment;
using theory::Task;
using theory::policy::Policy;

constexpr Duration kTick = Duration::nanoseconds(1);
constexpr Duration kMicrosecond = Duration::microseconds(1);

class Draw {
 public:
  Draw(std::uint64_t seed, std::uint64_t n) : random_(seed * 0x9e3779b97f4a7c15ULL + n) {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  Duration between(Duration low, Duration high) {
    return Duration::nanoseconds(between(low.ns(), high.ns()));
  }
  bool with_percent(std::int64_t percent) { return between(0, 99) < percent; }
  // In (0, 1].
  double fraction() { return static_cast<double>(between(1, 1 << 20)) / (1 << 20); }

  AnalysisOptions options(bool small) {
    constexpr Policy kPolicies[] = {Policy::kEdf, Policy::kRateMonotonic,
                                    Policy::kDeadlineMonotonic, Policy::kStaticPriority,
                                    Policy::kFifo};
    AnalysisOptions options;
    options.policy = kPolicies[between(0, 4)];
    if (with_percent(40)) options.preemption = Preemption::kPreemptive;
    if (with_percent(50)) options.blocking = theory::Blocking::started_before(kTick);
    if (with_percent(25)) {
      const Duration unit = small ? kTick : 50 * kMicrosecond;
      options.supply.lost = between(1, 3) * unit;
      options.supply.window = between(6, 40) * unit;
    }
    if (with_percent(15)) {
      const Duration most = small ? 2 * kTick : 20 * kMicrosecond;
      const auto some = [&] { return between(Duration::zero(), most); };
      options.overheads = {some(), some(), some(), some()};
    }
    return options;
  }

  theory::TaskSet small() {
    theory::TaskSet tasks;
    const std::int64_t n = between(1, 5);
    const bool jitter = with_percent(40);
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t period = between(2, 20);
      const std::int64_t wcet = between(1, std::max<std::int64_t>(1, 2 * period / (n + 1)));
      Task task = common(static_cast<std::uint32_t>(i), wcet * kTick, period * kTick, 3);
      if (jitter) task.release_jitter = between(0, 2 * period) * kTick;
      tasks.push_back(std::move(task));
    }
    finish(tasks);
    return tasks;
  }

  // Utilisations by UUniFast (Bini, Buttazzo 2005).
  theory::TaskSet realistic() {
    theory::TaskSet tasks;
    const std::int64_t n = between(3, 12);
    const bool jitter = with_percent(40);
    double left = 0.2 + 0.8 * fraction();
    for (std::int64_t i = 0; i < n; ++i) {
      const double rest =
          i + 1 == n ? 0 : left * std::pow(fraction(), 1.0 / static_cast<double>(n - i - 1));
      const Duration period = period_of_a_machine();
      const auto wcet = static_cast<std::int64_t>((left - rest) * static_cast<double>(period.ns()));
      left = rest;
      Task task = common(static_cast<std::uint32_t>(i),
                         std::max(kMicrosecond, Duration::nanoseconds(wcet)), period, 4);
      if (jitter) task.release_jitter = between(Duration::zero(), period / 4);
      tasks.push_back(std::move(task));
    }
    finish(tasks);
    return tasks;
  }

 private:
  // From 1 to 500 ms: a frame rate, or any.
  Duration period_of_a_machine() {
    constexpr std::int64_t kMilliseconds[] = {1,  2,  4,  5,  8,  10, 16,  20,
                                              25, 33, 40, 50, 66, 80, 100, 200};
    if (with_percent(70)) return Duration::milliseconds(kMilliseconds[between(0, 15)]);
    return Duration::microseconds(static_cast<std::int64_t>(1'000 * std::pow(500.0, fraction())));
  }

  Task common(std::uint32_t i, Duration wcet, Duration period, std::int64_t most_segments) {
    Task task;
    task.id = TaskId{i};
    task.name = fmt::format("t{}", i);
    task.period = period;
    task.deadline = {deadline(wcet, period)};
    task.priority = {i};
    task.overload = {OverloadRule::kQueue, 1'000};
    Duration left = wcet;
    for (std::int64_t k = between(1, most_segments); k > 1 && left > kTick; --k) {
      const Duration piece = between(kTick, left - kTick);
      task.segments.push_back({piece, between(Duration::zero(), piece)});
      left -= piece;
    }
    task.segments.push_back({left, between(Duration::zero(), left)});
    return task;
  }

  Duration deadline(Duration wcet, Duration period) {
    if (with_percent(40)) return period;
    if (with_percent(60)) return between(std::min(wcet, period), period);
    return between(period, 3 * period);
  }

  // What only some sets have.
  void finish(theory::TaskSet& tasks) {
    const bool offsets = with_percent(8), drops = with_percent(8), ties = with_percent(10);
    for (Task& task : tasks) {
      if (offsets && with_percent(70)) task.offset = between(Duration::zero(), 2 * task.period);
      if (drops && with_percent(50)) task.overload = {OverloadRule::kSkip, 0};
      if (ties) task.priority = {between(0, 2)};
    }
    if (with_percent(70)) return;
    std::sort(tasks.begin(), tasks.end(),
              [](const Task& a, const Task& b) { return a.deadline < b.deadline; });
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      tasks[i].priority = {static_cast<std::int64_t>(i)};
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

Question question(std::uint64_t seed, std::uint64_t n) {
  Draw draw(seed, n);
  Question question;
  question.small = draw.with_percent(33);
  question.options = draw.options(question.small);
  question.tasks = question.small ? draw.small() : draw.realistic();
  return question;
}

std::string csv_of(const Question& question) {
  const AnalysisOptions& o = question.options;
  std::string text = fmt::format(
      "# {}, {}, blocking {}, overheads {} {} {} {} ns, loses {} in {} ns", to_string(o.policy),
      to_string(o.preemption),
      o.blocking.convention == theory::Blocking::Convention::kClosed ? "closed" : "started before",
      o.overheads.release.ns(), o.overheads.dispatch.ns(), o.overheads.completion.ns(),
      o.overheads.clock_error.ns(), o.supply.lost.ns(), o.supply.window.ns());
  std::string rows;
  for (const Task& task : question.tasks) {
    if (task.offset) text += fmt::format(", {} has offset {}", task.name, task.offset->ns());
    if (task.overload.rule == OverloadRule::kSkip) text += fmt::format(", {} skips", task.name);
    Duration wcet, bcet;
    std::string segments;
    for (const Segment& segment : task.segments) {
      wcet += segment.wcet;
      bcet += segment.bcet;
      segments += fmt::format("{}{}", segments.empty() ? "" : "+", segment.wcet.ns());
    }
    rows += fmt::format("{}, {}, {}, {}, {}, {}, {}, {}\n", task.name, task.period.ns(),
                        task.deadline.value.ns(), bcet.ns(), wcet.ns(), task.release_jitter.ns(),
                        task.priority.value, segments);
  }
  return text + "\nTask, T, D, BCET, WCET, Jitter, Priority, Segments\n" + rows;
}

}  // namespace aegis::soak
