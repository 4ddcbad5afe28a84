// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <sched.h>

namespace aegis::scheduler {

// Keeps the calling thread off the lanes' processors while it loads or unloads a model.
//
// A real-time lane takes its processor from an ordinary thread at once, but not from the kernel
// working for one: mapping, populating and unmapping a model's pages are calls of tens of
// milliseconds that a kernel without full preemption does not interrupt. Measured on a processor
// shared with the lane, memory locked, a network of 15 MiB loaded ten times a second: 35 windows of
// lost supply up to 62 ms in 8 s; on another processor: 2.
//
// Where every allowed processor is a lane's, nothing changes. Slow path.
class OffTheLanes {
 public:
  explicit OffTheLanes(const std::vector<int>& lane_cpus) {
    if (::sched_getaffinity(0, sizeof(before_), &before_) != 0) return;
    cpu_set_t others = before_;
    for (const int cpu : lane_cpus) CPU_CLR(static_cast<std::size_t>(cpu), &others);
    if (CPU_COUNT(&others) == 0 || CPU_EQUAL(&others, &before_)) return;
    moved_ = ::sched_setaffinity(0, sizeof(others), &others) == 0;
  }
  ~OffTheLanes() {
    if (moved_) ::sched_setaffinity(0, sizeof(before_), &before_);
  }
  OffTheLanes(const OffTheLanes&) = delete;
  OffTheLanes& operator=(const OffTheLanes&) = delete;

 private:
  cpu_set_t before_{};
  bool moved_ = false;
};

}  // namespace aegis::scheduler
