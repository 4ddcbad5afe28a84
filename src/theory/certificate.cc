// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/certificate.h"

#include <algorithm>
#include <optional>

#include "aegis/base/duration_text.h"

#include "answers.h"
#include "prove.h"

namespace aegis::theory {
namespace {

constexpr std::uint64_t kEncodingVersion = 2;

class Fnv1a {
 public:
  void add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) add_byte(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void add(Duration value) { add(static_cast<std::uint64_t>(value.ns())); }
  void add(const std::string& text) {
    add(std::uint64_t{text.size()});
    for (const char c : text) add_byte(static_cast<std::uint8_t>(c));
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  void add_byte(std::uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3ULL; }
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

void add(Fnv1a& hash, const std::vector<Segment>& segments) {
  hash.add(std::uint64_t{segments.size()});
  for (const Segment& segment : segments) {
    hash.add(segment.wcet);
    hash.add(segment.bcet);
  }
}

void add(Fnv1a& hash, const Stage& stage) {
  hash.add(stage.name);
  hash.add(static_cast<std::uint64_t>(stage.kind));
  add(hash, stage.segments);
  hash.add(std::uint64_t{stage.predecessors.size()});
  for (const std::uint32_t p : stage.predecessors) hash.add(std::uint64_t{p});
  hash.add(static_cast<std::uint64_t>(stage.freshness));
}

void add(Fnv1a& hash, const Task& task) {
  hash.add(std::uint64_t{task.id.value});
  hash.add(task.name);
  add(hash, task.segments);
  hash.add(task.period);
  hash.add(task.deadline.value);
  hash.add(task.release_jitter);
  hash.add(std::uint64_t{task.offset.has_value()});
  hash.add(task.offset.value_or(Duration::zero()));
  hash.add(static_cast<std::uint64_t>(task.priority.value));
  hash.add(static_cast<std::uint64_t>(task.overload.rule));
  hash.add(std::uint64_t{task.overload.queue_depth});
  hash.add(std::uint64_t{task.batch});
  hash.add(std::uint64_t{task.stages.size()});
  for (const Stage& stage : task.stages) add(hash, stage);
}

void add(Fnv1a& hash, const AnalysisOptions& options) {
  hash.add(static_cast<std::uint64_t>(options.policy));
  hash.add(static_cast<std::uint64_t>(options.preemption));
  hash.add(static_cast<std::uint64_t>(options.blocking.convention));
  hash.add(options.blocking.tick);
  hash.add(options.overheads.release);
  hash.add(options.overheads.dispatch);
  hash.add(options.overheads.completion);
  hash.add(options.overheads.clock_error);
  hash.add(options.blocking.best_effort);
  hash.add(options.supply.lost);
  hash.add(options.supply.window);
}

std::string supply_assumption(const Supply& supply) {
  if (supply.is_full())
    return "the lane runs nothing else and is never idle while a released job waits";
  return "the lane loses at most " + format_duration(supply.lost) + " in any " +
         format_duration(supply.window) +
         ", and is otherwise never idle while a released job waits";
}

std::string best_effort_assumption(Duration longest) {
  if (longest == Duration::zero()) return "no work without a deadline starts beyond the tolerance";
  return "no segment of best-effort work executes longer than " + format_duration(longest);
}

Error unusable(const char* why) {
  return Error::permanent(ErrorCode::kFailedPrecondition, why);
}

std::optional<TaskCertificate> certificate_of(const Task& task, const TaskBound& bound,
                                              const TaskSet& tasks) {
  if (bound.task != task.id || !bound.response_time || !bound.slack) return std::nullopt;
  return TaskCertificate{
      task.id,      name_of(tasks, task.id), *bound.response_time,
      *bound.slack, bound.blocking,          bound.blocking_tolerance.value_or(Duration::zero())};
}

}  // namespace

std::vector<std::string> assumptions_of(const AnalysisOptions& options) {
  const Overheads& o = options.overheads;
  return {
      "no segment executes longer than its WCET",
      "two arrivals of a task are at least its period apart",
      "a job is released at most its jitter after its arrival, and in the order of arrivals",
      "making a job ready costs at most " + format_duration(o.release),
      "starting a segment costs at most " + format_duration(o.dispatch),
      "ending a segment, trace and callback hand-over included, costs at most " +
          format_duration(o.completion),
      "two readings of the clock differ by at most " + format_duration(o.clock_error),
      supply_assumption(options.supply),
      best_effort_assumption(options.blocking.best_effort),
      "the lane chooses by " + std::string(to_string(options.policy)) + ", " +
          std::string(to_string(options.preemption)),
      "the co-runners are those under which the WCETs were measured",
  };
}

Duration Certificate::best_effort_tolerance() const {
  Duration least = tasks.empty() ? Duration::zero() : Duration::max();
  for (const TaskCertificate& task : tasks) least = std::min(least, task.blocking_tolerance);
  return least;
}

std::uint64_t fingerprint(const TaskSet& tasks, const AnalysisOptions& options) {
  Fnv1a hash;
  hash.add(kEncodingVersion);
  add(hash, options);
  hash.add(std::uint64_t{tasks.size()});
  for (const Task& task : tasks) add(hash, task);
  return hash.value();
}

Result<Certificate> certify(const TaskSet& tasks, const AnalysisOptions& options,
                            const Analysis& analysis) {
  if (analysis.verdict != Verdict::kSchedulable) {
    return fail(unusable("only a schedulable set gets a certificate"));
  }
  if (analysis.tasks.size() != tasks.size()) {
    return fail(unusable("the analysis is of another task set"));
  }
  Certificate certificate{
      analysis.theorem, assumptions_of(options), options, {}, fingerprint(tasks, options), {}};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto task = certificate_of(tasks[i], analysis.tasks[i], tasks);
    if (!task) {
      return fail(unusable("the analysis has no bound for a task").with_detail(tasks[i].name));
    }
    certificate.tasks.push_back(*task);
  }
  const auto charged = charged_for(tasks, options);
  auto proof = charged ? prove(*charged, options, analysis) : std::nullopt;
  if (!proof) {
    return fail(Error::permanent(ErrorCode::kOutOfRange, "the evidence is too long to be kept"));
  }
  certificate.proof = std::move(*proof);
  return certificate;
}

}  // namespace aegis::theory
