// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aegis/context/runtime_backend.h"
#include "aegis/service/doctor.h"

#include "machine_tree.h"

namespace aegis::service {

// What every probe looks at: the machine, and what is to run there.
struct Patient {
  MachineTree tree;
  CpuSet lanes;                      // CPUs of lanes; not empty
  CpuSet allowed;                    // CPUs this process may use; empty: not known
  std::optional<int> fifo_priority;  // nothing: no real time is asked for
  std::string kernel;                // release, "" when not known
  ThreadQuestion ask_thread;
  context::BackendRegistry backends;
  std::map<std::string, context::Options> backends_needed;  // with their options
};

struct Observation {
  FindingStatus status = FindingStatus::kNotKnown;
  std::string found;
  // Instead of the catalogue's, where the cause decides what mends it.
  std::optional<std::vector<Mend>> mend = std::nullopt;
};

// Looks at one thing. Never throws over what it reads: what is not as the kernel writes it is "not
// known".
using Probe = Observation (*)(const Patient&);

// doctor_probe_rights.cc: what the kernel lets this process do
Observation probe_fifo(const Patient& patient);
Observation probe_memlock(const Patient& patient);
Observation probe_pinning(const Patient& patient);
Observation probe_cpus(const Patient& patient);
Observation probe_quota(const Patient& patient);
Observation probe_idle_states(const Patient& patient);

// doctor_probe_cpu.cc: who else uses the lanes' CPUs, and how fast these are
Observation probe_isolation(const Patient& patient);
Observation probe_interrupts(const Patient& patient);
Observation probe_siblings(const Patient& patient);
Observation probe_governor(const Patient& patient);
Observation probe_turbo(const Patient& patient);
Observation probe_virtualisation(const Patient& patient);

// doctor_probe_kernel.cc: how the kernel keeps time, shares CPUs and memory; what models run on
Observation probe_preemption(const Patient& patient);
Observation probe_throttling(const Patient& patient);
Observation probe_fair_server(const Patient& patient);
Observation probe_clock(const Patient& patient);
Observation probe_swap(const Patient& patient);
Observation probe_huge_pages(const Patient& patient);
Observation probe_backends(const Patient& patient);
Observation probe_gpu(const Patient& patient);

// Whether the kernel is at least major.minor; nothing when its release is not known.
[[nodiscard]] std::optional<bool> kernel_at_least(const Patient& patient, int major, int minor);
// The lanes' CPUs that are set apart from ordinary threads, at boot or by a cpuset partition.
[[nodiscard]] CpuSet isolated_lanes(const Patient& patient);
// Whether the processor says that it is virtual.
[[nodiscard]] bool is_virtual(const Patient& patient);
// Whether `mlockall` will be granted without a limit.
[[nodiscard]] std::optional<bool> memory_can_be_locked(const Patient& patient);
// "CPU 1", "CPUs 1-3"
[[nodiscard]] std::string in_words(const CpuSet& cpus);

}  // namespace aegis::service
