// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/certificate_checker.h"

#include <algorithm>
#include <vector>

#include "aegis/base/rational.h"
#include "aegis/base/wide_integer.h"

namespace aegis::theory {
namespace {

using policy::Policy;
// Nanoseconds: wide enough for any sum of products of the numbers in a certificate.
using Wide = Int128;

struct Piece {
  Wide length;
  Wide before;  // the least execution of the pieces before it
};

// A task with its overheads charged, in the symbols of the papers.
struct Subject {
  Wide C = 0, T = 0, D = 0, J = 0;
  Wide q = 0;      // the last segment
  Wide order = 0;  // what the policy adds to the arrival (EDF, FIFO), or the fixed priority
  std::vector<Piece> pieces;
};

Status doubt(const char* why, const std::string& task = {}) {
  return fail(Error::permanent(ErrorCode::kFailedPrecondition, why).with_detail(task));
}

Wide floor_of(Wide a, Wide b) {
  return a / b - (a % b < 0 ? 1 : 0);
}
Wide released_before(const Subject& s, Wide t) {
  return (floor_of(t + s.J - 1, s.T) + 1) * s.C;
}
Wide released_until(const Subject& s, Wide t) {
  return released_before(s, t + 1);
}
Wide due_by(const Subject& s, Wide t, Wide deadline) {
  return std::max<Wide>(0, floor_of(t + s.J - deadline, s.T) + 1) * s.C;
}

class Checker {
 public:
  Checker(const TaskSet& tasks, const Certificate& certificate)
      : tasks_(tasks), certificate_(certificate), options_(certificate.options) {
    for (const Task& task : tasks) subjects_.push_back(subject(task));
  }

  [[nodiscard]] Status run() const {
    Wide sum = 0;
    for (const Subject& s : subjects_) sum += s.C;
    if (sum > kLargestSum.ns()) return doubt("the overheads sum to over 36 years");
    if (options_.policy == Policy::kEdf) {
      if (Status held = demand_holds(); !held) return held;
    }
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (Status held = task_holds(i); !held) return held;
    }
    return ok();
  }

 private:
  [[nodiscard]] bool preemptive() const {
    return options_.preemption == Preemption::kPreemptive && options_.policy != Policy::kFifo;
  }
  [[nodiscard]] bool by_level() const {
    return options_.policy != Policy::kEdf && options_.policy != Policy::kFifo;
  }

  [[nodiscard]] Subject subject(const Task& task) const {
    const Overheads& o = options_.overheads;
    const bool twice = options_.preemption == Preemption::kPreemptive;
    const Wide per_piece = Wide{o.dispatch.ns()} * (twice ? 2 : 1) + o.completion.ns();
    Subject s;
    Wide before = 0;
    for (const Segment& segment : task.segments) {
      const Wide first = s.pieces.empty() ? o.release.ns() : 0;
      s.q = segment.wcet.ns() + per_piece + first;
      s.C += s.q;
      s.pieces.push_back({s.q, before});
      before += segment.bcet.ns();
    }
    s.T = task.period.ns();
    s.D = task.deadline.value.ns() - o.clock_error.ns();
    s.J = task.release_jitter.ns();
    s.order = order_of(task, s);
    return s;
  }

  [[nodiscard]] Wide order_of(const Task& task, const Subject& s) const {
    switch (options_.policy) {
      case Policy::kRateMonotonic:
        return s.T;
      case Policy::kStaticPriority:
        return task.priority.value;
      case Policy::kFifo:
        return 0;
      case Policy::kEdf:
      case Policy::kDeadlineMonotonic:
        break;
    }
    return s.D;
  }

  [[nodiscard]] Wide lost(Wide t) const {
    const Wide sigma = options_.supply.lost.ns(), pi = options_.supply.window.ns();
    return t / pi * sigma + std::min(sigma, t % pi);
  }
  // How long a segment of this length can block, by the convention.
  [[nodiscard]] Wide blocks(Wide length) const {
    if (options_.blocking.convention == Blocking::Convention::kClosed) return length;
    return std::max<Wide>(0, length - options_.blocking.tick.ns());
  }
  [[nodiscard]] Wide best_effort() const {
    return preemptive() ? 0 : blocks(options_.blocking.best_effort.ns());
  }
  // B(t) of np_edf_demand.h.
  [[nodiscard]] Wide blocking_at(Wide t) const {
    Wide longest = best_effort();
    if (preemptive()) return longest;
    for (const Subject& s : subjects_) {
      for (const Piece& piece : s.pieces) {
        if (s.order - std::max(piece.before, s.J) > t)
          longest = std::max(longest, blocks(piece.length));
      }
    }
    return longest;
  }
  // The B of np_fp_response_time.h.
  [[nodiscard]] Wide blocking_below(const Subject& own) const {
    Wide longest = best_effort();
    if (preemptive()) return longest;
    for (const Subject& s : subjects_) {
      if (s.order <= own.order) continue;
      for (const Piece& piece : s.pieces) longest = std::max(longest, blocks(piece.length));
    }
    return longest;
  }
  // Whether a task's work is ahead of, or among, a level's: all of it under EDF and FIFO.
  [[nodiscard]] bool counts(const Subject& s, const Subject& own) const {
    return !by_level() || s.order <= own.order;
  }

  [[nodiscard]] Wide due(Wide t) const {
    Wide sum = 0;
    for (const Subject& s : subjects_) sum += due_by(s, t, s.D);
    return sum;
  }
  [[nodiscard]] Wide settled() const {
    Wide latest = 0;
    for (const Subject& s : subjects_) latest = std::max(latest, s.D - s.J);
    return latest;
  }

  // proof.h: Extent. `own` selects the level.
  [[nodiscard]] bool is_busy_period(Wide length, Wide blocking, const Subject& own) const {
    Wide work = blocking + lost(length);
    for (const Subject& s : subjects_) {
      if (counts(s, own)) work += released_before(s, length);
    }
    return work <= length;
  }
  [[nodiscard]] bool is_hyperperiod(Wide length, const Subject& own) const {
    const Wide sigma = options_.supply.lost.ns(), pi = options_.supply.window.ns();
    if (sigma > 0 && length % pi != 0) return false;
    Wide work = length / pi * sigma;
    for (const Subject& s : subjects_) {
      if (!counts(s, own)) continue;
      if (length % s.T != 0) return false;
      work += length / s.T * s.C;
    }
    return work <= length;
  }
  // sum of C / T (L + max(0, T + J - D)) + sigma / pi (L + pi) + b <= L
  [[nodiscard]] bool is_beyond_load(Wide length, Wide b) const {
    const auto share = [](Wide part, Wide whole, Wide of) {
      return Rational(static_cast<std::uint64_t>(part), static_cast<std::uint64_t>(whole)) *
             Rational(static_cast<std::uint64_t>(of));
    };
    const Wide sigma = options_.supply.lost.ns(), pi = options_.supply.window.ns();
    Rational sum = share(sigma, pi, length + pi) + Rational(static_cast<std::uint64_t>(b));
    for (const Subject& s : subjects_) {
      sum = sum + share(s.C, s.T, length + std::max<Wide>(0, s.T + s.J - s.D));
    }
    return length >= settled() && sum <= Rational(static_cast<std::uint64_t>(length));
  }

  // The largest blocking promised to a task that may be due by t.
  [[nodiscard]] Wide promised(Wide t) const {
    Wide largest = 0;
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      if (subjects_[i].D - subjects_[i].J > t) continue;
      largest = std::max<Wide>(largest, certificate_.tasks[i].blocking_tolerance.ns());
    }
    return largest;
  }

  // The last t that the stretches must reach.
  [[nodiscard]] std::optional<Wide> last_point(const DemandProof& proof) const {
    const Wide length = proof.length.ns();
    const Subject& any = subjects_.front();
    switch (proof.extent) {
      case Extent::kBusyPeriod:
        if (!is_busy_period(length, 0, any)) return std::nullopt;
        return length + settled();
      case Extent::kHyperperiod:
        if (!is_hyperperiod(length, any)) return std::nullopt;
        return length + settled();
      case Extent::kLoad:
        if (!is_beyond_load(length, std::max(best_effort(), promised(settled())))) {
          return std::nullopt;
        }
        return length - 1;
    }
    return std::nullopt;
  }

  [[nodiscard]] Status demand_holds() const {
    const auto& proof = certificate_.proof.demand;
    if (!proof || proof->length <= Duration::zero()) return doubt("the demand is not proved");
    const auto last = last_point(*proof);
    if (!last) return doubt("the demand's horizon is none");
    Wide covered = 0;  // the demand of all deadlines seen
    for (const DemandStretch& stretch : proof->stretches) {
      const Wide from = stretch.from.ns(), to = stretch.to.ns();
      if (from <= 0 || to < from) return doubt("a stretch of the demand is none");
      if (due(from - 1) != covered) return doubt("a deadline falls between the demand's stretches");
      covered = due(to);
      if (covered + std::max(blocking_at(from), promised(to)) + lost(from) > from) {
        return doubt("a stretch of the demand does not hold");
      }
    }
    if (due(*last) > covered) return doubt("the demand's stretches end too early");
    return ok();
  }

  // What is ahead of the last segment of a job of `own` arriving at `arrival`, by `x`.
  [[nodiscard]] Wide work_ahead(const Subject& own, Wide arrival, Wide blocking, Wide x) const {
    Wide work =
        blocking + (floor_of(arrival + own.J, own.T) + 1) * own.C - (preemptive() ? 0 : own.q);
    for (const Subject& s : subjects_) {
      if (&s == &own || !counts(s, own)) continue;
      const Wide released = preemptive() ? released_before(s, x) : released_until(s, x);
      work += by_level() ? released : std::min(released, due_by(s, arrival + own.order, s.order));
    }
    return work;
  }

  [[nodiscard]] bool step_holds(const Subject& own, const ResponseStep& step, Wide blocking) const {
    const Wide start = step.start.ns(), finish = step.finish.ns();
    if (start < 0 || finish < 0) return false;
    const Wide work = work_ahead(own, step.arrival.ns(), blocking, start);
    if (preemptive()) return start == finish && work + lost(start) <= start;
    return work + lost(start + 1) <= start && work + own.q + lost(finish) <= finish;
  }

  // The arrivals that matter are before the result.
  [[nodiscard]] std::optional<Wide> arrivals_end(const Subject& own, const ResponseProof& proof,
                                                 Wide blocking) const {
    const Wide length = proof.length.ns();
    if (length <= 0) return std::nullopt;
    if (proof.extent == Extent::kBusyPeriod) {
      const Wide initial = by_level() ? blocking : best_effort();
      return is_busy_period(length, initial, own) ? std::optional(length) : std::nullopt;
    }
    if (proof.extent != Extent::kHyperperiod || !is_hyperperiod(length, own)) return std::nullopt;
    if (by_level()) return length - own.J;
    Wide settling = 0;
    for (const Subject& s : subjects_) settling = std::max({settling, s.order, s.J, s.T});
    return length + 2 * settling;
  }

  // No job that the steps speak for, which are all, responds later than `bound`. `blocking`: under
  // fixed priorities; otherwise B(t) is asked.
  [[nodiscard]] bool responses_hold(const Subject& own, const ResponseProof& proof, Wide blocking,
                                    Wide bound) const {
    const auto end = arrivals_end(own, proof, blocking);
    if (!end) return false;
    Wide first = -own.J;  // the first arrival not spoken for yet
    for (const ResponseStep& step : proof.steps) {
      const Wide arrival = step.arrival.ns();
      if (arrival < first || (by_level() && (arrival + own.J) % own.T != 0)) return false;
      const Wide b = by_level() ? blocking : blocking_at(first + own.order);
      if (!step_holds(own, step, b) || step.finish.ns() - first > bound) return false;
      first = arrival + (by_level() ? own.T : 1);
    }
    return first >= *end;
  }

  [[nodiscard]] Wide charged_blocking(const Subject& own) const {
    if (by_level()) return blocking_below(own);
    return blocking_at(own.order - own.J);
  }

  // How long a job may stay before the overload rule drops a later one.
  [[nodiscard]] static Wide longest_stay_of(const Task& task) {
    const bool queues = task.overload.rule == OverloadRule::kQueue;
    return (1 + (queues ? Wide{task.overload.queue_depth} : 0)) * task.period.ns();
  }

  [[nodiscard]] Status task_holds(std::size_t i) const {
    const Subject& own = subjects_[i];
    const TaskCertificate& claim = certificate_.tasks[i];
    const TaskProof& proof = certificate_.proof.tasks[i];
    const std::string& name = tasks_[i].name;
    const Wide response = claim.response_time.ns(), tolerance = claim.blocking_tolerance.ns();
    if (response + claim.slack.ns() != own.D || claim.slack < Duration::zero()) {
      return doubt("the slack is not what the response leaves of the deadline", name);
    }
    const Wide stay = longest_stay_of(tasks_[i]);
    if (response > stay) return doubt("a job may outstay its overload rule", name);
    const Wide blocking = charged_blocking(own);
    if (claim.blocking.ns() != blocking) return doubt("the blocking is another", name);
    const bool by_demand = options_.policy == Policy::kEdf && response == own.D;
    if (!by_demand && !responses_hold(own, proof.response, blocking, response)) {
      return doubt("the response time is not proved", name);
    }
    const bool borne = by_level() ? bears(own, proof.tolerance, tolerance, std::min(own.D, stay))
                                  : tolerates(tolerance, own.D <= stay);
    return borne ? ok() : doubt("the blocking tolerance is not proved", name);
  }

  // Fixed priorities: no job responds later than `bound` under this blocking.
  [[nodiscard]] bool bears(const Subject& own, const std::optional<ResponseProof>& proof,
                           Wide tolerance, Wide bound) const {
    if (tolerance == 0) return true;
    return tolerance > 0 && proof && responses_hold(own, *proof, tolerance, bound);
  }
  // EDF: the demand has shown that the deadline bears it, but no response other than with the best
  // effort that is declared. FIFO promises nothing.
  [[nodiscard]] bool tolerates(Wide tolerance, bool only_deadline_matters) const {
    if (tolerance == 0) return true;
    if (options_.policy != Policy::kEdf || tolerance < 0) return false;
    return only_deadline_matters || tolerance <= best_effort();
  }

  const TaskSet& tasks_;
  const Certificate& certificate_;
  const AnalysisOptions& options_;
  std::vector<Subject> subjects_;
};

bool is_negative(const AnalysisOptions& options) {
  const Overheads& o = options.overheads;
  return std::min({o.release, o.dispatch, o.completion, o.clock_error}) < Duration::zero();
}

Status is_about(const TaskSet& tasks, const Certificate& certificate) {
  if (certificate.fingerprint != fingerprint(tasks, certificate.options)) {
    return doubt("the fingerprint is of another set or other options");
  }
  if (certificate.assumptions != assumptions_of(certificate.options)) {
    return doubt("the assumptions are not those of its options");
  }
  const auto& proofs = certificate.proof.tasks;
  if (certificate.tasks.size() != tasks.size() || proofs.size() != tasks.size()) {
    return doubt("the certificate has other tasks");
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const bool same_name = tasks[i].name.empty() || certificate.tasks[i].name == tasks[i].name;
    if (certificate.tasks[i].task != tasks[i].id || proofs[i].task != tasks[i].id || !same_name) {
      return doubt("the certificate has other tasks", tasks[i].name);
    }
  }
  return ok();
}

}  // namespace

Status check_certificate(const TaskSet& tasks, const Certificate& certificate) {
  if (Status valid = validate(tasks); !valid) return valid;
  if (Status valid = validate(certificate.options.supply); !valid) return valid;
  if (Status valid = validate(certificate.options.blocking); !valid) return valid;
  if (is_negative(certificate.options)) return doubt("an overhead is negative");
  if (Status about = is_about(tasks, certificate); !about) return about;
  return Checker(tasks, certificate).run();
}

}  // namespace aegis::theory
