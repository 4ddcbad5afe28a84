// SPDX-License-Identifier: Apache-2.0
#include "platform/futex.h"

#include <ctime>
#include <limits>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace aegis::executor::platform {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "a futex is 32 bits");

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* until) noexcept {
  return syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), operation | FUTEX_PRIVATE_FLAG,
                 value, until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

void wait_on(std::atomic<std::uint32_t>& word, std::uint32_t value, TimePoint until) noexcept {
  if (until == TimePoint::max()) {
    futex(word, FUTEX_WAIT_BITSET, value, nullptr);
    return;
  }
  // WAIT_BITSET takes an absolute CLOCK_MONOTONIC time: no drift from computing a remainder.
  const timespec deadline{.tv_sec = until.ns() / 1'000'000'000,
                          .tv_nsec = until.ns() % 1'000'000'000};
  futex(word, FUTEX_WAIT_BITSET, value, &deadline);
}

void wake_one(std::atomic<std::uint32_t>& word) noexcept {
  futex(word, FUTEX_WAKE, 1, nullptr);
}

void wake_all(std::atomic<std::uint32_t>& word) noexcept {
  futex(word, FUTEX_WAKE, std::numeric_limits<std::int32_t>::max(), nullptr);
}

}  // namespace aegis::executor::platform
