// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/machine_identity.h"

#include <fstream>

#include <sys/utsname.h>
#include <unistd.h>

namespace aegis::scheduler {

namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string cpu_model() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const bool names_it = line.starts_with("model name") || line.starts_with("CPU part");
    const auto colon = line.find(": ");
    if (names_it && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

MachineIdentity identify_machine(int cpu) {
  utsname kernel{};
  ::uname(&kernel);
  const std::string governor =
      first_line("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpufreq/scaling_governor");
  return {.cpu_model = cpu_model(),
          .kernel = kernel.release,
          .governor = governor.empty() ? "none" : governor,
          .cpu_count = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN))};
}

}  // namespace aegis::scheduler
