// SPDX-License-Identifier: Apache-2.0
#include "aegis/theory/verdict.h"

namespace aegis::theory {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSchedulable:
      return "schedulable";
    case Verdict::kUnschedulable:
      return "unschedulable";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "invalid";
}

}  // namespace aegis::theory
