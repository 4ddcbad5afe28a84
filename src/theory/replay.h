// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "aegis/theory/adversary.h"
#include "aegis/theory/witness.h"

namespace aegis::theory {

// What came of simulating a behaviour.
struct Replay {
  std::optional<Witness> witness;  // nothing: no job missed, or the behaviour is out of range
  // Whether, after `instant` and the first release, the lane had nothing left to do before the last
  // release.
  bool idled = false;
};

// Simulates the behaviour of a set already charged, and cuts it at its first miss.
[[nodiscard]] Replay replay(const TaskSet& tasks, const AnalysisOptions& options,
                            Behaviour behaviour, TimePoint instant);

}  // namespace aegis::theory
