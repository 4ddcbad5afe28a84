// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace aegis::executor::platform {

// Announces to the kernel that this process will call process_barrier(). False where the platform
// has no such barrier. May be called again; ordinary threads.
[[nodiscard]] bool register_process_barrier() noexcept;

// Every running thread of this process passes a full memory barrier between the call and its
// return. A system call that interrupts the other CPUs on which this process runs, 0.2 to 20 µs.
// False when the kernel refused it: then nothing is promised.
[[nodiscard]] bool process_barrier() noexcept;

}  // namespace aegis::executor::platform
