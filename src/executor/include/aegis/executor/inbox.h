// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "aegis/base/time.h"
#include "aegis/executor/cache_line.h"
#include "aegis/trace/ring.h"

namespace aegis::executor {

// A job as its submitter leaves it.
struct Submission {
  TimePoint arrival;  // read by the submitter just before
  std::uint64_t token = 0;
};

// What the lane could not see arrive, by whether the submitter kept the minimum inter-arrival time.
struct RefusedSubmissions {
  std::uint64_t early = 0;    // closer to the previous attempt than the period
  std::uint64_t on_time = 0;  // the lane did not look soon enough
  [[nodiscard]] std::uint64_t total() const noexcept { return early + on_time; }
};

// One task's way into the lane: a bounded ring and the count of those who found it full. A task has
// its own, so that a submitter preempted in the middle delays only its own task.
//
// A refused submission cannot be written into the lane's trace by its submitter (that ring is the
// lane's); it is counted here, and the lane records it when it next looks.
//
// submit: one thread at a time per inbox; handing the role to another thread needs a happens-before
// between them. The other functions belong to the lane's thread. Real-time: all wait-free, no
// allocation after construction.
template <class Ring = trace::SpscRing<Submission>>
class BasicInbox {
 public:
  // Capacity is rounded up to a power of two, at least 2.
  BasicInbox(std::size_t capacity, Duration period) : ring_(capacity), period_(period) {}

  // False: full, counted as refused.
  [[nodiscard]] bool submit(const Submission& submission) noexcept {
    const bool early = submission.arrival < not_before_;
    not_before_ = submission.arrival + period_;
    if (ring_.push(submission)) return true;
    auto& counter = early ? early_ : on_time_;
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    return false;
  }

  // The oldest submission; nothing when there is none.
  [[nodiscard]] std::optional<Submission> take() noexcept {
    Submission oldest;
    if (ring_.pop_into({&oldest, 1}, ring_.published()) == 0) return std::nullopt;
    ++taken_;
    return oldest;
  }
  [[nodiscard]] std::size_t depth() const noexcept {
    return static_cast<std::size_t>(ring_.published() - taken_);
  }
  [[nodiscard]] bool empty() const noexcept { return depth() == 0; }
  [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }

  // Those refused since the last call.
  [[nodiscard]] RefusedSubmissions take_refused() noexcept {
    const RefusedSubmissions total{early_.load(std::memory_order_acquire),
                                   on_time_.load(std::memory_order_acquire)};
    const RefusedSubmissions fresh{total.early - seen_.early, total.on_time - seen_.on_time};
    seen_ = total;
    return fresh;
  }

 private:
  Ring ring_;
  const Duration period_;
  std::uint64_t taken_ = 0;  // the lane's, as is seen_
  RefusedSubmissions seen_;
  alignas(kCacheLine) TimePoint not_before_;  // the submitter's
  std::atomic<std::uint64_t> early_{0};
  std::atomic<std::uint64_t> on_time_{0};
};

// The inbox that lanes use. Tests put a ring of their own in its place.
using Inbox = BasicInbox<>;

}  // namespace aegis::executor
