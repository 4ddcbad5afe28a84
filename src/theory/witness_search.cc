// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/witness_search.h"

#include <algorithm>
#include <utility>

#include "aegis/base/rational.h"
#include "aegis/theory/adversary.h"

#include "answers.h"
#include "replay.h"
#include "scenario.h"
#include "timing.h"

namespace aegis::theory {
namespace {

// A behaviour that is cut short is at most this share of the effort, so that several are tried.
constexpr std::int64_t kBehavioursAtLeast = 16;

class Search {
 public:
  Search(const TaskSet& tasks, const AnalysisOptions& options, const SearchEffort& effort)
      : tasks_(tasks),
        options_(options),
        effort_(effort),
        supply_(options.supply),
        left_(effort.most_jobs) {}

  std::optional<Witness> run() {
    if (has_offsets(tasks_)) try_declared_arrivals();
    try_adversary();
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool over() const { return found_ || left_ <= 0; }

  void try_one(Behaviour behaviour) {
    left_ -= static_cast<std::int64_t>(1 + behaviour.jobs.size() + behaviour.outages.size());
    found_ = replay(tasks_, options_, std::move(behaviour), {}).witness;
  }

  // As long as the scenario may be with a fraction of what is left; nothing where none is that
  // small.
  [[nodiscard]] std::optional<Duration> longest_with(std::int64_t share, TimePoint instant) const {
    return longest_scenario(tasks_, supply_, instant, left_ / share);
  }

  void try_declared_arrivals() {
    Duration last;
    for (const Task& task : tasks_) last = std::max(last, task.offset.value_or(Duration::zero()));
    const TimePoint instant = first_instant(tasks_);
    const auto cycle = hyperperiod(timings(tasks_));
    const Duration settled = cycle ? last + std::min(*cycle, kLargestSum / 4) * 2 : kLargestSum;
    for (const OffsetJitter jitter : {OffsetJitter::kNever, OffsetJitter::kAlways}) {
      const auto longest = longest_with(4, instant);
      if (over() || !longest) return;
      const Duration length = std::min(settled, *longest);
      const Scenario scenario{.instant = instant, .length = length, .offset_jitter = jitter};
      try_one({jobs_of(tasks_, scenario, options_.blocking.tick),
               front_loaded_outages(supply_, instant, length)});
    }
  }

  void try_adversary() {
    const auto most = longest_with(kBehavioursAtLeast, first_instant(tasks_));
    if (over() || !most) return;
    const Adversary adversary(tasks_, options_, {.length = length(*most), .seed = effort_.seed});
    const auto deliberate = static_cast<std::int64_t>(adversary.deliberate());
    const auto each = static_cast<std::int64_t>(adversary.behaviour(0).jobs.size());
    const std::int64_t stride = 1 + 2 * deliberate * (each + 1) / left_;
    for (std::int64_t n = 0; n < deliberate && !over(); n += stride) {
      try_one(adversary.behaviour(static_cast<std::size_t>(n)));
    }
    for (std::int64_t n = deliberate; !over(); ++n) {
      try_one(adversary.behaviour(static_cast<std::size_t>(n)));
    }
  }

  [[nodiscard]] Duration length(Duration most) const {
    if (utilisation(tasks_) > Rational(1)) return most;
    Duration longest;
    for (const Task& task : tasks_) longest = std::max(longest, longest_segment(task));
    const auto busy = busy_period(timings(tasks_), longest, most, supply_);
    return std::max(busy.value_or(most), Duration::nanoseconds(1));
  }

  const TaskSet& tasks_;
  const AnalysisOptions& options_;
  const SearchEffort& effort_;
  Supply supply_;
  std::int64_t left_;
  std::optional<Witness> found_;
};

}  // namespace

std::optional<Witness> search_for_miss(const TaskSet& tasks, const AnalysisOptions& options,
                                       const SearchEffort& effort) {
  if (!validate(tasks) || !validate(options.supply) || effort.most_jobs <= 0) return {};
  if (!validate(options.blocking)) return std::nullopt;
  const auto charged = charged_for(tasks, options);
  if (!charged || !validate(*charged)) return std::nullopt;
  return Search(*charged, options, effort).run();
}

}  // namespace aegis::theory
