// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/borrow_count.h"

#include <algorithm>

#include "aegis/base/time.h"

#include "platform/futex.h"

namespace aegis::executor {

bool BorrowCount::wait_for_none(const Clock& clock, TimePoint until, Duration spin) noexcept {
  if (!any()) return true;
  const TimePoint now = clock.now();
  const bool spins_to_the_end = until <= now || until - now <= spin;
  if (spin_for_none(clock, spins_to_the_end ? until : now + spin)) return true;
  if (spins_to_the_end) return false;
  std::uint32_t word = word_.fetch_or(kSleeper, std::memory_order_acq_rel) | kSleeper;
  while (word != kSleeper) {
    if (clock.now() >= until) return false;
    platform::wait_on(word_, word, until);
    // A lender or a body may have changed the word meanwhile; the flag stays until taken down here.
    word = word_.load(std::memory_order_acquire);
  }
  word_.fetch_and(~kSleeper, std::memory_order_relaxed);
  return true;
}

bool BorrowCount::spin_for_none(const Clock& clock, TimePoint until) const noexcept {
  while (any()) {
    if (clock.now() >= until) return false;
  }
  return true;
}

void BorrowCount::wake() noexcept {
  platform::wake_all(word_);
}

}  // namespace aegis::executor
