// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "aegis/theory/proof.h"
#include "aegis/theory/schedulability.h"

namespace aegis::theory {

// The evidence for what `analysis` found of a schedulable set, `charged` being the set with its
// overheads (charged_for) and every task having a response-time bound; nothing where it would be
// longer than the limits of the analyses.
[[nodiscard]] std::optional<Proof> prove(const TaskSet& charged, const AnalysisOptions& options,
                                         const Analysis& analysis);

}  // namespace aegis::theory
