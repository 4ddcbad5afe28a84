// SPDX-License-Identifier: Apache-2.0
#include "demand_ledger.h"

#include <algorithm>

namespace aegis::theory {
namespace {

constexpr Duration kTick = Duration::nanoseconds(1);

std::optional<Duration> last_deadline_before(const Timing& task, Duration t) {
  const Duration first = task.first_deadline();
  if (first >= t) return std::nullopt;
  return t - kTick - (t - kTick - first) % task.period;
}

}  // namespace

// One walk downwards over the union.
class DemandLedger::Update {
 public:
  Update(const Timing& newcomer, const EdfDemand& all) : newcomer_(newcomer), all_(all) {}

  // Every deadline in [from, until), asking all tasks at each point.
  bool walk(Duration from, Duration until) {
    for (auto t = all_.last_deadline_before(until); t && *t >= from;) {
      const Duration demand = all_.demand(*t);
      if (!take(*t, demand)) return false;
      t = all_.last_deadline_before(entries_.back().from);
    }
    return true;
  }

  // The newcomer's deadlines in (from, until), where nobody else's are; `demand` is that of the
  // others.
  bool walk_newcomer(Duration from, Duration until, Duration demand) {
    for (auto t = theory::last_deadline_before(newcomer_, until); t && *t > from;) {
      if (!take(*t, demand + due_by(newcomer_, *t))) return false;
      entries_.back().from = std::max(entries_.back().from, from + kTick);
      t = theory::last_deadline_before(newcomer_, entries_.back().from);
    }
    return true;
  }

  // A stretch that held without the newcomer.
  bool revisit(const Entry& entry) {
    const Duration demand = entry.demand + due_by(newcomer_, entry.to);
    if (all_.held_from(demand) > entry.from) return walk(entry.from, entry.to + kTick);
    entries_.push_back({entry.from, entry.to, demand});
    return true;
  }

  std::vector<Entry> take_entries() && { return std::move(entries_); }
  [[nodiscard]] bool is_beyond_limits() const { return points_ <= 0; }

 private:
  bool take(Duration t, Duration demand) {
    if (points_-- <= 0 || all_.breaks_at(t, demand)) return false;
    entries_.push_back({std::min(all_.held_from(demand), t), t, demand});
    return true;
  }

  const Timing& newcomer_;
  const EdfDemand& all_;
  std::vector<Entry> entries_;
  std::int64_t points_ = all_.most_points();
};

std::optional<DemandLedger> DemandLedger::with(const Timing& newcomer, const EdfDemand& all,
                                               Verdict& verdict) const {
  verdict = Verdict::kUnknown;
  const auto horizon = all.horizon();
  if (!horizon) return std::nullopt;
  Update update(newcomer, all);
  Duration upper = std::max(horizon->end, end_);
  bool holds = update.walk(entries_.empty() ? -kLargestSum : end_, upper);
  upper = end_;
  for (auto entry = entries_.begin(); holds && entry != entries_.end(); ++entry) {
    holds = update.walk_newcomer(entry->to, upper, entry->demand) && update.revisit(*entry);
    upper = entry->from;
  }
  holds = holds && update.walk_newcomer(-kLargestSum, upper, Duration::zero());
  if (!holds) {
    if (!update.is_beyond_limits()) verdict = Verdict::kUnschedulable;
    return std::nullopt;
  }
  verdict = Verdict::kSchedulable;
  DemandLedger ledger;
  ledger.entries_ = std::move(update).take_entries();
  ledger.end_ = std::max(horizon->end, end_);
  return ledger;
}

void DemandLedger::leave_out(const Timing& leaver) {
  for (Entry& entry : entries_) entry.demand -= due_by(leaver, entry.to);
}

}  // namespace aegis::theory
