// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "aegis/base/time.h"

namespace aegis::executor {

// What the machine can tell about processor time that the lane did not get. Both grow only.
class SupplyProbe {
 public:
  virtual ~SupplyProbe() = default;
  // Processor time that the calling thread has used. A system call of some 200 ns: worth it around
  // long segments only.
  [[nodiscard]] virtual Duration thread_cpu() noexcept = 0;
  // Time for which the lane's CPU stood still or worked for others, as far as known by now.
  // Real-time: one load.
  [[nodiscard]] virtual Duration stolen() noexcept = 0;
};

// Linux: CLOCK_THREAD_CPUTIME_ID, and the CPU's line of /proc/stat, which has ticks of 10 ms and is
// read by sample(). Stolen is what its `steal` column says, and what no column says: a CPU accounts
// a tick to somebody each time it gets one, so a machine that stood still (paused, migrated, or
// kept from its processor without being told) is missing ticks afterwards.
class LinuxSupplyProbe final : public SupplyProbe {
 public:
  explicit LinuxSupplyProbe(std::optional<int> cpu);
  LinuxSupplyProbe(const LinuxSupplyProbe&) = delete;
  LinuxSupplyProbe& operator=(const LinuxSupplyProbe&) = delete;
  ~LinuxSupplyProbe() override;

  [[nodiscard]] Duration thread_cpu() noexcept override;
  [[nodiscard]] Duration stolen() noexcept override {
    return Duration::nanoseconds(stolen_ns_.load(std::memory_order_relaxed));
  }
  // Reads the column anew. One ordinary thread; some 20 µs in the kernel. Does nothing where there
  // is no /proc/stat.
  void sample() noexcept;

 private:
  std::optional<int> cpu_;  // nothing: the lane is not pinned, steal cannot be attributed to it
  int file_ = -1;
  std::int64_t tick_ns_ = 0;
  // At the last sample.
  std::int64_t sampled_at_ns_ = 0;
  std::int64_t accounted_ticks_ = 0;
  std::int64_t unaccounted_ns_ = 0;
  std::atomic<std::int64_t> stolen_ns_{0};
};

}  // namespace aegis::executor
