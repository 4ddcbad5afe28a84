// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/executor/alert.h"
#include "aegis/trace/ring.h"

namespace aegis::executor {

// One worker's alerts on their way to an ordinary thread. When that thread falls behind by the
// capacity, further alerts are dropped and counted: a worker never waits for who listens.
class AlertQueue {
 public:
  // 256 alerts are 24 KB, and outlast a burst of one alert every 40 µs until a thread that looks
  // every 10 ms comes by.
  static constexpr std::size_t kUsualCapacity = 256;

  // `worker` is what a report of dropped alerts names. Rounded up to a power of two.
  explicit AlertQueue(std::uint32_t worker, std::size_t capacity = kUsualCapacity)
      : worker_(worker), ring_(capacity) {}

  // The worker. Real-time: wait-free; neither allocates nor locks. False: full, and counted.
  bool raise(const Alert& alert) noexcept { return ring_.push(alert); }

  // Any thread; a lower bound while the worker raises.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return ring_.dropped(); }
  [[nodiscard]] std::uint32_t worker() const noexcept { return worker_; }

 private:
  friend class AlertDelivery;
  const std::uint32_t worker_;
  trace::SpscRing<Alert> ring_;
};

// Who hears of alerts, and of how many at once.
struct AlertListener {
  // Called on the thread that delivers. An exception is caught and counted. May be empty.
  std::function<void(const Alert&)> on_alert;
  // So many alerts of one kind a second come one by one, the rest of that second as one alert that
  // says how many. More buries the listener, fewer hide what differs between them; with none each
  // second is one alert a kind.
  std::uint32_t per_kind_and_second = 10;
};

// Takes alerts out of the workers' queues and hands them to a listener.
//
//   AlertDelivery delivery({.on_alert = [](const Alert& alert) { log(alert); }}, queues);
//   while (running) { delivery.deliver(clock.now()); sleep(10 ms); }
//   delivery.flush(clock.now());
//
// After flush(), when the workers have stopped: the counts of all alerts handed over, those of
// kAlertsDropped included, sum up to the alerts that were raised. None is lost in silence.
//
// One ordinary thread; the counters may be read by any.
class AlertDelivery {
 public:
  // The queues outlive it. Allocates.
  AlertDelivery(AlertListener listener, std::span<AlertQueue* const> queues);

  // Hands over what has come in until now; first, if a second has passed since its window began,
  // what the last window collapsed. A window begins with the first delivery after the last one
  // ended. Bounded by what is in the queues at the call. The listener must not call it.
  void deliver(TimePoint now);
  // Hands over everything, also what is collapsed so far: at the end.
  void flush(TimePoint now);

  // Calls of the listener, and those that ended in an exception.
  [[nodiscard]] std::uint64_t delivered() const noexcept {
    return delivered_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t failed() const noexcept {
    return failed_.load(std::memory_order_relaxed);
  }

 private:
  struct Source {
    AlertQueue* queue = nullptr;
    std::uint64_t dropped = 0;  // reported
  };
  // The alerts of one kind in the present window.
  struct Window {
    std::uint32_t one_by_one = 0;
    Alert collapsed{.count = 0};  // the worst of the rest, with their count
  };
  static constexpr Duration kWindow = Duration::seconds(1);

  void drain(Source& source, TimePoint now);
  void take(const Alert& alert);
  void end_window();
  void hand_over(const Alert& alert);

  const AlertListener listener_;
  std::vector<Source> sources_;
  std::array<Window, kAlertKindCount> windows_;
  TimePoint window_began_;
  bool in_window_ = false;
  std::atomic<std::uint64_t> delivered_{0}, failed_{0};
};

}  // namespace aegis::executor
