// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace aegis::service {

// How high a set's utilisation may be, over random sets: the mean, and the least fortunate set.
struct AdmissibleUtilisation {
  double mean = 0;
  double lowest = 1;
};

struct TheoryFindings {
  std::uint32_t sets = 0;
  AdmissibleUtilisation edf;
  AdmissibleUtilisation rate_monotonic;
  AdmissibleUtilisation fifo;
  // Sets admitted at their largest utilisation, under each policy, and then simulated: synchronous
  // arrivals and random behaviours the task model allows. A miss among them refutes the analysis.
  std::uint64_t simulated = 0;
  std::uint64_t missed = 0;
};

// Random sets of five tasks (proportions by UUniFast: E. Bini, G. Buttazzo, "Measuring the
// performance of schedulability tests", 2005; periods log-uniform in 10 to 200 ms, D = T, segments
// of at most 1 ms, non-preemptive), each scaled to the largest utilisation its analysis admits, in
// steps of 1/128. Seconds; the same for the same seed on every machine.
[[nodiscard]] TheoryFindings validate_theory(std::uint64_t seed);

}  // namespace aegis::service
