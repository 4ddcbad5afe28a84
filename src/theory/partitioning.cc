// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/partitioning.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "answers.h"

namespace aegis::theory {
namespace {

constexpr const char* kTheorem =
    "partitioned lanes (Coffman, Garey, Johnson 1996; López, Díaz, García 2004)";

// As the header says; at tens of nanoseconds each, a fraction of a second.
constexpr std::int64_t kMostPartialPartitions = 5'000'000;
// Sets of tasks are bits of a word.
constexpr std::size_t kMostTasksToSearch = 64;

using Positions = std::vector<std::size_t>;  // of tasks in the given set

Rational weight_of(const Task& task, TaskWeight weight) {
  const Duration window =
      weight == TaskWeight::kDensity ? std::min(task.deadline.value, task.period) : task.period;
  const Duration wcet = total_wcet(task).value_or(Duration::zero());
  return Rational(static_cast<std::uint64_t>(wcet.ns()), static_cast<std::uint64_t>(window.ns()));
}

Positions in_decreasing_order(const TaskSet& tasks, TaskWeight weight) {
  std::vector<Rational> weights;
  for (const Task& task : tasks) weights.push_back(weight_of(task, weight));
  Positions order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto compared = weights[a] <=> weights[b];
    if (compared != std::strong_ordering::equal) return compared > 0;
    return std::pair(tasks[a].deadline, a) < std::pair(tasks[b].deadline, b);
  });
  return order;
}

TaskSet subset(const TaskSet& tasks, Positions members) {
  std::sort(members.begin(), members.end());
  TaskSet some;
  for (const std::size_t i : members) some.push_back(tasks[i]);
  return some;
}

TaskSet with(const TaskSet& tasks, Positions members, std::size_t one_more) {
  members.push_back(one_more);
  return subset(tasks, std::move(members));
}

// The lanes in the order in which a task tries them.
Positions lanes_to_try(const TaskSet& tasks, const std::vector<Positions>& lanes,
                       PartitionSearch search) {
  Positions order(lanes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (search == PartitionSearch::kFirstFit) return order;
  std::vector<Rational> load;
  for (const Positions& lane : lanes) load.push_back(utilisation(subset(tasks, lane)));
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto compared = load[a] <=> load[b];
    if (compared == std::strong_ordering::equal) return a < b;
    return search == PartitionSearch::kBestFit ? compared > 0 : compared < 0;
  });
  return order;
}

bool place(const TaskSet& tasks, std::size_t task, std::vector<Positions>& lanes,
           const PartitionOptions& options) {
  for (const std::size_t lane : lanes_to_try(tasks, lanes, options.search)) {
    if (judge(with(tasks, lanes[lane], task), options.lane) != Verdict::kSchedulable) continue;
    lanes[lane].push_back(task);
    return true;
  }
  return false;
}

PartitionedLane described(TaskSet tasks, const AnalysisOptions& options) {
  if (tasks.empty()) {
    return {{}, Rational(0), {Verdict::kSchedulable, kTheorem, "the lane is empty", {}, {}}};
  }
  Rational load = utilisation(tasks);
  Analysis analysis = analyse(tasks, options);
  return {std::move(tasks), std::move(load), std::move(analysis)};
}

Partition described(const TaskSet& tasks, const std::vector<Positions>& lanes,
                    const AnalysisOptions& options) {
  Partition result{Verdict::kSchedulable, kTheorem, {}, {}, {}, {}};
  result.lane_of.resize(tasks.size());
  std::size_t used = 0;
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    for (const std::size_t i : lanes[lane]) result.lane_of[i] = lane;
    if (!lanes[lane].empty()) ++used;
    result.lanes.push_back(described(subset(tasks, lanes[lane]), options));
  }
  result.reason = "every task has a lane that is schedulable, on " + std::to_string(used) + " of " +
                  std::to_string(lanes.size());
  return result;
}

// Whether one of the lanes' refusals proves that there is no partition. With declared offsets none
// does: a task that must arrive might, between segments, happen to keep a worse one away.
bool refutes(const TaskSet& tasks, const Misfit& misfit, const Task& task,
             const AnalysisOptions& options) {
  if (has_offsets(tasks)) return false;
  if (misfit.lanes.size() == 1) return misfit.lanes.front().verdict == Verdict::kUnschedulable;
  return judge({task}, options) == Verdict::kUnschedulable;
}

Partition without_room(const TaskSet& tasks, std::size_t task, const std::vector<Positions>& lanes,
                       const PartitionOptions& options) {
  Partition result = described(tasks, lanes, options.lane);
  Misfit misfit{tasks[task].id, {}};
  for (const Positions& lane : lanes) {
    misfit.lanes.push_back(analyse(with(tasks, lane, task), options.lane));
  }
  const bool proved = refutes(tasks, misfit, tasks[task], options.lane);
  result.verdict = proved ? Verdict::kUnschedulable : Verdict::kUnknown;
  result.reason = name_of(tasks, misfit.task) +
                  " fits no lane, the first for one: " + misfit.lanes.front().reason +
                  (proved ? "" : "; another partition may be schedulable");
  result.misfit = std::move(misfit);
  return result;
}

Partition by_heuristic(const TaskSet& tasks, const PartitionOptions& options) {
  std::vector<Positions> lanes(std::min(options.lanes, tasks.size()));
  for (const std::size_t task : in_decreasing_order(tasks, options.weight)) {
    if (!place(tasks, task, lanes, options)) return without_room(tasks, task, lanes, options);
  }
  return described(tasks, lanes, options.lane);
}

// Whether two tasks are the same to a lane's analysis.
bool alike(const Task& a, const Task& b, policy::Policy policy) {
  if (policy == policy::Policy::kStaticPriority && a.priority != b.priority) return false;
  const auto numbers = [](const Task& task) {
    return std::tuple(task.period, task.deadline, task.release_jitter, task.offset,
                      task.overload.rule, task.overload.queue_depth);
  };
  return numbers(a) == numbers(b) &&
         std::equal(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                    [](const Segment& x, const Segment& y) {
                      return x.wcet == y.wcet && x.bcet == y.bcet;
                    });
}

// The depth-first search over all partitions. The first it finds is the one whose lanes, in the
// order of the tasks, are lexicographically least, and that one opens lanes in order and has equal
// neighbours in order; so the branches it leaves out hold nothing new.
class Exhaustion {
 public:
  Exhaustion(const TaskSet& tasks, const PartitionOptions& options)
      : tasks_(tasks),
        options_(options),
        order_(in_decreasing_order(tasks, options.weight)),
        lanes_(std::min(options.lanes, tasks.size())),
        sets_(lanes_.size()) {}

  Partition run() {
    if (place_from(0, 0)) return described(tasks_, lanes_, options_.lane);
    if (out_of_budget_) {
      return answer(Verdict::kUnknown, "the search for a partition has reached its limit");
    }
    if (doubt_) return answer(Verdict::kUnknown, "some lanes could not be decided: " + *doubt_);
    if (has_offsets(tasks_)) {
      return answer(Verdict::kUnknown,
                    "no partition was found, but declared offsets may allow one");
    }
    return answer(Verdict::kUnschedulable, "every partition has a lane that is unschedulable");
  }

 private:
  // Whether the tasks from the k-th of the order on find lanes, this one not before lane `from`.
  bool place_from(std::size_t k, std::size_t from) {  // NOLINT(misc-no-recursion): 64 deep at most
    if (k == order_.size()) return true;
    if (k > 0 && !alike(tasks_[order_[k - 1]], tasks_[order_[k]], options_.lane.policy)) from = 0;
    for (std::size_t lane = from; lane < lanes_.size() && !out_of_budget_; ++lane) {
      if (place_into(k, lane)) return true;
      if (lanes_[lane].empty()) break;  // the other empty ones are alike
    }
    return false;
  }

  bool place_into(std::size_t k, std::size_t lane) {  // NOLINT(misc-no-recursion): as above
    const std::uint64_t before = sets_[lane];
    const std::uint64_t after = before | std::uint64_t{1} << order_[k];
    lanes_[lane].push_back(order_[k]);
    sets_[lane] = after;
    if (holds(after, lanes_[lane]) && place_from(k + 1, lane)) return true;
    lanes_[lane].pop_back();
    sets_[lane] = before;
    return false;
  }

  bool holds(std::uint64_t set, const Positions& members) {
    if (--partial_partitions_left_ < 0) out_of_budget_ = true;
    if (out_of_budget_) return false;
    const auto known = verdicts_.find(set);
    if (known != verdicts_.end()) return known->second;
    if (verdicts_.size() >= options_.most_judgements) {
      out_of_budget_ = true;
      return false;
    }
    return verdicts_[set] = is_schedulable(members);
  }

  bool is_schedulable(const Positions& members) {
    const TaskSet lane = subset(tasks_, members);
    const Verdict verdict = judge(lane, options_.lane);
    if (verdict == Verdict::kUnknown && !doubt_) doubt_ = analyse(lane, options_.lane).reason;
    return verdict == Verdict::kSchedulable;
  }

  [[nodiscard]] Partition answer(Verdict verdict, std::string reason) const {
    return {verdict, kTheorem, std::move(reason), {}, {}, {}};
  }

  const TaskSet& tasks_;
  const PartitionOptions& options_;
  Positions order_;
  std::vector<Positions> lanes_;
  std::vector<std::uint64_t> sets_;  // the same as bits
  std::unordered_map<std::uint64_t, bool> verdicts_;
  std::int64_t partial_partitions_left_ = kMostPartialPartitions;
  bool out_of_budget_ = false;
  std::optional<std::string> doubt_;
};

std::optional<Partition> refused(const TaskSet& tasks, const PartitionOptions& options) {
  const auto answer = [](Verdict verdict, std::string reason) {
    return Partition{verdict, kTheorem, std::move(reason), {}, {}, {}};
  };
  if (!validate(tasks)) return answer(Verdict::kUnknown, analyse(tasks, options.lane).reason);
  if (options.lanes == 0) return answer(Verdict::kUnknown, "there is no lane");
  if (const Rational u = utilisation(tasks); u > Rational(options.lanes)) {
    return answer(Verdict::kUnschedulable, "the utilisation " + std::to_string(u.to_double()) +
                                               " exceeds the number of lanes, " +
                                               std::to_string(options.lanes));
  }
  if (options.search == PartitionSearch::kExhaustive && tasks.size() > kMostTasksToSearch) {
    return answer(Verdict::kUnknown,
                  "the exhaustive search takes " + std::to_string(kMostTasksToSearch) +
                      " tasks at most, and there are " + std::to_string(tasks.size()));
  }
  return std::nullopt;
}

}  // namespace

Partition partition(const TaskSet& tasks, const PartitionOptions& options) {
  if (auto refusal = refused(tasks, options)) return std::move(*refusal);
  if (options.search == PartitionSearch::kExhaustive) return Exhaustion(tasks, options).run();
  return by_heuristic(tasks, options);
}

LeastLanes least_lanes(const TaskSet& tasks, const PartitionOptions& options) {
  LeastLanes result;
  PartitionOptions on = options;
  const std::size_t most = std::min(options.lanes, std::max<std::size_t>(tasks.size(), 1));
  const bool hopeless = std::any_of(tasks.begin(), tasks.end(), [&](const Task& task) {
    return judge({task}, options.lane) != Verdict::kSchedulable;
  });
  for (on.lanes = hopeless ? most : std::min<std::size_t>(most, 1); on.lanes <= most; ++on.lanes) {
    result.partition = partition(tasks, on);
    if (result.partition.verdict == Verdict::kSchedulable) break;
    if (result.partition.verdict == Verdict::kUnschedulable) result.at_least = on.lanes + 1;
  }
  return result;
}

}  // namespace aegis::theory
