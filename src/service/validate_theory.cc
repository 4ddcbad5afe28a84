// SPDX-License-Identifier: Apache-2.0
#include "validate_theory.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "aegis/theory/arrivals.h"
#include "aegis/theory/schedulability.h"
#include "aegis/theory/simulator.h"

namespace aegis::service {

namespace {

using theory::TaskSet;
using theory::policy::Policy;

constexpr std::uint32_t kSets = 100;
constexpr std::size_t kTasks = 5;
constexpr int kSteps = 128;  // of utilisation 1
constexpr Duration kLongestSegment = Duration::milliseconds(1);
constexpr std::uint64_t kBehaviours = 4;  // simulated of each admitted set

// A set whose utilisation is still to be chosen.
struct Shape {
  std::array<Duration, kTasks> periods;
  std::array<double, kTasks> shares;  // of the utilisation; they add up to 1
};

class RandomShapes {
 public:
  explicit RandomShapes(std::uint64_t seed) : random_(seed) {}

  Shape next() {
    Shape shape{};
    double left = 1;
    for (std::size_t i = 0; i < kTasks; ++i) {
      const double exponent = 1 / static_cast<double>(std::max<std::size_t>(kTasks - 1 - i, 1));
      const double next = i + 1 == kTasks ? 0 : left * std::pow(uniform(), exponent);
      shape.shares[i] = left - next;
      left = next;
      // 10 ms to 200 ms, log-uniform, in whole milliseconds: hyperperiods stay moderate.
      shape.periods[i] = Duration::milliseconds(std::llround(10 * std::pow(20, uniform())));
    }
    return shape;
  }

 private:
  // Not std::uniform_real_distribution, which libraries implement differently.
  double uniform() { return static_cast<double>(random_() >> 11U) * 0x1p-53; }
  std::mt19937_64 random_;
};

TaskSet scaled(const Shape& shape, int step) {
  TaskSet tasks;
  for (std::size_t i = 0; i < kTasks; ++i) {
    const double wcet_ns = static_cast<double>(shape.periods[i].ns()) * shape.shares[i] *
                           static_cast<double>(step) / kSteps;
    Duration left = Duration::nanoseconds(std::max<std::int64_t>(std::llround(wcet_ns), 1));
    theory::Task task{.id = TaskId{static_cast<std::uint32_t>(i)},
                      .name = std::string(1, static_cast<char>('a' + i)),
                      .period = shape.periods[i],
                      .deadline = {shape.periods[i]}};
    for (; left > Duration::zero(); left -= std::min(left, kLongestSegment)) {
      task.segments.push_back({.wcet = std::min(left, kLongestSegment), .bcet = {}});
    }
    tasks.push_back(std::move(task));
  }
  return tasks;
}

// By halving: what fits at some utilisation fits at every lower one (sustainability of the tests in
// the WCETs).
int largest_step(const Shape& shape, Policy policy) {
  int fits = 0;
  int breaks = kSteps + 1;
  while (breaks - fits > 1) {
    const int middle = (fits + breaks) / 2;
    const bool admitted =
        theory::judge(scaled(shape, middle), {.policy = policy}) == theory::Verdict::kSchedulable;
    (admitted ? fits : breaks) = middle;
  }
  return fits;
}

void simulate(const TaskSet& tasks, Policy policy, std::uint64_t seed, TheoryFindings& findings) {
  const Duration end = Duration::seconds(1);
  const auto judge = [&](std::vector<theory::PlannedJob> jobs) {
    const auto schedule = theory::simulate(tasks, std::move(jobs), {.policy = policy});
    ++findings.simulated;
    if (!schedule || schedule->has_miss()) ++findings.missed;
  };
  judge(theory::synchronous_arrivals(tasks, end));
  for (std::uint64_t i = 0; i < kBehaviours; ++i) {
    judge(theory::random_arrivals(tasks, end, {.seed = seed * kBehaviours + i}));
  }
}

}  // namespace

TheoryFindings validate_theory(std::uint64_t seed) {
  RandomShapes shapes(seed);
  TheoryFindings findings{.sets = kSets};
  for (std::uint32_t set = 0; set < kSets; ++set) {
    const Shape shape = shapes.next();
    const auto measure = [&](Policy policy, AdmissibleUtilisation& into) {
      const int step = largest_step(shape, policy);
      const double utilisation = static_cast<double>(step) / kSteps;
      into.mean += utilisation / kSets;
      into.lowest = std::min(into.lowest, utilisation);
      if (step > 0) simulate(scaled(shape, step), policy, seed + set, findings);
    };
    measure(Policy::kEdf, findings.edf);
    measure(Policy::kRateMonotonic, findings.rate_monotonic);
    measure(Policy::kFifo, findings.fifo);
  }
  return findings;
}

}  // namespace aegis::service
