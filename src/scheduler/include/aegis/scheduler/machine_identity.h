// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace aegis::scheduler {

// What of this machine decides how long code takes, as far as Linux tells.
struct MachineIdentity {
  std::string cpu_model;  // "AMD EPYC 7B13", or "unknown"
  std::string kernel;     // "6.1.0-18-amd64"
  std::string governor;   // of `cpu`; "none" where there is no frequency control
  std::string isolation;  // of `cpu`: "isolated", "nohz_full", "isolated, nohz_full" or "shared"
  std::string smt;        // "on" or "off"; "none" where the kernel does not tell
  int cpu_count = 0;      // online
};

// Reads /proc and /sys; slow path. `cpu`: whose governor and isolation.
[[nodiscard]] MachineIdentity identify_machine(int cpu);

// Whether the kernel keeps others (isolated) or its own tick (nohz_full) off a CPU. `cpus`:
// /sys/devices/system/cpu, or a test's folder of the same shape.
[[nodiscard]] std::string isolation_of(int cpu, const std::filesystem::path& cpus);

// Size of the largest cache that serves the CPU, or 32 MiB where nobody tells: that of a server's
// usual slice.
[[nodiscard]] std::size_t last_level_cache_bytes(int cpu, const std::filesystem::path& cpus);

// The kernel's lists, "0-3,8,10-11". Empty for an empty or malformed one.
[[nodiscard]] std::vector<int> parse_cpu_list(const std::string& text);

// Where Linux tells about its CPUs: what the functions above take outside of tests.
inline constexpr const char* kCpusOfLinux = "/sys/devices/system/cpu";

}  // namespace aegis::scheduler
