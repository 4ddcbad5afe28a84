// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/wake_signal.h"

#include "platform/futex.h"

namespace aegis::executor {

void ParkingWord::sleep(TimePoint until) noexcept {
  platform::wait_on(word_, kParked, until);
  lower();
}

void ParkingWord::wake() noexcept {
  if (word_.exchange(kAwake, std::memory_order_acq_rel) == kParked) platform::wake_one(word_);
}

}  // namespace aegis::executor
