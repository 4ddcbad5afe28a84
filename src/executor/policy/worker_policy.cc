// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/worker_policy.h"

namespace aegis::executor {

std::string_view to_string(WorkerPolicy policy) {
  switch (policy) {
    case WorkerPolicy::kEdf:
      return "edf";
    case WorkerPolicy::kRateMonotonic:
      return "rm";
    case WorkerPolicy::kLeastLaxity:
      return "llf";
    case WorkerPolicy::kFixedPriority:
      return "fp";
    case WorkerPolicy::kFifo:
      return "fifo";
  }
  return "invalid";
}

std::optional<WorkerPolicy> worker_policy_from(std::string_view name) {
  if (name == "edf") return WorkerPolicy::kEdf;
  if (name == "rm") return WorkerPolicy::kRateMonotonic;
  if (name == "llf") return WorkerPolicy::kLeastLaxity;
  if (name == "fp") return WorkerPolicy::kFixedPriority;
  if (name == "fifo") return WorkerPolicy::kFifo;
  return std::nullopt;
}

std::optional<theory::policy::Policy> analysed_as(WorkerPolicy policy) {
  switch (policy) {
    case WorkerPolicy::kEdf:
      return theory::policy::Policy::kEdf;
    case WorkerPolicy::kRateMonotonic:
      return theory::policy::Policy::kRateMonotonic;
    case WorkerPolicy::kFixedPriority:
      return theory::policy::Policy::kStaticPriority;
    case WorkerPolicy::kFifo:
      return theory::policy::Policy::kFifo;
    case WorkerPolicy::kLeastLaxity:
      break;
  }
  return std::nullopt;
}

}  // namespace aegis::executor
