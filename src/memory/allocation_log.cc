// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/allocation_log.h"

#include <string>
#include <utility>

namespace aegis::memory {

void AllocationRecorder::begin() {
  log_ = {};
  live_.clear();
  bytes_.clear();
  foreign_release_ = false;
}

void AllocationRecorder::allocated(const void* address, std::size_t bytes) {
  const auto buffer = static_cast<std::uint32_t>(bytes_.size());
  bytes_.push_back(bytes);
  live_[address] = buffer;
  log_.steps.push_back({AllocationStep::Kind::kAllocate, buffer, bytes});
}

void AllocationRecorder::released(const void* address) {
  const auto found = live_.find(address);
  if (found == live_.end()) {
    foreign_release_ = true;
    return;
  }
  log_.steps.push_back({AllocationStep::Kind::kRelease, found->second, bytes_[found->second]});
  live_.erase(found);
}

Result<AllocationLog> AllocationRecorder::end() {
  if (foreign_release_) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition,
                                 "a run released memory that it had not allocated"));
  }
  if (!live_.empty()) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition, "a run kept memory beyond its end")
                    .with_detail(std::to_string(live_.size()) + " buffers"));
  }
  return std::move(log_);
}

}  // namespace aegis::memory
