// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "aegis/base/duration_text.h"
#include "aegis/trace/event_fields.h"
#include "aegis/trace/job_story.h"

namespace aegis::trace {

namespace {

// A shorter hand-over between segments is in the account of the response time, but no line of its
// own.
constexpr Duration kTold = Duration::microseconds(100);

// Of violations of one assumption these many are told, the others counted.
constexpr int kToldOfOneKind = 3;

// One unit in every line, so that columns of times compare at a glance: milliseconds to the
// microsecond.
std::string milliseconds(Duration duration) {
  return fmt::format("{:.3f} ms", static_cast<double>(duration.ns()) * 1e-6);
}

std::string names(const Trace& trace, const std::vector<JobId>& jobs, std::uint32_t count) {
  std::string text;
  for (const JobId& job : jobs) {
    if (!text.empty()) text += ", ";
    text += trace.job_name(job);
  }
  if (count > jobs.size()) {
    text += fmt::format("{}{} more", text.empty() ? "" : ", ", count - jobs.size());
  }
  return text;
}

// "its deadline is 12 ms earlier": why `winner` stands before `loser`, in the words of the policy.
std::string comparison(const std::string& policy, std::int64_t winner, std::int64_t loser) {
  // "its" is the winner's.
  const std::int64_t by = saturating_minus(loser, winner);
  const auto gap = [&] {
    return format_duration(Duration::nanoseconds(std::max(by, INT64_MIN + 1)));
  };
  const auto length = [](std::int64_t ns) {
    return format_duration(Duration::nanoseconds(std::max(ns, INT64_MIN + 1)));
  };
  if (by == 0) return "same key, decided by arrival, then by task";
  if (policy == "np_edf" || policy == "edf") return "its deadline is " + gap() + " earlier";
  if (policy == "fifo") return "it arrived " + gap() + " earlier";
  if (policy == "rm") {
    return fmt::format("its period {} is shorter than {}", length(winner), length(loser));
  }
  if (policy == "dm") {
    return fmt::format("its relative deadline {} is shorter than {}", length(winner),
                       length(loser));
  }
  return fmt::format("its key {} comes before {}", winner, loser);
}

std::string in_words(SelectionReason reason) {
  switch (reason) {
    case SelectionReason::kOnlyReady:
      return "the only one ready";
    case SelectionReason::kSmallestKey:
      return "first by the policy";
    case SelectionReason::kTieByArrival:
      return "same key as the next, arrived earlier";
    case SelectionReason::kTieByTask:
      return "same key and arrival as the next, added earlier";
  }
  return "reason unknown";
}

class Text {
 public:
  Text(const Trace& trace, const JobStory& story) : trace_(trace), story_(story) {
    const LaneDeclaration* lane = trace.find_lane(story.lane);
    if (lane != nullptr) policy_ = lane->policy;
  }

  std::string write() {
    title();
    beginning();
    for (const Part& part : story_.parts) describe(part);
    ending();
    account();
    verdict();
    return std::move(text_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format(format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void at(TimePoint time, const std::string& what) {
    const double since_ms = static_cast<double>((time - story_.arrival).ns()) * 1e-6;
    text_ += fmt::format("  {:>+10.3f} ms  {}\n", since_ms, what);
  }
  [[nodiscard]] std::int64_t run_start_ns() const;
  void title();
  void beginning();
  void describe(const Part& part);
  void release_before(TimePoint time);
  void describe_run(const Part& part);
  [[nodiscard]] std::string other_segment(const Part& part) const;
  void ending();
  void account();
  [[nodiscard]] bool taken_away() const;
  void no_miss();
  void verdict();
  void miss();
  void reasons();
  void tell_violations(bool only_named);
  [[nodiscard]] std::string segment_name(const Part& part) const;

  const Trace& trace_;
  const JobStory& story_;
  std::string policy_ = "unknown policy";
  std::string text_;
  bool released_told_ = false;
};

// The first jobs may arrive before the session's own start is read.
std::int64_t Text::run_start_ns() const {
  const std::int64_t declared = trace_.session.start_time_ns;
  const std::int64_t first = trace_.events.front().time_ns;
  return declared > 0 ? std::min(declared, first) : first;
}

void Text::title() {
  line("{} ({}, {})", trace_.job_name(story_.job), trace_.lane_name(story_.lane), policy_);
  const std::int64_t into_run =
      std::max<std::int64_t>(saturating_minus(story_.arrival.ns(), run_start_ns()), 0);
  std::string deadline = "no deadline known";
  if (story_.deadline) {
    deadline = "deadline +" + format_duration(*story_.deadline - story_.arrival);
  }
  line("  arrived {:.6f} s into the run, {}{}", static_cast<double>(into_run) * 1e-9, deadline,
       story_.bound > Duration::zero()
           ? ", proved response-time bound " + format_duration(story_.bound)
           : ", no proved bound");
}

void Text::beginning() {
  at(story_.arrival, story_.source == Source::kSubmit     ? "submitted"
                     : story_.source == Source::kPeriodic ? "arrived (periodic)"
                                                          : "arrived");
}

std::string Text::segment_name(const Part& part) const {
  const TaskDeclaration* task = trace_.find_task(part.job.task);
  const std::size_t segments = task == nullptr ? 0 : task->segment_wcets.size();
  if (segments == 1) return "";
  if (segments == 0) return fmt::format(" segment {}", part.segment + 1);
  return fmt::format(" segment {}/{}", part.segment + 1, segments);
}

std::string Text::other_segment(const Part& part) const {
  const std::string what = trace_.job_name(part.job) + segment_name(part);
  if (!part.choice) return what + ", chosen at a time that is not in the trace";
  if (!part.began_before) {
    const std::string why = story_.key ? comparison(policy_, part.choice->key, *story_.key)
                                       : "this one's key is not in the trace";
    return fmt::format("{}, chosen instead of this one among {}: {}", what, part.choice->ready,
                       why);
  }
  const bool running = part.choice->time <= story_.arrival;
  return fmt::format("{}, {} (non-preemptible{})", what,
                     running ? "already running" : "chosen before the lane knew of this job",
                     part.kind == PartKind::kBlocking ? "; lower priority: blocking" : "");
}

void Text::describe_run(const Part& part) {
  if (part.choice) {
    const Choice& choice = *part.choice;
    const std::uint32_t others = choice.ready > 0 ? choice.ready - 1 : 0;
    const std::string why = choice.next_key ? comparison(policy_, choice.key, *choice.next_key)
                                            : in_words(choice.reason);
    at(choice.time,
       others == 0 ? "chosen: the only one ready"
                   : fmt::format("chosen over {}: {}", names(trace_, choice.others, others), why));
  }
  std::string bound;
  if (part.wcet > Duration::zero()) {
    bound = fmt::format(" (WCET {}{})", milliseconds(part.wcet),
                        part.length > part.wcet ? ": OVERRUN" : "");
  }
  at(part.begin,
     fmt::format("ran{} for {}{}", segment_name(part), milliseconds(part.length), bound));
}

// In the order of time: just before the first part that begins at or after it.
void Text::release_before(TimePoint time) {
  if (!story_.released || released_told_ || time < *story_.released) return;
  released_told_ = true;
  const auto count = static_cast<std::uint32_t>(story_.ready_with.size());
  at(*story_.released,
     "released" + (count == 0 ? std::string(", nothing else ready")
                              : ", ready with it: " + names(trace_, story_.ready_with, count)));
}

void Text::describe(const Part& part) {
  release_before(part.begin);
  switch (part.kind) {
    case PartKind::kRelease:
      return at(part.begin, fmt::format("not yet seen by the lane for {} (timer or inbox)",
                                        milliseconds(part.length)));
    case PartKind::kBlocking:
    case PartKind::kInterference:
      return at(part.begin,
                fmt::format("waited {} for {}", milliseconds(part.length), other_segment(part)));
    case PartKind::kHandOver:
      if (part.length < kTold) return;
      return at(part.begin, fmt::format("hand-over {}", milliseconds(part.length)));
    case PartKind::kIdle:
      return at(part.begin, fmt::format("the lane idled {} although this job was ready",
                                        milliseconds(part.length)));
    case PartKind::kRun:
      return describe_run(part);
  }
}

void Text::ending() {
  release_before(story_.end);
  switch (story_.ending) {
    case JobEnding::kCompleted:
      return at(story_.end, "completed");
    case JobEnding::kFailed:
      return at(story_.end, story_.hung ? "cancelled: ran longer than the hang limit"
                                        : "failed: the model reported an error");
    case JobEnding::kCancelled:
      return at(story_.end, "cancelled");
    case JobEnding::kRefused:
      return at(story_.end, fmt::format("refused ({}): it will never run",
                                        to_string(story_.refusal.value_or(RefusalReason{}))));
    case JobEnding::kPending:
      return at(story_.end, "the trace ends before the job does");
  }
}

// "response 27.3 ms = ran 13.0 + waited 14.2 (planner #4061 11.2 blocking, ...) + hand-over 0.1"
void Text::account() {
  if (story_.ending == JobEnding::kRefused) return;
  std::map<JobId, Duration> waited;
  for (const Part& part : story_.parts) {
    if (part.kind == PartKind::kBlocking || part.kind == PartKind::kInterference) {
      waited[part.job] += part.length;
    }
  }
  const Duration blocking = story_.total(PartKind::kBlocking);
  const Duration waiting = blocking + story_.total(PartKind::kInterference);
  std::string whom;
  for (const auto& [job, length] : waited) {
    whom += fmt::format("{}{} {}", whom.empty() ? "" : ", ", trace_.job_name(job),
                        milliseconds(length));
  }
  line(
      "  {} {} = ran {} + waited {}{}{} + not yet seen {} + hand-over {}",
      story_.ending == JobEnding::kPending ? "so far" : "response", milliseconds(story_.response),
      milliseconds(story_.execution), milliseconds(waiting), whom.empty() ? "" : " (" + whom + ")",
      blocking > Duration::zero() ? fmt::format(", of it blocking {}", milliseconds(blocking)) : "",
      milliseconds(story_.total(PartKind::kRelease)),
      milliseconds(story_.total(PartKind::kHandOver) + story_.total(PartKind::kIdle)));
}

// By an operator: a drain, a removal, an abort.
bool Text::taken_away() const {
  return story_.ending == JobEnding::kCancelled || story_.refusal == RefusalReason::kDraining ||
         story_.refusal == RefusalReason::kTaskUnknown;
}

// A trace that lost events may hold a late job without its miss.
void Text::no_miss() {
  const bool late = story_.deadline && story_.end > *story_.deadline;
  if (late && story_.ending != JobEnding::kPending) {
    line("  ended {} after its deadline, but the trace records no miss",
         milliseconds(story_.end - *story_.deadline));
  } else if (story_.ending == JobEnding::kCompleted && story_.deadline) {
    line("  met its deadline with {} to spare", milliseconds(*story_.deadline - story_.end));
  } else if (taken_away()) {
    line("  not a miss: it was taken away before its deadline");
  }
  if (!story_.violations.empty()) reasons();  // of a response beyond its bound
}

void Text::verdict() {
  if (story_.ending == JobEnding::kCompleted && story_.bound > Duration::zero()) {
    const Duration slack = story_.bound - story_.response;
    line("  {} its proved bound of {} by {}", slack >= Duration::zero() ? "within" : "BEYOND",
         milliseconds(story_.bound), milliseconds(slack >= Duration::zero() ? slack : -slack));
  }
  if (!story_.missed) return no_miss();
  miss();
  reasons();
}

void Text::miss() {
  switch (story_.ending) {
    case JobEnding::kFailed:
      return line("  MISSED: it {}", story_.hung ? "was cancelled" : "failed");
    case JobEnding::kCancelled:
      return line("  MISSED: it was cancelled after its deadline");
    case JobEnding::kRefused:
      return line("  MISSED: it never ran");
    case JobEnding::kCompleted:
    case JobEnding::kPending:
      return line("  MISSED its deadline by {} ({})", milliseconds(story_.tardiness),
                  to_string(story_.severity.value_or(MissSeverity::kSoft)));
  }
}

// Where the miss names assumptions, only their violations are its cause: a loss of time within its
// declared bound, say, is an event and no violation.
void Text::tell_violations(bool only_named) {
  std::map<Assumption, int> told;
  for (const Violation& violation : story_.violations) {
    if (only_named && !story_.names(violation.assumption)) break;
    if (++told[violation.assumption] <= kToldOfOneKind) at(violation.time, violation.text);
  }
  for (const auto& [assumption, count] : told) {
    if (count <= kToldOfOneKind) continue;
    line("                 and {} more: {}", count - kToldOfOneKind, to_string(assumption));
  }
}

void Text::reasons() {
  if (!story_.violations.empty()) {
    line("  because in its busy period:");
    return tell_violations(story_.names(story_.violations.front().assumption));
  }
  if (story_.violated != 0) {
    line("  because of: {}",
         to_text(FieldKind::kAssumptions, static_cast<std::int64_t>(story_.violated)));
    return;
  }
  if (story_.ending == JobEnding::kRefused) return;
  const LaneDeclaration* lane = trace_.find_lane(story_.lane);
  if (lane != nullptr && !lane->admitted) {
    line("  because the set runs without a proof: nothing promised that it would fit");
  } else if (story_.violated_later) {
    line("  and its busy period shows violated assumptions only after its end");
  } else {
    line("  and no assumption was violated in its busy period: a bug in AegisRT (Invariant 1)");
  }
}

}  // namespace

std::string to_text(const Trace& trace, const JobStory& story) {
  return Text(trace, story).write();
}

}  // namespace aegis::trace
