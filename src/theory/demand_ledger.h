// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "edf_demand.h"

namespace aegis::theory {

// The stretches over which a demand test was seen to hold, so that the next test need not look at
// them again. incremental_admission.h has the idea.
class DemandLedger {
 public:
  // The ledger with one task more. `all` is the criterion of the set with it, `newcomer` its last
  // task. Nothing when the set is then not schedulable, or beyond the limits; `verdict` says which.
  [[nodiscard]] std::optional<DemandLedger> with(const Timing& newcomer, const EdfDemand& all,
                                                 Verdict& verdict) const;
  // The ledger without a task that is in it.
  void leave_out(const Timing& leaver);

 private:
  // All t in [from, to] hold with the demand of `to`.
  struct Entry {
    Duration from;
    Duration to;
    Duration demand;
  };
  class Update;

  std::vector<Entry> entries_;  // by falling `to`; no deadline between them
  Duration end_;                // every t at or beyond it holds
};

}  // namespace aegis::theory
