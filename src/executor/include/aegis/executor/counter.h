// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace aegis::executor {

// A number that one thread changes and anybody may read. Real-time: a load and a store, no locked
// instruction.
class Counter {
 public:
  // The one writer.
  void add(std::int64_t amount = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_release);
  }
  void raise_to(std::int64_t candidate) noexcept {
    if (candidate > value_.load(std::memory_order_relaxed)) {
      value_.store(candidate, std::memory_order_relaxed);
    }
  }
  // Anybody. What the writer did before it counted is visible to whoever sees the count. Counters
  // read one after another are not of one instant.
  [[nodiscard]] std::int64_t value() const noexcept {
    return value_.load(std::memory_order_acquire);
  }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace aegis::executor
