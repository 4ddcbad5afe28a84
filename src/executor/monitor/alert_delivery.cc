// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/alert_delivery.h"

#include <algorithm>
#include <utility>

namespace aegis::executor {
namespace {

void add_one(std::atomic<std::uint64_t>& counter) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

AlertDelivery::AlertDelivery(AlertListener listener, std::span<AlertQueue* const> queues)
    : listener_(std::move(listener)) {
  for (AlertQueue* queue : queues) sources_.push_back({.queue = queue});
}

void AlertDelivery::deliver(TimePoint now) {
  if (in_window_ && now - window_began_ >= kWindow) end_window();
  if (!in_window_) {
    in_window_ = true;
    window_began_ = now;
  }
  for (Source& source : sources_) drain(source, now);
}

void AlertDelivery::flush(TimePoint now) {
  deliver(now);
  end_window();
}

void AlertDelivery::drain(Source& source, TimePoint now) {
  trace::SpscRing<Alert>& ring = source.queue->ring_;
  const std::uint64_t end = ring.published();
  for (Alert alert; ring.pop_into({&alert, 1}, end) == 1;) take(alert);
  const std::uint64_t dropped = ring.dropped();
  if (dropped == source.dropped) return;
  take({.kind = AlertKind::kAlertsDropped,
        .worker = source.queue->worker(),
        .count = dropped - std::exchange(source.dropped, dropped),
        .at = now});
}

void AlertDelivery::take(const Alert& alert) {
  // A kind beyond the last is a newer program's; it is collapsed with the last.
  const auto kind = std::min(static_cast<std::size_t>(alert.kind), kAlertKindCount - 1);
  Window& window = windows_.at(kind);
  if (window.one_by_one < listener_.per_kind_and_second) {
    ++window.one_by_one;
    hand_over(alert);
    return;
  }
  const std::uint64_t before = window.collapsed.count;
  if (before == 0 || alert.measured > window.collapsed.measured) window.collapsed = alert;
  window.collapsed.count = before + alert.count;
}

void AlertDelivery::end_window() {
  for (Window& window : windows_) {
    if (window.collapsed.count > 0) hand_over(window.collapsed);
    window = {};
  }
  in_window_ = false;
}

void AlertDelivery::hand_over(const Alert& alert) {
  if (!listener_.on_alert) return;
  add_one(delivered_);
  try {
    listener_.on_alert(alert);
  } catch (...) {
    add_one(failed_);
  }
}

}  // namespace aegis::executor
