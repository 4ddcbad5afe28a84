// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace aegis::benchmarks {

// Windows in which a processor did not run its spinning thread: two neighbouring readings of the
// counter further apart than 20 µs, beyond what a timer interrupt takes. What a loop does not see
// by itself (the hypervisor gave the processor to somebody else, the kernel's fair server ran) is
// no fault of what is measured.
//
// One thread looks; any thread reads what has been published.
class SupplyWatch {
 public:
  struct Window {
    std::int64_t from = 0;
    std::int64_t to = 0;
  };
  static constexpr std::int64_t kGapNs = 20'000;

  explicit SupplyWatch(std::int64_t gap_ticks) : gap_(gap_ticks) {}

  // Real-time: a subtraction, and a store at a gap. Windows beyond kMost are counted only.
  void look(std::int64_t now) noexcept {
    if (last_ != 0 && now - last_ > gap_) publish({.from = last_, .to = now});
    last_ = now;
  }
  // After an intended sleep.
  void forget() noexcept { last_ = 0; }

  [[nodiscard]] bool overlaps(std::int64_t from, std::int64_t to) const noexcept {
    const std::size_t count = std::min(count_.load(std::memory_order_acquire), kMost);
    for (std::size_t i = 0; i < count; ++i) {
      if (windows_[i].from <= to && from <= windows_[i].to) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kMost = 4096;  // one each millisecond for 4 s: far more than seen

  void publish(Window window) noexcept {
    const std::size_t count = count_.load(std::memory_order_relaxed);
    if (count < kMost) windows_[count] = window;
    count_.store(count + 1, std::memory_order_release);
  }

  std::int64_t gap_;
  std::int64_t last_ = 0;
  std::array<Window, kMost> windows_{};
  std::atomic<std::size_t> count_{0};
};

}  // namespace aegis::benchmarks
