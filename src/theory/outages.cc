// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/outages.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "aegis/theory/task.h"

#include "seeded_random.h"

namespace aegis::theory {
namespace {

Status refuse(const char* why) {
  return fail(Error::permanent(ErrorCode::kInvalidArgument, why));
}

// A window that begins with one outage after another.
class Window {
 public:
  Window(const std::vector<Outage>& outages, Duration length)
      : outages_(outages), length_(length) {}

  // What the window that begins with the n-th outage loses; to be asked in ascending n.
  Duration lost_from(std::size_t n) {
    const TimePoint until = outages_[n].begin + length_;
    while (past_ < outages_.size() && outages_[past_].begin < until)
      whole_ += outages_[past_++].length;
    const Duration beyond = std::max(Duration::zero(), outages_[past_ - 1].end() - until);
    const Duration lost = whole_ - beyond;
    whole_ -= outages_[n].length;
    return lost;
  }

 private:
  const std::vector<Outage>& outages_;
  Duration length_;
  std::size_t past_ = 0;  // the first outage that begins after the window
  Duration whole_;        // of those from n to it
};

// How long an outage may be that begins at `begin`, after `recent`: for the window that begins with
// one of them, what is left of it, unless that is all that remains of the window.
Duration longest_allowed(const Supply& supply, const std::deque<Outage>& recent, TimePoint begin) {
  Duration longest = supply.lost;
  Duration left = longest;
  for (const Outage& outage : recent) {
    left -= outage.length;
    if (outage.begin + supply.window - begin > left) longest = std::min(longest, left);
  }
  return longest;
}

}  // namespace

Status validate(const std::vector<Outage>& outages) {
  std::optional<TimePoint> previous;
  for (const Outage& outage : outages) {
    if (outage.length <= Duration::zero()) return refuse("an outage is not longer than nothing");
    if (outage.begin < TimePoint{}) return refuse("an outage begins before 0");
    if (previous && outage.begin <= *previous) {
      return refuse("an outage does not begin after the end of the one before");
    }
    const auto end = Duration::checked_add(outage.begin - TimePoint{}, outage.length);
    if (!end || *end > kLargestSum) return refuse("an outage ends after more than 36 years");
    previous = outage.end();
  }
  return ok();
}

Status allowed_by(const Supply& supply, const std::vector<Outage>& outages) {
  if (const Status valid = validate(supply); !valid) return valid;
  if (const Status valid = validate(outages); !valid) return valid;
  Window window(outages, supply.window);
  for (std::size_t n = 0; n < outages.size(); ++n) {
    if (window.lost_from(n) > supply.lost) return refuse("a window loses more than the supply may");
  }
  return ok();
}

std::vector<Outage> front_loaded_outages(const Supply& supply, TimePoint start, Duration end) {
  std::vector<Outage> outages;
  if (supply.is_full()) return outages;
  for (Duration since; since < end; since += supply.window) {
    outages.push_back({start + since, supply.lost});
  }
  return outages;
}

std::vector<Outage> random_outages(const Supply& supply, Duration end, std::uint64_t seed) {
  std::vector<Outage> outages;
  if (supply.is_full()) return outages;
  Random random(seed);
  std::deque<Outage> recent;  // whose windows are still open, the latest first
  TimePoint begin = TimePoint{} + random.between(Duration::zero(), supply.window);
  while (begin < TimePoint{} + end) {
    while (!recent.empty() && recent.back().begin + supply.window <= begin) recent.pop_back();
    const Duration longest = longest_allowed(supply, recent, begin);
    if (longest > Duration::zero()) {
      const Duration tick = Duration::nanoseconds(1);
      const bool whole = random.with_percent(50);
      outages.push_back({begin, whole ? longest : random.between(tick, longest)});
      recent.push_front(outages.back());
    }
    const TimePoint earliest = outages.empty() ? begin : outages.back().end();
    begin = std::max(begin, earliest) + random.between(Duration::nanoseconds(1), supply.window);
    if (!recent.empty() && random.with_percent(30)) {
      begin = std::max(earliest + Duration::nanoseconds(1), recent.back().begin + supply.window);
    }
  }
  return outages;
}

}  // namespace aegis::theory
