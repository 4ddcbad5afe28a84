// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/time.h"

namespace aegis::theory {

// The last value, going from `holds` towards `breaks` in whole nanoseconds, for which `test` is
// true. Of the ends, test(holds) is taken to be true and test(breaks) false; neither is asked.
template <class Test>
Duration between(Duration holds, Duration breaks, const Test& test) {
  while (true) {
    const Duration middle = holds + (breaks - holds) / 2;
    if (middle == holds) return holds;
    (test(middle) ? holds : breaks) = middle;
  }
}

}  // namespace aegis::theory
