// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/job_story.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "aegis/base/duration_text.h"
#include "aegis/trace/query.h"

#include "lane_history.h"

namespace aegis::trace {

struct Storyteller::State {
  explicit State(const Trace& of) : trace(of), query(of), lanes(lane_histories(of)) {}
  const Trace& trace;
  Query query;
  std::map<LaneId, LaneHistory> lanes;
};

namespace {

std::uint32_t small(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, UINT32_MAX));
}

// For people: whatever a payload holds, a duration that can be printed.
std::string duration_text(std::int64_t ns) {
  return format_duration(Duration::nanoseconds(std::max(ns, INT64_MIN + 1)));
}

// Tells one job's story from its own events and its lane's history.
class Telling {
 public:
  Telling(const Trace& trace, const LaneHistory& lane, std::span<const std::uint32_t> own)
      : trace_(trace), lane_(lane), own_(own) {}

  JobStory tell(JobId job, LaneId lane) {
    story_.job = job;
    story_.lane = lane;
    for (const std::uint32_t index : own_) take_own(index);
    if (const TaskDeclaration* task = trace_.find_task(job.task)) {
      story_.bound = task->response_bound;
    }
    settle_times();
    divide();
    find_company();
    find_violations();
    return std::move(story_);
  }

 private:
  void take_own(std::uint32_t index);
  void settle_times();
  [[nodiscard]] std::optional<std::int64_t> key_by_policy() const;
  void divide();
  void add_part(Part part);
  void add_gap(std::int64_t begin_ns, std::int64_t end_ns, bool idle);
  [[nodiscard]] Part part_of(const Stretch& stretch) const;
  [[nodiscard]] std::optional<Choice> choice_at(std::uint32_t index) const;
  void find_company();
  void find_violations();
  void take_violation(const Event& event);
  [[nodiscard]] std::size_t position_of(std::uint32_t index) const {
    return static_cast<std::size_t>(
        std::lower_bound(lane_.events.begin(), lane_.events.end(), index) - lane_.events.begin());
  }

  const Trace& trace_;
  const LaneHistory& lane_;
  std::span<const std::uint32_t> own_;
  JobStory story_;
  std::optional<std::int64_t> arrival_ns_;
  std::optional<std::int64_t> end_ns_;
  std::uint32_t released_index_ = Stretch::kNone;
  bool segment_cancelled_ = false;
};

std::int64_t clipped_time(std::int64_t ns) {
  return std::clamp<std::int64_t>(ns, 0, std::int64_t{1} << 62);
}

void Telling::take_own(std::uint32_t index) {
  const Event& event = trace_.events[index];
  const auto& p = event.payload;
  switch (event.type) {
    case EventType::kSubmitted:
      arrival_ns_ = clipped_time(p[0]);
      story_.source = static_cast<Source>(p[2]);
      break;
    case EventType::kRefused:
      story_.ending = JobEnding::kRefused;
      story_.refusal = static_cast<RefusalReason>(p[0]);
      end_ns_ = event.time_ns;
      break;
    case EventType::kReleased:
      arrival_ns_ = clipped_time(p[0]);
      story_.released = event.time();
      story_.deadline = TimePoint::from_ns(clipped_time(p[1]));
      story_.key = p[2];
      released_index_ = index;
      break;
    case EventType::kSegmentEnd:
      segment_cancelled_ = p[3] == static_cast<std::int64_t>(SegmentOutcome::kCancelled);
      break;
    case EventType::kCompleted:
      story_.ending = p[3] == 0   ? JobEnding::kCompleted
                      : p[3] == 1 ? JobEnding::kFailed
                                  : JobEnding::kCancelled;
      // An operator's abort ends the job as cancelled; what else cancels a segment is the watchdog.
      story_.hung = story_.ending == JobEnding::kFailed && segment_cancelled_;
      end_ns_ = event.time_ns;
      if (arrival_ns_) end_ns_ = clipped_time(saturating_plus(*arrival_ns_, p[0]));
      break;
    case EventType::kMissed:
      story_.missed = true;
      story_.tardiness = Duration::nanoseconds(clipped_time(p[0]));
      story_.severity = static_cast<MissSeverity>(p[1]);
      story_.violated = static_cast<std::uint64_t>(p[2]);
      if (!story_.deadline) story_.deadline = TimePoint::from_ns(clipped_time(p[3]));
      break;
    default:
      break;
  }
}

void Telling::settle_times() {
  const std::int64_t first = trace_.events[own_.front()].time_ns;
  const std::int64_t arrival = arrival_ns_.value_or(first);
  std::int64_t end = end_ns_.value_or(trace_.events[lane_.events.back()].time_ns);
  end = std::max(end, arrival);
  story_.arrival = TimePoint::from_ns(arrival);
  story_.end = TimePoint::from_ns(end);
  story_.response = story_.end - story_.arrival;
  const TaskDeclaration* task = trace_.find_task(story_.job.task);
  if (!story_.deadline && task != nullptr) {
    story_.deadline =
        TimePoint::from_ns(clipped_time(saturating_plus(arrival, task->deadline.ns())));
  }
  if (!story_.key) story_.key = key_by_policy();
}

// A job that was turned away has no recorded key, but its declaration and its arrival give one.
std::optional<std::int64_t> Telling::key_by_policy() const {
  const LaneDeclaration* lane = trace_.find_lane(story_.lane);
  const TaskDeclaration* task = trace_.find_task(story_.job.task);
  if (lane == nullptr || task == nullptr || !arrival_ns_) return std::nullopt;
  if (lane->policy == "edf" || lane->policy == "np_edf") {
    return saturating_plus(*arrival_ns_, task->deadline.ns());
  }
  if (lane->policy == "rm") return task->period.ns();
  if (lane->policy == "dm") return task->deadline.ns();
  if (lane->policy == "static") return task->priority;
  if (lane->policy == "fifo") return arrival_ns_;
  return std::nullopt;
}

std::optional<Choice> Telling::choice_at(std::uint32_t index) const {
  if (index == Stretch::kNone) return std::nullopt;
  const Event& event = trace_.events[index];
  Choice choice{.time = event.time(),
                .chosen = event.job_id(),
                .segment = small(event.payload[0]),
                .key = event.payload[1],
                .ready = small(event.payload[2]),
                .reason = static_cast<SelectionReason>(event.payload[3])};
  for (std::size_t at = position_of(index) + 1; at < lane_.events.size(); ++at) {
    const Event& next = trace_.events[lane_.events[at]];
    if (next.type == EventType::kAlternative) {
      if (choice.others.empty()) choice.next_key = next.payload[0];
      choice.others.push_back(next.job_id());
    } else if (next.type != EventType::kSubmitted && next.type != EventType::kRefused) {
      break;  // submitters' events may stand between, nothing else
    }
  }
  return choice;
}

Part Telling::part_of(const Stretch& stretch) const {
  const Event& start = trace_.events[stretch.start];
  Part part{.job = start.job_id(),
            .segment = small(start.payload[0]),
            .choice = choice_at(stretch.selected),
            .wcet = Duration::nanoseconds(clipped_time(start.payload[1]))};
  const std::uint32_t decided =
      stretch.selected == Stretch::kNone ? stretch.start : stretch.selected;
  part.began_before = decided < released_index_;
  if (part.job == story_.job) {
    part.kind = PartKind::kRun;
  } else if (part.choice && part.began_before && story_.key && part.choice->key > *story_.key) {
    part.kind = PartKind::kBlocking;
  } else {
    part.kind = PartKind::kInterference;
  }
  return part;
}

void Telling::add_part(Part part) {
  if (part.length == Duration::zero()) return;
  const bool continues =
      !story_.parts.empty() && !part.job.task.valid() && story_.parts.back().kind == part.kind;
  if (continues) {
    story_.parts.back().length += part.length;
  } else {
    story_.parts.push_back(std::move(part));
  }
}

// Where the lane ran nothing: before the release it did not know of the job, afterwards it was
// handing over.
void Telling::add_gap(std::int64_t begin_ns, std::int64_t end_ns, bool idle) {
  const std::int64_t released =
      story_.released ? story_.released->ns() : std::numeric_limits<std::int64_t>::max();
  const std::int64_t middle = std::clamp(released, begin_ns, end_ns);
  add_part({.kind = PartKind::kRelease,
            .begin = TimePoint::from_ns(begin_ns),
            .length = Duration::nanoseconds(middle - begin_ns)});
  add_part({.kind = idle ? PartKind::kIdle : PartKind::kHandOver,
            .begin = TimePoint::from_ns(middle),
            .length = Duration::nanoseconds(end_ns - middle)});
}

// Cuts [arrival, end] along the lane's stretches; what lies between two of them is a gap.
void Telling::divide() {
  std::int64_t now = story_.arrival.ns();
  const std::int64_t end = story_.end.ns();
  auto stretch =
      std::upper_bound(lane_.stretches.begin(), lane_.stretches.end(), now,
                       [](std::int64_t time, const Stretch& s) { return time < s.begin_ns; });
  if (stretch != lane_.stretches.begin()) --stretch;  // the one that may be going on at the arrival
  for (; stretch != lane_.stretches.end() && stretch->begin_ns < end; ++stretch) {
    const std::int64_t from = std::max(now, stretch->begin_ns);
    const std::int64_t to = std::min(end, stretch->end_ns);
    if (to <= from) continue;
    add_gap(now, from, /*idle=*/false);
    if (stretch->start == Stretch::kNone) {
      add_gap(from, to, /*idle=*/true);
    } else {
      Part part = part_of(*stretch);
      part.begin = TimePoint::from_ns(from);
      part.length = Duration::nanoseconds(to - from);
      if (part.kind == PartKind::kRun) story_.execution += part.length;
      add_part(std::move(part));
    }
    now = to;
  }
  add_gap(now, end, /*idle=*/false);
}

// Who stood in the ready queue when this job joined it.
void Telling::find_company() {
  if (released_index_ == Stretch::kNone) return;
  const std::size_t own = position_of(released_index_);
  for (std::size_t at = lane_.busy_range(own, own).begin; at < own; ++at) {
    const Event& event = trace_.events[lane_.events[at]];
    const JobId job = event.job_id();
    if (event.type == EventType::kReleased) story_.ready_with.push_back(job);
    if (event.type == EventType::kCompleted || event.type == EventType::kRefused) {
      std::erase(story_.ready_with, job);
    }
  }
}

void Telling::take_violation(const Event& event) {
  const auto& p = event.payload;
  const JobId job = event.task == TaskId::kNone ? JobId{} : event.job_id();
  const std::string who = job.task.valid() ? trace_.job_name(job) : trace_.lane_name(story_.lane);
  Violation violation{.time = event.time(), .assumption = Assumption::kWcet, .job = job};
  switch (event.type) {
    case EventType::kOverrun:
      violation.text =
          fmt::format("{} segment {} ran {}, its WCET is {}", who, saturating_plus(p[0], 1),
                      duration_text(p[1]), duration_text(p[2]));
      break;
    case EventType::kLost:
      violation.assumption = Assumption::kLostSupply;
      violation.text =
          fmt::format("{} lost the processor for {} ({})", trace_.lane_name(story_.lane),
                      duration_text(p[0]), to_string(static_cast<LossEvidence>(p[1])));
      break;
    case EventType::kContextFailed:
      violation.assumption = Assumption::kFault;
      violation.text = fmt::format("the context of {} failed", trace_.task_name(job.task));
      if (p[0] == static_cast<std::int64_t>(ErrorCode::kDeviation)) {
        violation.assumption = Assumption::kMemoryPlan;
        violation.text =
            fmt::format("{} asked for memory otherwise than planned and was stopped", who);
      }
      break;
    default:
      violation.assumption = static_cast<Assumption>(p[0]);
      violation.text = fmt::format("{}: {}", who, to_string(violation.assumption));
      if (p[1] != 0 || p[2] != 0) {
        violation.text +=
            fmt::format(", measured {}, declared {}", duration_text(p[1]), duration_text(p[2]));
      }
      break;
  }
  story_.violations.push_back(std::move(violation));
}

bool tells_violation(EventType type) {
  return type == EventType::kOverrun || type == EventType::kLost ||
         type == EventType::kAssumptionViolated || type == EventType::kContextFailed;
}

// What came after the job's end is no cause of it.
void Telling::find_violations() {
  const bool beyond = story_.ending == JobEnding::kCompleted && story_.bound > Duration::zero() &&
                      story_.response > story_.bound;
  if (!story_.missed && !beyond) return;
  const std::size_t last = position_of(own_.back());
  const auto range = lane_.busy_range(position_of(own_.front()), last);
  for (std::size_t at = range.begin; at < range.end; ++at) {
    const Event& event = trace_.events[lane_.events[at]];
    if (!tells_violation(event.type)) continue;
    if (event.time() > story_.end || (end_ns_ && at > last)) {
      story_.violated_later = true;
    } else {
      take_violation(event);
    }
  }
  // Those that the miss names first, each group in its order.
  std::vector<Violation> ordered;
  for (const bool named : {true, false}) {
    for (const Violation& violation : story_.violations) {
      if (story_.names(violation.assumption) == named) ordered.push_back(violation);
    }
  }
  story_.violations = std::move(ordered);
}

}  // namespace

bool JobStory::names(Assumption assumption) const {
  const auto number = static_cast<unsigned>(assumption);
  return number < kAssumptionCount && (violated & bit(assumption)) != 0;
}

Duration JobStory::total(PartKind kind) const {
  Duration sum;
  for (const Part& part : parts) {
    if (part.kind == kind) sum += part.length;
  }
  return sum;
}

Storyteller::Storyteller(const Trace& trace) : state_(std::make_unique<State>(trace)) {}
Storyteller::~Storyteller() = default;

Result<JobStory> Storyteller::tell(JobId job) const {
  const std::span<const std::uint32_t> own = state_->query.events_of(job);
  LaneId lane;
  for (const std::uint32_t index : own) {
    if (!lane.valid()) lane = state_->trace.lane_of(state_->trace.events[index]);
  }
  const auto history = state_->lanes.find(lane);
  if (history == state_->lanes.end()) {
    return fail(Error::permanent(ErrorCode::kNotFound, "no such job in the trace")
                    .with_detail(state_->trace.job_name(job)));
  }
  return Telling(state_->trace, history->second, own).tell(job, lane);
}

std::vector<JobId> Storyteller::missed() const {
  std::vector<JobId> jobs;
  std::set<JobId> seen;
  for (const Event& event : state_->trace.events) {
    if (event.type == EventType::kMissed && event.job != Event::kNoJob &&
        seen.insert(event.job_id()).second) {
      jobs.push_back(event.job_id());
    }
  }
  return jobs;
}

}  // namespace aegis::trace
