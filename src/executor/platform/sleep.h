// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/time.h"

namespace aegis::executor::platform {

// Sleeps so long on the host's monotonic clock; a signal may end it early. A system call; does not
// allocate or lock.
void sleep_for(Duration duration) noexcept;

}  // namespace aegis::executor::platform
