// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aegis::scheduler {

// Under what an execution time was measured. A static network executes the same instructions each
// time; how long they take is decided by where code, weights and activations lie, by the clock of
// the CPU, and by who else uses caches and memory. Each condition provokes one of these on purpose.
enum class Condition : std::uint8_t {
  // The model alone, job after job with the small gap: everything lies where the last job left it.
  // What the others are compared with, and the time that people expect.
  kWarm,
  // Alone, but before each job the lane's CPU has written through a buffer beyond its last-level
  // cache, so that code, weights and activations come from memory. The first job, or a job after a
  // large one. What the CPU has learnt of the model's branches stays.
  kCold,
  // Alone, after random idle gaps of up to some milliseconds: the clock has dropped, the CPU wakes
  // from a deep idle state, others ran in between. A lane with slack.
  kAfterIdle,
  // All models of the lane in a seeded random order: each finds the caches as its neighbours leave
  // them. A lane at work.
  kAmongModels,
  // As kAmongModels, while on the other CPUs ordinary threads write at random through a buffer of
  // the size of the last-level cache: what is shared of it is theirs.
  kCacheAntagonist,
  // As kAmongModels, while on the other CPUs ordinary threads copy through buffers beyond the
  // last-level cache: memory bandwidth is theirs.
  kBandwidthAntagonist,
  // As kAmongModels, while the models of the other lanes run on theirs, one after the other without
  // waiting for a period. Only where there are several lanes.
  kSiblingLanes,
};
inline constexpr std::size_t kConditionCount = 7;
inline constexpr std::array<Condition, kConditionCount> kConditions{Condition::kWarm,
                                                                    Condition::kCold,
                                                                    Condition::kAfterIdle,
                                                                    Condition::kAmongModels,
                                                                    Condition::kCacheAntagonist,
                                                                    Condition::kBandwidthAntagonist,
                                                                    Condition::kSiblingLanes};

// "warm", "cold", "after_idle", "among_models", "cache_antagonist", "bandwidth_antagonist",
// "sibling_lanes".
[[nodiscard]] std::string_view to_string(Condition condition) noexcept;
[[nodiscard]] std::optional<Condition> condition_named(std::string_view name) noexcept;

// Others work on other CPUs at the same time.
[[nodiscard]] constexpr bool is_contended(Condition condition) noexcept {
  return condition >= Condition::kCacheAntagonist;
}
// All models of the lane alternate, rather than each being measured alone.
[[nodiscard]] constexpr bool alternates(Condition condition) noexcept {
  return condition >= Condition::kAmongModels;
}

// What may run beside a lane while its guarantee holds: decides which conditions a WCET stands on.
enum class CoRunners : std::uint8_t {
  // Anything, on any other CPU: every condition counts.
  kAny,
  // Nothing that loads caches or memory; the user vouches for it. Contended conditions are measured
  // and told all the same, but the WCET leaves them out.
  kLane,
};
[[nodiscard]] std::string_view to_string(CoRunners co_runners) noexcept;  // "any", "lane"

// Whether a WCET stands on this condition, given what may run beside the lane.
[[nodiscard]] constexpr bool counts(Condition condition, CoRunners co_runners) noexcept {
  return co_runners == CoRunners::kAny || !is_contended(condition);
}

}  // namespace aegis::scheduler
