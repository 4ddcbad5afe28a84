// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aegis/base/time.h"

namespace aegis::scheduler {

// What a measurement is valid for. A profile of anything else says nothing about this run.
struct ProfileIdentity {
  std::string model;            // name in the workload
  std::string content;          // hash of the model's files and of the backend options, hexadecimal
  std::string backend;          // "onnxruntime"
  std::string backend_version;  // "1.24.3"
  std::uint32_t batch = 1;
  std::string cpu_model;   // as the kernel names it
  std::string kernel;      // release
  std::string governor;    // "performance", or "none" where the machine has no frequency control
  bool real_time = false;  // measured on a SCHED_FIFO, pinned thread

  // The names of the members that differ with both values, "backend_version: 1.24.3, now 1.27.0";
  // empty: the same.
  [[nodiscard]] std::vector<std::string> differences(const ProfileIdentity& now) const;
};

// Execution times of one segment. Percentiles are order statistics of the samples, not fits.
struct SegmentProfile {
  std::uint64_t samples = 0;   // that the figures stand on
  std::uint64_t excluded = 0;  // during which the processor was taken away (see WcetProfiler)
  Duration min;
  Duration p50;
  Duration p99;
  Duration p999;
  Duration max;
  double cv = 0;  // standard deviation / mean
  Duration wcet;  // max × margin, rounded up to a microsecond
};

// One model's measured execution times. `wcet` is a measured maximum with a margin: evidence, not a
// proof. An execution beyond it is recorded as a violated assumption, never hidden.
struct ModelProfile {
  ProfileIdentity identity;
  double margin = 1.2;
  std::vector<SegmentProfile> segments;
  std::int64_t measured_unix_seconds = 0;
};

// The order statistics of `samples` (at least one) with WCET = max × margin.
[[nodiscard]] SegmentProfile summarise(const std::vector<Duration>& samples, std::uint64_t excluded,
                                       double margin);

}  // namespace aegis::scheduler
