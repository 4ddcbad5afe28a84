// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/borrow_count.h"

#include "platform/futex.h"

namespace aegis::executor {

void SleepWord::sleep_while(std::uint32_t expected, TimePoint until) noexcept {
  platform::wait_on(value, expected, until);
}

void SleepWord::wake() noexcept {
  platform::wake_all(value);
}

}  // namespace aegis::executor
