// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/check.h"
#include "aegis/base/time.h"
#include "aegis/executor/scheduled_task.h"

#include "monitor/latency_monitor.h"

namespace aegis::executor {

// What submissions of an admitted source are held against. Any thread.
class SporadicSource {
 public:
  SporadicSource(const SporadicTask& task, std::uint8_t its_group, std::uint8_t its_worker)
      : wcet(task.wcet.value),
        deadline(task.deadline),
        min_inter_arrival(task.min_inter_arrival),
        group(its_group),
        worker(its_worker),
        most_unfinished_(task.unfinished) {}

  const Duration wcet;
  const RelativeDeadline deadline;
  const Duration min_inter_arrival;
  const std::uint8_t group;
  const std::uint8_t worker;

  // Whether a job may arrive now; if so it has. Lock-free. It counts itself before it looks whether
  // the source is open, and who gives the share back closes before it looks whether anything is
  // counted; each a store, then a load, in one order for all: one of the two sees the other.
  enum class Arrival : std::uint8_t { kTaken, kEarly, kTooMany, kClosed };
  [[nodiscard]] Arrival arrive(TimePoint now) noexcept {
    const std::uint32_t others = unfinished_.fetch_add(1, std::memory_order_seq_cst);
    if (!open_.load(std::memory_order_seq_cst)) {
      finished();
      return Arrival::kClosed;
    }
    if (others >= most_unfinished_) {
      finished();
      return Arrival::kTooMany;
    }
    std::int64_t not_before = not_before_ns_.load(std::memory_order_acquire);
    do {
      if (now.ns() < not_before) {
        finished();
        return Arrival::kEarly;
      }
    } while (!not_before_ns_.compare_exchange_weak(not_before, (now + min_inter_arrival).ns(),
                                                   std::memory_order_acq_rel));
    return Arrival::kTaken;
  }
  // The job that arrived then was not taken after all: the next may arrive in its place.
  void take_back(TimePoint arrival) noexcept {
    std::int64_t not_before = (arrival + min_inter_arrival).ns();
    not_before_ns_.compare_exchange_strong(not_before, arrival.ns(), std::memory_order_acq_rel);
    finished();
  }
  // Its job has ended.
  void finished() noexcept { unfinished_.fetch_sub(1, std::memory_order_acq_rel); }
  void close() noexcept { open_.store(false, std::memory_order_seq_cst); }
  // Once its share has been given back and proven anew. Its last arrival still counts.
  void reopen() noexcept { open_.store(true, std::memory_order_seq_cst); }
  // Whether a proof of one is a proof of the other.
  [[nodiscard]] bool same_as(const SporadicSource& other) const noexcept {
    return wcet == other.wcet && deadline == other.deadline && group == other.group &&
           worker == other.worker && min_inter_arrival == other.min_inter_arrival &&
           most_unfinished_ == other.most_unfinished_;
  }
  [[nodiscard]] bool is_open() const noexcept { return open_.load(std::memory_order_acquire); }
  [[nodiscard]] bool idle() const noexcept {
    return unfinished_.load(std::memory_order_seq_cst) == 0;
  }

 private:
  const std::uint32_t most_unfinished_;
  std::atomic<std::uint32_t> unfinished_{0};
  std::atomic<std::int64_t> not_before_ns_{0};
  std::atomic<bool> open_{true};
};

// A name under which jobs are measured, by each worker for itself.
struct KindState {
  TaskKindConfig config;
  Duration wcet;  // declared; zero: not
  std::unique_ptr<SporadicSource> source;
  std::vector<std::unique_ptr<LatencyMonitor>> monitors;  // indexed by worker
  // One-shot tasks that ended before any worker ran them: cancelled, abandoned, or because one that
  // they followed failed. Whoever ends them counts, so no worker's monitor can.
  std::atomic<std::int64_t> never_ran{0};
};

// All kinds there are; only ever grows. Added by ordinary threads, one at a time, while others
// look. Real-time: a look is one load.
class KindTable {
 public:
  explicit KindTable(std::size_t capacity) : kinds_(capacity) {}

  // Its index; nothing when the table is full.
  [[nodiscard]] std::optional<std::uint32_t> add(std::unique_ptr<KindState> kind) {
    const std::size_t count = count_.load(std::memory_order_relaxed);
    if (count == kinds_.size()) return std::nullopt;
    kinds_[count] = std::move(kind);
    count_.store(count + 1, std::memory_order_release);
    return static_cast<std::uint32_t>(count);
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_.load(std::memory_order_acquire); }
  [[nodiscard]] KindState& operator[](std::size_t i) const noexcept { return *kinds_[i]; }

 private:
  std::vector<std::unique_ptr<KindState>> kinds_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace aegis::executor
