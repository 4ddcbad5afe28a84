// SPDX-License-Identifier: Apache-2.0
#include "platform/process_barrier.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace aegis::executor::platform {
namespace {

// membarrier(2), Linux 4.14 and later; containers' seccomp filters sometimes refuse it.
bool membarrier(int command) noexcept {
  return syscall(SYS_membarrier, command, 0U, 0) == 0;
}

}  // namespace

bool register_process_barrier() noexcept {
  return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

bool process_barrier() noexcept {
  return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

}  // namespace aegis::executor::platform
