// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "aegis/base/result.h"

namespace aegis::memory {

// What a buffer's place is a multiple of: a cache line, and the widest vector load of today's
// processors.
inline constexpr std::size_t kAlignment = 64;

// The size that `bytes` occupy in an arena: rounded up to kAlignment.
[[nodiscard]] constexpr std::size_t aligned(std::size_t bytes) noexcept {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// What a buffer takes of an arena or a pool: aligned, and never nothing, so that two buffers that
// are alive together always differ in their address.
[[nodiscard]] constexpr std::size_t occupied(std::size_t bytes) noexcept {
  return aligned(bytes == 0 ? 1 : bytes);
}

// Owns pages of this process: zeroed, each written once before create() returns, so that no job
// pays for a first touch (1.7 to 9 microseconds a page), and locked where the system allows it, so
// that none is ever taken away again.
//
// Slow path. Moving keeps the address.
class HostRegion {
 public:
  HostRegion() = default;
  // kResourceExhausted with errno when the system gives no such region; zero bytes: an empty one.
  [[nodiscard]] static Result<HostRegion> create(std::size_t bytes);
  ~HostRegion();
  HostRegion(HostRegion&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})), page_locked_(other.page_locked_) {}
  HostRegion& operator=(HostRegion&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(page_locked_, other.page_locked_);
    return *this;
  }

  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }
  // False where the limit on locked memory (RLIMIT_MEMLOCK) is in the way: pages may then fault
  // under memory pressure.
  [[nodiscard]] bool page_locked() const noexcept { return page_locked_; }

 private:
  std::span<std::byte> bytes_;
  bool page_locked_ = true;
};

}  // namespace aegis::memory
