// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/scheduler/condition.h"

namespace aegis::scheduler {

// How profiles are measured and summed up: 3 is under named conditions, with at most one sample in
// a thousand excluded for its length. A profile of another method is measured anew.
inline constexpr std::uint32_t kProfileMethod = 3;

// What a measurement is valid for. A profile of anything else says nothing about this run.
struct ProfileIdentity {
  std::string model;             // name in the workload
  std::string content;           // hash of the model's files and of its options, hexadecimal
  std::string backend;           // "onnxruntime"
  std::string backend_version;   // "1.24.3"
  std::string backend_settings;  // "library=/usr/lib/libonnxruntime.so", or "default"
  std::uint32_t batch = 1;
  std::string cpu_model;  // as the kernel names it
  int cpu_count = 0;      // online: who can contend
  int lane_cpu = -1;      // that the lane is pinned to; cores of one machine differ. -1: not pinned
  std::string isolation;  // of that CPU: "isolated", "nohz_full", "isolated, nohz_full" or "shared"
  std::string smt;        // "on", "off" or "none"
  std::string kernel;     // release
  std::string governor;   // "performance", or "none" where the machine has no frequency control
  bool real_time = false;  // measured on a SCHED_FIFO thread
  int fifo_priority = 0;   // of that thread, as asked for; 0: the normal class
  CoRunners co_runners = CoRunners::kAny;
  std::uint32_t method = kProfileMethod;

  // Each member that differs, with both values, in words: "version of the backend
  // (backend_version): 1.24.3, now 1.27.0". Empty: the same.
  [[nodiscard]] std::vector<std::string> differences(const ProfileIdentity& now) const;
};

// One measured execution of one segment.
struct Sample {
  Duration execution;
  bool excluded = false;  // the processor was taken away, or the machine stood still
  bool operator==(const Sample&) const = default;
};

// Execution times of one segment under one condition. Percentiles are order statistics of the
// samples not excluded, not fits.
struct ConditionProfile {
  Condition condition = Condition::kWarm;
  std::uint64_t samples = 0;  // that the figures stand on
  std::uint64_t excluded = 0;
  Duration min;
  Duration p50;
  Duration p99;
  Duration p999;
  Duration max;
  double cv = 0;            // standard deviation / mean
  std::vector<Sample> raw;  // samples + excluded of them, in the order of measurement
};

// The order statistics of `raw`, of which at least one is not excluded.
[[nodiscard]] ConditionProfile summarise(Condition condition, std::vector<Sample> raw);

// The longest execution that the figures leave out; nothing: they leave out none. Linear in the
// samples.
[[nodiscard]] std::optional<Duration> longest_excluded(const ConditionProfile& measured);

// One segment of a model under every condition measured, and the WCET that follows.
struct SegmentProfile {
  std::vector<ConditionProfile> conditions;  // in the order of Condition, each at most once
  Duration wcet;                             // wcet_of(conditions, ...)

  // Null: not measured.
  [[nodiscard]] const ConditionProfile* under(Condition condition) const;
};

// The largest sample of all conditions that count beside `co_runners`, x margin, rounded up to a
// microsecond. Zero when none counts.
[[nodiscard]] Duration wcet_of(const std::vector<ConditionProfile>& conditions,
                               CoRunners co_runners, double margin);

// The condition that the WCET stands on: of those that count, the one with the largest sample. Null
// when none counts.
[[nodiscard]] const ConditionProfile* worst_condition(const SegmentProfile& segment,
                                                      CoRunners co_runners);

// How much slower these segments together are under the worst co-runners than without: the sum of
// their medians under the contended condition where it is largest, over the sum under kAmongModels,
// which differs from it in the co-runners alone. Medians, because co-runners slow every job, while
// the tails of both conditions are mostly the machine's doing and their quotient says nothing; the
// WCET has the tail. Nothing: not measured.
[[nodiscard]] std::optional<double> contention_factor(std::span<const SegmentProfile> segments);
// Likewise, cold over warm.
[[nodiscard]] std::optional<double> cold_factor(std::span<const SegmentProfile> segments);

// One model's measured execution times. `wcet` is a measured maximum with a margin: evidence, not a
// proof. An execution beyond it is recorded as a violated assumption, never hidden.
struct ModelProfile {
  ProfileIdentity identity;
  double margin = 1.2;
  std::vector<SegmentProfile> segments;
  std::int64_t measured_unix_seconds = 0;
  std::string note;  // what could not be measured here, and why; empty: nothing
};

}  // namespace aegis::scheduler
