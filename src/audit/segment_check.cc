// SPDX-License-Identifier: Apache-2.0
#include "segment_check.h"

#include <fmt/format.h>

#include "aegis/base/duration_text.h"

namespace aegis::audit {

using trace::Event;
using trace::EventType;

namespace {

std::string segment_of(const trace::Trace& trace, const std::optional<Event>& event) {
  if (!event) return "no segment";
  return fmt::format("{} segment {}", trace.job_name(event->job_id()),
                     trace::saturating_plus(event->payload[0], 1));
}

bool same_segment(const std::optional<Event>& a, const Event& b) {
  return a && a->job_id() == b.job_id() && a->payload[0] == b.payload[0];
}

// Nothing when it is not declared.
std::optional<std::int64_t> declared_wcet(const trace::Trace& trace, const Event& event) {
  const trace::TaskDeclaration* task = trace.find_task(TaskId{event.task});
  const std::int64_t segment = event.payload[0];
  if (task == nullptr || segment < 0 ||
      segment >= static_cast<std::int64_t>(task->segment_wcets.size())) {
    return std::nullopt;
  }
  return task->segment_wcets[static_cast<std::size_t>(segment)].ns();
}

}  // namespace

void SegmentCheck::take(const Event& event) {
  check_time(event);
  switch (event.type) {
    case EventType::kSelected:
      settle_overrun();
      selected_ = event;
      return;
    case EventType::kSegmentStart:
      return start(event);
    case EventType::kSegmentEnd:
      return end(event);
    case EventType::kOverrun:
      return overrun(event);
    case EventType::kIdleBegin:
      settle_overrun();
      lane_.require(!running_, Rule::kSegments, event, "the running segment to end first",
                    "the lane begins to idle");
      return;
    default:
      return;
  }
}

// Of what the lane's own thread records in the order in which it happens.
void SegmentCheck::check_time(const Event& event) {
  switch (event.type) {
    case EventType::kReleased:
    case EventType::kSelected:
    case EventType::kSegmentStart:
    case EventType::kSegmentEnd:
    case EventType::kCompleted:
    case EventType::kIdleBegin:
    case EventType::kIdleEnd:
      break;
    default:
      return;
  }
  lane_.require(
      event.time_ns >= latest_ns_, Rule::kSegments, event,
      [&] { return fmt::format("a time of at least {} ns", latest_ns_); },
      [&] { return fmt::format("{} at {} ns", to_string(event.type), event.time_ns); });
  latest_ns_ = std::max(latest_ns_, event.time_ns);
}

void SegmentCheck::start(const Event& event) {
  settle_overrun();
  lane_.require(
      !running_, Rule::kSegments, event,
      [&] { return segment_of(lane_.trace, running_) + " to end first"; },
      [&] { return segment_of(lane_.trace, event) + " starts"; });
  lane_.require(
      same_segment(selected_, event), Rule::kSegments, event,
      [&] { return "the start of what was selected: " + segment_of(lane_.trace, selected_); },
      [&] { return segment_of(lane_.trace, event) + " starts"; });
  if (const auto wcet = declared_wcet(lane_.trace, event)) {
    lane_.require(
        *wcet == event.payload[1], Rule::kOverrun, event,
        [&] { return fmt::format("a WCET of {} ns", *wcet); },
        [&] { return fmt::format("started with a WCET of {} ns", event.payload[1]); });
  }
  selected_.reset();
  running_ = event;
}

void SegmentCheck::end(const Event& event) {
  const bool matches = lane_.require(
      same_segment(running_, event), Rule::kSegments, event,
      [&] { return "the end of " + segment_of(lane_.trace, running_); },
      [&] { return "the end of " + segment_of(lane_.trace, event); });
  if (matches) {
    const std::int64_t elapsed = trace::saturating_minus(event.time_ns, running_->time_ns);
    lane_.require(
        event.payload[1] >= 0 && event.payload[1] <= elapsed, Rule::kSegments, event,
        [&] { return fmt::format("an execution time within the {} ns it ran", elapsed); },
        [&] { return fmt::format("{} ns", event.payload[1]); });
  }
  running_.reset();
  const auto wcet = declared_wcet(lane_.trace, event);
  if (wcet && event.payload[1] > *wcet) overran_ = event;
}

void SegmentCheck::overrun(const Event& event) {
  lane_.require(
      same_segment(overran_, event), Rule::kOverrun, event,
      [] { return std::string("no overrun: the segment stayed within its WCET"); },
      [&] { return fmt::format("an overrun of {}", segment_of(lane_.trace, event)); });
  overran_.reset();
}

void SegmentCheck::settle_overrun() {
  if (!overran_) {
    lane_.count(Rule::kOverrun);
    return;
  }
  lane_.require(
      false, Rule::kOverrun, *overran_, [] { return std::string("an overrun to be recorded"); },
      [&] {
        return fmt::format("none, though {} ran {} ns", segment_of(lane_.trace, overran_),
                           overran_->payload[1]);
      });
  overran_.reset();
}

void SegmentCheck::finish() {
  if (!lane_.trace.truncated) settle_overrun();
}

}  // namespace aegis::audit
