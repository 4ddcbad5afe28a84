// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "aegis/base/time.h"

namespace aegis::executor::platform {

// Sleeps while `word` is `value`, until woken or until the host's monotonic clock reaches `until`
// (TimePoint::max(): only until woken). May return early without cause. The word is shared by the
// threads of one process. A system call; does not allocate or lock.
void wait_on(std::atomic<std::uint32_t>& word, std::uint32_t value, TimePoint until) noexcept;

// Wakes one thread that sleeps on `word`, if there is one. A system call; never sleeps.
void wake_one(std::atomic<std::uint32_t>& word) noexcept;

// Wakes all of them. A system call; never sleeps.
void wake_all(std::atomic<std::uint32_t>& word) noexcept;

}  // namespace aegis::executor::platform
