// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace aegis::scheduler {

// What of this machine decides how long code takes, as far as Linux tells.
struct MachineIdentity {
  std::string cpu_model;  // "AMD EPYC 7B13", or "unknown"
  std::string kernel;     // "6.1.0-18-amd64"
  std::string governor;   // of `cpu`; "none" where there is no frequency control
  int cpu_count = 0;      // online
};

// Reads /proc and /sys; slow path. `cpu`: whose governor.
[[nodiscard]] MachineIdentity identify_machine(int cpu);

}  // namespace aegis::scheduler
