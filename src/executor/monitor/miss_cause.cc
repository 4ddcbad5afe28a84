// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/miss_cause.h"

#include <algorithm>
#include <array>

namespace aegis::executor {
namespace {

using Contributions = std::array<Duration, kMissCauseCount>;

constexpr Duration& of(Contributions& contributions, MissCause cause) {
  return contributions[static_cast<std::size_t>(cause)];
}

Duration at_least_zero(Duration length) noexcept {
  return std::max(length, Duration::zero());
}

// Real time has no 2^63 ns; evidence from outside may say so.
Duration saturating_sum(Duration a, Duration b) noexcept {
  return Duration::checked_add(a, b).value_or(Duration::max());
}

MissCause owner_of_gaps(const MissEvidence& seen, Duration gaps) noexcept {
  if (seen.involuntary_switches > 0) return MissCause::kPreempted;
  const auto needed = static_cast<std::uint64_t>(gaps / kMinorFaultMost) + 1;
  const bool faults_suffice = seen.major_faults > 0 || seen.minor_faults >= needed;
  return faults_suffice ? MissCause::kPageFault : MissCause::kLostSupply;
}

Contributions contributions_of(const MissEvidence& seen) noexcept {
  Contributions all{};
  const Duration lost = at_least_zero(seen.lost);
  const Duration stolen = at_least_zero(seen.stolen);
  const Duration gaps = at_least_zero(lost - stolen);
  of(all, MissCause::kLostSupply) = stolen;
  Duration& owner = of(all, owner_of_gaps(seen, gaps));
  owner = saturating_sum(owner, gaps);
  of(all, MissCause::kLateRelease) = at_least_zero(seen.late_release);
  of(all, MissCause::kOverrun) = at_least_zero(seen.overrun_excess);
  of(all, MissCause::kBlocking) = at_least_zero(seen.blocking_excess);
  if (!seen.proven) of(all, MissCause::kOverload) = at_least_zero(seen.queueing);
  return all;
}

}  // namespace

std::string_view to_string(MissCause cause) noexcept {
  static constexpr std::array<std::string_view, kMissCauseCount> kWords = {
      "skipped", "lost_supply", "preempted", "page_fault",  "late_release",
      "overrun", "blocking",    "overload",  "unattributed"};
  const auto index = static_cast<std::size_t>(cause);
  if (index >= kWords.size()) return "unknown";
  return kWords[index];
}

MissCause diagnose(const MissEvidence& evidence) noexcept {
  if (evidence.skipped) return MissCause::kSkipped;
  const Contributions all = contributions_of(evidence);
  const auto explains = [&](Duration length) {
    return length > Duration::zero() && length >= evidence.tardiness;
  };
  const auto* const enough = std::find_if(all.begin(), all.end(), explains);
  const auto* const named = enough != all.end() ? enough : std::max_element(all.begin(), all.end());
  if (*named > Duration::zero()) return static_cast<MissCause>(named - all.begin());
  return evidence.proven ? MissCause::kUnattributed : MissCause::kOverload;
}

}  // namespace aegis::executor
