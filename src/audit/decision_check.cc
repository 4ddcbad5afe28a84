// SPDX-License-Identifier: Apache-2.0
#include "decision_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "aegis/trace/event_fields.h"

namespace aegis::audit {

using trace::Event;
using trace::EventType;
using trace::SelectionReason;

namespace {

std::string described(const trace::Trace& trace, JobId job, std::int64_t segment,
                      std::int64_t key) {
  return fmt::format("{} segment {} (key {})", trace.job_name(job),
                     trace::saturating_plus(segment, 1), key);
}

}  // namespace

void DecisionCheck::take(const Event& event) {
  switch (event.type) {
    case EventType::kReleased:
      return release(event);
    case EventType::kSelected:
      return select(event);
    case EventType::kAlternative:
      return check_alternative(event);
    case EventType::kSegmentEnd:
      return end_segment(event);
    case EventType::kCompleted:
    case EventType::kRefused:
      return take_out(event.job_id());
    case EventType::kIdleBegin:
      return idle(event);
    default:
      return;
  }
}

void DecisionCheck::take_out(JobId job) {
  ready_.erase(job);
  unknown_.erase(job);
}

void DecisionCheck::release(const Event& event) {
  const trace::TaskDeclaration* task = lane_.trace.find_task(TaskId{event.task});
  std::optional<std::int64_t> key;
  if (task != nullptr && lane_.declared != nullptr && !task->segment_wcets.empty()) {
    key = restated_key(lane_.declared->policy, event.payload[0], *task);
  }
  if (!key) {
    unknown_[event.job_id()] = true;
    return;
  }
  ready_[event.job_id()] = {.standing = {*key, event.payload[0], event.task, event.job},
                            .segment = 0,
                            .segments = static_cast<std::uint32_t>(task->segment_wcets.size())};
  lane_.require(
      event.payload[2] == *key, Rule::kKey, event, [&] { return fmt::format("key {}", *key); },
      [&] { return fmt::format("key {} at its release", event.payload[2]); });
  const auto count = static_cast<std::int64_t>(ready_.size());
  if (unknown_.empty()) {
    lane_.require(
        event.payload[3] == count, Rule::kChoice, event,
        [&] { return fmt::format("{} ready jobs", count); },
        [&] { return fmt::format("{} at its release", event.payload[3]); });
  }
}

std::vector<DecisionCheck::Ready> DecisionCheck::in_order() const {
  std::vector<Ready> ordered;
  for (const auto& [job, ready] : ready_) ordered.push_back(ready);
  std::sort(ordered.begin(), ordered.end(),
            [](const Ready& a, const Ready& b) { return a.standing < b.standing; });
  return ordered;
}

void DecisionCheck::select(const Event& event) {
  ++lane_.report().decisions;
  passed_over_.clear();
  choice_right_ = false;
  // One job of an undeclared task in the queue might have been the right choice.
  if (!unknown_.empty()) return;
  const bool known_policy =
      lane_.declared != nullptr && restated_key(lane_.declared->policy, 0, {}).has_value();
  if (!known_policy) return;
  ++lane_.report().reconstructed;
  judge(event, in_order());
}

void DecisionCheck::judge(const Event& event, const std::vector<Ready>& ordered) {
  const auto& p = event.payload;
  const auto found = [&] { return described(lane_.trace, event.job_id(), p[0], p[1]); };
  if (ordered.empty()) {
    lane_.require(
        false, Rule::kSelection, event, [] { return std::string("no choice: nothing is ready"); },
        found);
    return;
  }
  const Ready& best = ordered.front();
  const JobId best_job{TaskId{best.standing.task}, best.standing.job};
  choice_right_ = lane_.require(
      best_job == event.job_id() && p[0] == best.segment, Rule::kSelection, event,
      [&] { return described(lane_.trace, best_job, best.segment, best.standing.key); }, found);
  if (!choice_right_) return;
  passed_over_.assign(ordered.begin() + 1, ordered.end());
  lane_.require(
      p[1] == best.standing.key, Rule::kKey, event,
      [&] { return fmt::format("key {}", best.standing.key); },
      [&] { return fmt::format("key {} at its selection", p[1]); });
  SelectionReason reason = SelectionReason::kOnlyReady;
  if (!passed_over_.empty()) {
    const Standing& next = passed_over_.front().standing;
    reason = next.key != best.standing.key                 ? SelectionReason::kSmallestKey
             : next.arrival_ns != best.standing.arrival_ns ? SelectionReason::kTieByArrival
                                                           : SelectionReason::kTieByTask;
  }
  const bool right_count = p[2] == static_cast<std::int64_t>(ordered.size());
  const bool right_next = passed_over_.empty() || p[4] == passed_over_.front().standing.task;
  lane_.require(
      right_count && right_next && p[3] == static_cast<std::int64_t>(reason), Rule::kChoice, event,
      [&] {
        return fmt::format(
            "{} ready, {}{}", ordered.size(), to_string(reason),
            passed_over_.empty()
                ? ""
                : ", next " + lane_.trace.task_name(TaskId{passed_over_.front().standing.task}));
      },
      [&] {
        const TaskId next{static_cast<std::uint32_t>(p[4])};
        return fmt::format("{} ready, {}{}", p[2],
                           trace::to_text(trace::FieldKind::kSelectionReason, p[3]),
                           next.valid() ? ", next " + lane_.trace.task_name(next) : "");
      });
}

// Alternatives follow their selection, best first. Fewer than there are is no fault.
void DecisionCheck::check_alternative(const Event& event) {
  if (!choice_right_) return;
  const auto& p = event.payload;
  const bool in_range = p[1] >= 1 && p[1] <= static_cast<std::int64_t>(passed_over_.size());
  const Ready expected = in_range ? passed_over_[static_cast<std::size_t>(p[1] - 1)] : Ready{};
  const JobId job{TaskId{expected.standing.task}, expected.standing.job};
  const bool right = lane_.require(
      in_range && job == event.job_id() && p[2] == expected.segment, Rule::kChoice, event,
      [&] {
        return in_range ? described(lane_.trace, job, expected.segment, expected.standing.key) +
                              fmt::format(" as alternative {}", p[1])
                        : fmt::format("{} alternatives", passed_over_.size());
      },
      [&] { return described(lane_.trace, event.job_id(), p[2], p[0]); });
  if (!right) return;
  lane_.require(
      p[0] == expected.standing.key, Rule::kKey, event,
      [&] { return fmt::format("key {}", expected.standing.key); },
      [&] { return fmt::format("key {} as alternative {}", p[0], p[1]); });
}

void DecisionCheck::end_segment(const Event& event) {
  const auto job = ready_.find(event.job_id());
  if (job == ready_.end()) return;
  const bool done = event.payload[3] == static_cast<std::int64_t>(trace::SegmentOutcome::kDone);
  if (!done || ++job->second.segment >= job->second.segments) ready_.erase(job);
}

void DecisionCheck::idle(const Event& event) {
  const std::size_t waiting = ready_.size() + unknown_.size();
  lane_.require(
      waiting == 0, Rule::kWorkConservation, event,
      [&] {
        const JobId first = ready_.empty() ? unknown_.begin()->first : ready_.begin()->first;
        return fmt::format("work: {} is ready", lane_.trace.job_name(first));
      },
      [] { return std::string("the lane begins to idle"); });
}

}  // namespace aegis::audit
