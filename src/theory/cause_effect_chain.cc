// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/cause_effect_chain.h"

namespace aegis::theory {
namespace {

const char* problem_of(const SampledStage& stage) {
  if (stage.longest_gap <= Duration::zero()) return "a stage's longest gap is not positive";
  if (stage.response_time <= Duration::zero()) return "a stage's response time is not positive";
  if (stage.release_jitter < Duration::zero()) return "a stage's release jitter is negative";
  if (stage.release_jitter > stage.response_time) {
    return "a stage's release jitter exceeds its response time";
  }
  if (stage.input == Freshness::kQueue && stage.queue_depth == 0) {
    return "a stage takes its input from a queue without room";
  }
  return nullptr;
}

Status validate(const std::vector<SampledStage>& stages) {
  if (stages.empty()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "a chain has no stages"));
  }
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (const char* problem = problem_of(stages[i])) {
      return fail(Error::permanent(ErrorCode::kInvalidArgument, problem)
                      .with_native(static_cast<std::int64_t>(i)));
    }
  }
  return ok();
}

// How long after its arrival a job's result counts for the next stage's next job.
Duration delay_of_result(const SampledStage& stage, const SampledStage& next) {
  const bool never_overtaken = stage.outranks_next && next.input == Freshness::kLatest;
  return never_overtaken ? stage.release_jitter : stage.response_time;
}

// How long a result waits for the arrival of the job that takes it.
std::optional<Duration> wait_for(const SampledStage& stage) {
  if (stage.input == Freshness::kLatest) return stage.longest_gap;
  return Duration::checked_multiply(stage.longest_gap, stage.queue_depth);
}

// All terms of the bound but the first stage's wait and the last one's response.
std::optional<Duration> through_the_links(const std::vector<SampledStage>& stages) {
  std::optional<Duration> sum = Duration::zero();
  for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
    const auto wait = wait_for(stages[i + 1]);
    if (!wait) return std::nullopt;
    for (const Duration term : {delay_of_result(stages[i], stages[i + 1]), *wait}) {
      sum = Duration::checked_add(*sum, term);
      if (!sum) return std::nullopt;
    }
  }
  return sum;
}

std::optional<Duration> bound_of(const std::vector<SampledStage>& stages) {
  auto sum = through_the_links(stages);
  if (sum) sum = Duration::checked_add(*sum, stages.front().longest_gap);
  if (sum) sum = Duration::checked_add(*sum, stages.back().response_time);
  return sum;
}

bool has_queue(const std::vector<SampledStage>& stages) {
  for (std::size_t i = 1; i < stages.size(); ++i) {
    if (stages[i].input == Freshness::kQueue) return true;
  }
  return false;
}

}  // namespace

Result<DataTimes> analyse_cause_effect_chain(const std::vector<SampledStage>& stages) {
  if (auto valid = validate(stages); !valid) return fail(valid.error());
  const auto bound = bound_of(stages);
  if (!bound || *bound > kLargestSum) {
    return fail(Error::permanent(ErrorCode::kOutOfRange, "a chain's times sum to over 36 years"));
  }
  DataTimes times{.reaction_time = *bound, .data_age = {}, .age_when_written = {}};
  if (has_queue(stages)) return times;
  times.data_age = *bound;
  times.age_when_written = *bound - stages.back().longest_gap;
  return times;
}

}  // namespace aegis::theory
