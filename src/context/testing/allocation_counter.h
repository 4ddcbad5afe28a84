// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace aegis::context {

// Counts what this thread allocates from code of the test executable itself, which contains all of
// AegisRT, between construction and count(). A runtime's own allocations come from its shared
// library and are not ours to count. Linking allocation_counter.cc replaces the executable's
// operator new.
class AllocationCounter {
 public:
  AllocationCounter();
  [[nodiscard]] std::size_t count() const;

 private:
  std::size_t before_;
};

}  // namespace aegis::context
