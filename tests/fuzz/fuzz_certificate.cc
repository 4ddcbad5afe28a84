// SPDX-License-Identifier: Apache-2.0
//
// parse_certificate and theory::check_certificate: any text is a certificate or one line. One that
// is believed of a small set is true: no behaviour of the set, tried one by one, outlasts a bound
// it claims, and no analysis refutes the set, with best effort as long as the claimed tolerance.
//
// A certificate is tied to its set and options by a fingerprint, which stops blind mutation at the
// first changed option: it is judged as it is, and with fingerprint and assumptions put right.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "aegis/service/certificate_file.h"
#include "aegis/service/task_csv.h"
#include "aegis/theory/certificate_checker.h"
#include "aegis/theory/simulator.h"

#include "fuzz_target.h"

namespace {

using aegis::Duration;
using aegis::TaskId;
using aegis::TimePoint;
using aegis::fuzz::require;
using aegis::theory::AnalysisOptions;
using aegis::theory::Certificate;
using aegis::theory::PlannedJob;
using aegis::theory::Preemption;
using aegis::theory::SimulationOptions;
using aegis::theory::TaskSet;
using aegis::theory::Verdict;
using aegis::theory::policy::Policy;

constexpr const char* kFile = "c.json";
// The seeds of the corpus are certificates of this set, in nanoseconds.
constexpr const char* kTasks = "Task,T,D,WCET,Segments\nA,10,8,3,\nB,14,14,4,2+2\nC,35,30,4,4\n";

using Lane = std::pair<Policy, Preemption>;
using Responses = std::map<TaskId, Duration>;

const TaskSet& tasks() {
  static const TaskSet set =
      *aegis::service::parse_task_csv(kTasks, "tasks.csv", Duration::nanoseconds(1));
  return set;
}

// Periodic from these first arrivals, over the hyperperiod of 70 and the longest deadline.
std::vector<PlannedJob> periodic(const std::vector<std::int64_t>& first) {
  std::vector<PlannedJob> jobs;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto& task = tasks()[i];
    for (Duration at = Duration::nanoseconds(first[i]); at.ns() < 140; at += task.period) {
      jobs.push_back({task.id, TimePoint{} + at, TimePoint{} + at, {}});
    }
  }
  aegis::theory::sort_by_release(jobs);
  return jobs;
}

// The longest response of each task over all offsets: below what any certificate may claim, since
// overheads, outages and best effort only add to it.
Responses longest_responses(Lane lane) {
  const SimulationOptions options{
      .policy = lane.first, .preemption = lane.second, .overload_rules = false};
  Responses longest;
  for (std::int64_t b = 0; b < 14; ++b) {
    for (std::int64_t c = 0; c < 35; ++c) {
      const auto schedule = aegis::theory::simulate(tasks(), periodic({7, b, c}), options);
      require(schedule.has_value(), "a periodic behaviour can be simulated");
      for (const auto& [task, response] : schedule->longest_responses()) {
        longest[task] = std::max(longest[task], response);
      }
    }
  }
  return longest;
}

const Responses& responses_on(const AnalysisOptions& options) {
  static std::map<Lane, Responses> known;
  const Lane lane{options.policy, options.preemption};
  const auto found = known.find(lane);
  if (found != known.end()) return found->second;
  return known.emplace(lane, longest_responses(lane)).first->second;
}

// What is believed has to be true, by judges that share nothing with the checker.
void require_true(const Certificate& certificate, std::string_view text) {
  const Responses& longest = responses_on(certificate.options);
  for (const auto& claim : certificate.tasks) {
    const Duration deadline = tasks()[claim.task.value].deadline.value;
    require(claim.slack >= Duration::zero(), "a believed slack is one", text);
    require(
        claim.response_time + claim.slack + certificate.options.overheads.clock_error == deadline,
        "a response and its slack are the deadline", text);
    require(claim.response_time >= longest.at(claim.task),
            "a believed response time is never exceeded", text);
  }
  AnalysisOptions options = certificate.options;
  require(aegis::theory::judge(tasks(), options) != Verdict::kUnschedulable,
          "what is believed is not refuted", text);
  const Duration tolerance = certificate.best_effort_tolerance();
  if (options.preemption == Preemption::kPreemptive) return;
  options.blocking.best_effort = std::max(options.blocking.best_effort, tolerance);
  require(aegis::theory::judge(tasks(), options) != Verdict::kUnschedulable,
          "a believed tolerance can be borne", text);
}

void check(const Certificate& certificate, std::string_view text) {
  const auto believed = aegis::theory::check_certificate(tasks(), certificate);
  if (believed) return require_true(certificate, text);
  require(!believed.error().message().empty(), "a doubt is said");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = aegis::fuzz::text_of(data, size);
  auto certificate = aegis::service::parse_certificate(text, kFile);
  if (!certificate) {
    aegis::fuzz::require_one_line(certificate.error().message(), kFile);
    return 0;
  }
  check(*certificate, text);
  certificate->fingerprint = aegis::theory::fingerprint(tasks(), certificate->options);
  certificate->assumptions = aegis::theory::assumptions_of(certificate->options);
  check(*certificate, text);
  return 0;
}
