// SPDX-License-Identifier: Apache-2.0
//
// What the analyses say of random task sets, held against simulated behaviours.
//
//   theory_soundness HOW_MUCH SEED [--from N] [--forget-blocking]
//
// HOW_MUCH: so many accepted sets ("10000"), or so long ("60s"). SEED and the number of a set
// decide everything about it; --from continues where another run stopped. Of a set
//
//   accepted     no job misses, whatever an adversary does, and no response is beyond its bound
//   refused      the witness is a behaviour of the set and misses when replayed
//   unknown      what a search finds is such a witness; bounds hold, if there are any
//
// Exit 0: nothing speaks against the analyses. 1: something does; the set is printed as CSV, with
// its number. 2: not so called. With --forget-blocking the analyses are asked as if nothing ever
// blocked, which must be found: exit 1.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "aegis/theory/adversary.h"
#include "aegis/theory/simulator.h"
#include "aegis/theory/witness.h"
#include "aegis/theory/witness_search.h"

#include "random_task_sets.h"

namespace aegis {
namespace {

using soak::Question;
using theory::Adversary;
using theory::Analysis;
using theory::AnalysisOptions;
using theory::Behaviour;
using theory::Task;
using theory::TaskSet;
using theory::Verdict;

// Per set, some 5 ms of simulation.
constexpr std::int64_t kJobsOfAccepted = 20'000;
constexpr std::int64_t kJobsOfOthers = 2'000;
// Of one behaviour. Half of the jobs go into behaviours as long as the deadlines near a common
// release, half into some that are several times as long and reach the end of more busy periods.
constexpr std::int64_t kMostJobs = 1'000;
constexpr std::int64_t kLong = 8;

struct Counts {
  std::uint64_t sets = 0, accepted = 0, refused = 0, witnesses = 0, unknown = 0, found = 0;
  std::uint64_t behaviours = 0, jobs = 0;
};

theory::SimulationOptions lane_of(const AnalysisOptions& options, bool overload_rules) {
  return {.policy = options.policy,
          .preemption = options.preemption,
          .overheads = {},
          .overload_rules = overload_rules,
          .outages = {}};
}

// `times` as long as the deadlines that a common release brings near each other, if that is not too
// many jobs.
Duration length_for(const TaskSet& tasks, std::int64_t times) {
  Duration length;
  for (const Task& task : tasks) length = std::max(length, task.period * 2 + task.deadline.value);
  length = length * times;
  const auto jobs = [&] {
    std::int64_t n = 0;
    for (const Task& task : tasks) n += length / task.period + 1;
    return n;
  };
  while (jobs() > kMostJobs && length > Duration::nanoseconds(1)) length = length / 2;
  return length;
}

// One set under judgement. What speaks against an analysis is returned in words.
class Trial {
 public:
  Trial(const Question& question, bool forget_blocking, std::uint64_t seed, Counts& counts)
      : question_(question), seed_(seed), counts_(counts) {
    AnalysisOptions asked = question.options;
    if (forget_blocking) asked.blocking = theory::Blocking::started_before(Duration::seconds(1));
    analysis_ = analyse(question.tasks, asked);
  }

  std::optional<std::string> objection() {
    ++counts_.sets;
    charged_ = charged_for(question_.tasks, question_.options);
    if (!charged_) return std::nullopt;  // the overheads swallow a deadline
    switch (analysis_.verdict) {
      case Verdict::kSchedulable:
        ++counts_.accepted;
        return against_bounds(kJobsOfAccepted);
      case Verdict::kUnschedulable:
        ++counts_.refused;
        if (auto against = against_witness()) return against;
        return against_bounds(kJobsOfOthers);
      case Verdict::kUnknown:
        ++counts_.unknown;
        if (auto against = against_search()) return against;
        return against_bounds(kJobsOfOthers);
    }
    return std::nullopt;
  }

  [[nodiscard]] const Analysis& analysis() const { return analysis_; }

 private:
  std::optional<std::string> against_bounds(std::int64_t jobs) {
    if (analysis_.tasks.empty()) return std::nullopt;
    if (auto against = against_adversary(jobs / 2, length_for(*charged_, 1))) return against;
    return against_adversary(jobs / 2, length_for(*charged_, kLong));
  }

  // Of the deliberate behaviours as many as two thirds of the jobs are enough for.
  std::optional<std::string> against_adversary(std::int64_t jobs_left, Duration length) {
    const Adversary adversary(*charged_, question_.options, {.length = length, .seed = seed_});
    const std::size_t deliberate = adversary.deliberate();
    const std::size_t each = adversary.behaviour(0).jobs.size() + 1;
    const std::size_t stride = 1 + deliberate * each * 3 / static_cast<std::size_t>(jobs_left * 2);
    for (std::size_t n = 0; jobs_left > 0; n = n < deliberate ? n + stride : n + 1) {
      const Behaviour behaviour = adversary.behaviour(n);
      jobs_left -= static_cast<std::int64_t>(behaviour.jobs.size()) + 1;
      if (auto against = against_behaviour(behaviour)) {
        return *against + fmt::format(" in behaviour {} of {} ns", n, length.ns());
      }
    }
    return std::nullopt;
  }

  // A refused set's jobs are not dropped: its bounds are for all of them.
  std::optional<std::string> against_behaviour(const Behaviour& behaviour) {
    ++counts_.behaviours;
    counts_.jobs += behaviour.jobs.size();
    const bool accepted = analysis_.verdict == Verdict::kSchedulable;
    auto lane = lane_of(question_.options, accepted);
    lane.outages = behaviour.outages;
    const auto schedule = simulate(*charged_, behaviour.jobs, lane);
    if (!schedule) return "the adversary is not allowed this: " + schedule.error().message();
    if (accepted && schedule->has_miss()) return "accepted, and a job misses";
    const auto longest = schedule->longest_responses();
    for (const theory::TaskBound& bound : analysis_.tasks) {
      const auto response = longest.find(bound.task);
      if (!bound.response_time || response == longest.end()) continue;
      if (response->second > *bound.response_time) {
        return fmt::format("t{} responds after {} ns, bound {} ns,", bound.task.value,
                           response->second.ns(), bound.response_time->ns());
      }
    }
    return std::nullopt;
  }

  std::optional<std::string> against_witness() {
    const auto witness = theory::witness(question_.tasks, question_.options, analysis_);
    if (witness) {
      ++counts_.witnesses;
      return against_replay(*witness);
    }
    const bool exact_to_a_tick =
        question_.options.blocking.convention == theory::Blocking::Convention::kStartedBefore ||
        question_.options.preemption == theory::Preemption::kPreemptive;
    if (question_.small && analysis_.failure && exact_to_a_tick) return "refused without a witness";
    return std::nullopt;
  }

  std::optional<std::string> against_search() {
    const auto witness = theory::search_for_miss(question_.tasks, question_.options,
                                                 {.most_jobs = kJobsOfOthers, .seed = seed_});
    if (!witness) return std::nullopt;
    ++counts_.found;
    return against_replay(*witness);
  }

  std::optional<std::string> against_replay(const theory::Witness& witness) {
    counts_.jobs += witness.jobs.size();
    auto lane = lane_of(question_.options, true);
    lane.outages = witness.outages;
    const auto schedule = simulate(*charged_, witness.jobs, lane);
    if (!schedule) return "the witness is not allowed: " + schedule.error().message();
    const bool misses = std::any_of(
        schedule->jobs.begin(), schedule->jobs.end(),
        [&](const theory::JobRecord& job) { return job.id == witness.late.id && job.missed(); });
    if (!misses) return "the witness does not miss";
    return std::nullopt;
  }

  const Question& question_;
  std::uint64_t seed_;
  Counts& counts_;
  Analysis analysis_;
  std::optional<TaskSet> charged_;
};

struct Arguments {
  std::uint64_t sets = 0;  // accepted ones; 0: by time
  std::chrono::seconds time{0};
  std::uint64_t seed = 1;
  std::uint64_t from = 0;
  bool forget_blocking = false;
};

void say(const Counts& counts, std::uint64_t next) {
  fmt::print(
      "{} sets: {} accepted, {} refused ({} with a witness), {} unknown ({} miss); "
      "{} behaviours, {} million jobs; next --from {}\n",
      counts.sets, counts.accepted, counts.refused, counts.witnesses, counts.unknown, counts.found,
      counts.behaviours, counts.jobs / 1'000'000, next);
  std::fflush(stdout);
}

int run(const Arguments& arguments) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kBetweenReports{10};
  const auto begin = Clock::now();
  auto report = begin + kBetweenReports;
  Counts counts;
  const auto over = [&] {
    return arguments.sets ? counts.accepted >= arguments.sets
                          : Clock::now() - begin >= arguments.time;
  };
  std::uint64_t n = arguments.from;
  for (; !over(); ++n) {
    const Question question = soak::question(arguments.seed, n);
    Trial trial(question, arguments.forget_blocking, arguments.seed + n, counts);
    if (const auto objection = trial.objection()) {
      fmt::print("{}: seed {}, set {}\n# {}: {}\n{}", *objection, arguments.seed, n,
                 trial.analysis().theorem, trial.analysis().reason, csv_of(question));
      return 1;
    }
    if (Clock::now() < report) continue;
    say(counts, n + 1);
    report += kBetweenReports;
  }
  say(counts, n);
  return 0;
}

std::optional<std::uint64_t> number(std::string_view text) {
  const std::string digits(text);
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(digits.c_str(), &end, 10);
  if (digits.empty() || digits.front() == '-' || *end != '\0') return std::nullopt;
  return value;
}

std::optional<Arguments> parse(const std::vector<std::string_view>& words) {
  if (words.size() < 2) return std::nullopt;
  Arguments arguments;
  const bool by_time = !words[0].empty() && words[0].back() == 's';
  const auto much = number(words[0].substr(0, words[0].size() - (by_time ? 1 : 0)));
  const auto seed = number(words[1]);
  if (!much || *much == 0 || !seed) return std::nullopt;
  if (by_time) {
    arguments.time = std::chrono::seconds(*much);
  } else {
    arguments.sets = *much;
  }
  arguments.seed = *seed;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "--forget-blocking") {
      arguments.forget_blocking = true;
      continue;
    }
    const auto from = i + 1 < words.size() ? number(words[i + 1]) : std::nullopt;
    if (words[i] != "--from" || !from) return std::nullopt;
    arguments.from = *from;
    ++i;
  }
  return arguments;
}

}  // namespace
}  // namespace aegis

int main(int argc, char** argv) {
  const auto arguments = aegis::parse({argv + 1, argv + argc});
  if (!arguments) {
    std::fprintf(stderr, "theory_soundness ACCEPTED_SETS|SECONDSs SEED [--from N]\n");
    return 2;
  }
  return aegis::run(*arguments);
}
