// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/theory/schedulability.h"
#include "aegis/theory/supply_bound.h"

namespace aegis::theory {

// What the lane of an analysis may lose: the one place where behaviours learn it.
inline Supply supply_of(const AnalysisOptions& /*options*/) {
  return {};
}

}  // namespace aegis::theory
