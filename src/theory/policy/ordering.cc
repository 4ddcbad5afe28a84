// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/policy/ordering.h"

#include "aegis/theory/policy/deadline_monotonic.h"
#include "aegis/theory/policy/edf.h"
#include "aegis/theory/policy/fifo.h"
#include "aegis/theory/policy/rate_monotonic.h"
#include "aegis/theory/policy/static_priority.h"

namespace aegis::theory::policy {
namespace {

constexpr std::int64_t key_of(Policy policy, const JobParameters& job) noexcept {
  switch (policy) {
    case Policy::kEdf:
      return edf_key(job);
    case Policy::kRateMonotonic:
      return rate_monotonic_key(job);
    case Policy::kDeadlineMonotonic:
      return deadline_monotonic_key(job);
    case Policy::kStaticPriority:
      return static_priority_key(job);
    case Policy::kFifo:
      return fifo_key(job);
  }
  return 0;
}

}  // namespace

std::string_view to_string(Policy policy) {
  switch (policy) {
    case Policy::kEdf:
      return "edf";
    case Policy::kRateMonotonic:
      return "rm";
    case Policy::kDeadlineMonotonic:
      return "dm";
    case Policy::kStaticPriority:
      return "static";
    case Policy::kFifo:
      return "fifo";
  }
  return "invalid";
}

std::optional<Policy> policy_from(std::string_view name) {
  if (name == "edf" || name == "np_edf") return Policy::kEdf;
  if (name == "rm") return Policy::kRateMonotonic;
  if (name == "dm") return Policy::kDeadlineMonotonic;
  if (name == "static" || name == "fp") return Policy::kStaticPriority;
  if (name == "fifo") return Policy::kFifo;
  return std::nullopt;
}

OrderingKey order(Policy policy, const JobParameters& job) noexcept {
  return {key_of(policy, job), job.arrival, job.id};
}

}  // namespace aegis::theory::policy
