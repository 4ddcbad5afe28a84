// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "aegis/base/result.h"

namespace aegis::memory {

// One request of a run: the n-th buffer is allocated, or released.
struct AllocationStep {
  // Which of the two.
  enum class Kind : std::uint8_t { kAllocate, kRelease };
  Kind kind = Kind::kAllocate;
  std::uint32_t buffer = 0;  // buffers are numbered in the order of their allocation
  std::size_t bytes = 0;     // of the buffer, as asked for
  bool operator==(const AllocationStep&) const = default;
};

// Everything one run asked of its allocator, in order, without addresses: two runs that did the
// same have equal logs.
//
//   a = alloc(512); b = alloc(64); free(a); free(b)
//     -> {allocate 0, 512} {allocate 1, 64} {release 0, 512} {release 1, 64}
struct AllocationLog {
  std::vector<AllocationStep> steps;
  bool operator==(const AllocationLog&) const = default;
};

// Writes a log while a run allocates from wherever it does. One thread at a time.
class AllocationRecorder {
 public:
  // Forgets the last run; then every allocation and release of the next one, in order.
  void begin();
  void allocated(const void* address, std::size_t bytes);
  void released(const void* address);
  // The run's log. kFailedPrecondition when it released what it had not allocated, or left a buffer
  // behind: such a run has no lifetimes to plan with.
  [[nodiscard]] Result<AllocationLog> end();

 private:
  AllocationLog log_;
  std::unordered_map<const void*, std::uint32_t> live_;
  std::vector<std::size_t> bytes_;  // by buffer
  bool foreign_release_ = false;
};

}  // namespace aegis::memory
