// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "aegis/memory/lane_arena.h"

#include "doctor_probes.h"
#include "plain_text.h"

namespace aegis::service {

namespace {

using enum FindingStatus;

// linux/capability.h; numbers of the kernel's interface.
constexpr int kCapIpcLock = 14;
constexpr int kCapSysNice = 23;

// mlockall counts addresses, not memory touched: each lane reserves those of its arena, and a
// process with ONNX Runtime, a few models and the 8 MiB stacks of its threads maps several hundred
// MiB besides.
std::uint64_t roomy_lock(const Patient& patient) {
  constexpr std::uint64_t kBesides = std::uint64_t{1} << 30;
  const std::uint64_t lanes = std::max<std::size_t>(patient.lanes.size(), 1);
  return kBesides + lanes * memory::LaneArena::kReservedBytes;
}

// Waking from a state that takes no longer is not told apart from a memory access or two.
constexpr std::int64_t kShallowMicroseconds = 2;

std::optional<bool> has_capability(const Patient& patient, int capability) {
  const Result<std::string> status = patient.tree.proc("self/status");
  if (!status) return std::nullopt;
  const auto field = field_of(*status, "CapEff");
  if (!field) return std::nullopt;
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), bits, 16);
  if (error != std::errc{} || end != field->data() + field->size()) return std::nullopt;
  return (bits >> capability & 1U) != 0;
}

// The soft limit; the greatest value for "unlimited".
std::optional<std::uint64_t> limit_of(const Patient& patient, std::string_view name) {
  const Result<std::string> limits = patient.tree.proc("self/limits");
  if (!limits) return std::nullopt;
  for (const std::string_view line : lines_of(*limits)) {
    if (!line.starts_with(name)) continue;
    const auto words = words_of(line.substr(name.size()));
    if (words.empty()) return std::nullopt;
    if (words.front() == "unlimited") return std::numeric_limits<std::uint64_t>::max();
    const auto value = parse_integer(words.front());
    if (!value || *value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
  }
  return std::nullopt;
}

std::string yes_no(const std::optional<bool>& answer) {
  if (!answer) return "not known";
  return *answer ? "yes" : "no";
}

// The path of this process' group in the hierarchy that holds `controller`: of version 1 by its
// name, of version 2 by "". Nothing where there is none, or the path leads out of its namespace.
std::optional<std::string> control_group(const Patient& patient, std::string_view controller) {
  const Result<std::string> groups = patient.tree.proc("self/cgroup");
  if (!groups) return std::nullopt;
  for (const std::string_view line : lines_of(*groups)) {
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string controllers = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    if (controllers.find(fmt::format(",{},", controller)) == std::string::npos) continue;
    const std::string_view path = line.substr(second + 1);
    if (path.find("..") != std::string::npos || !path.starts_with('/')) return std::nullopt;
    return std::string(path);
  }
  return std::nullopt;
}

// What helps a process that has the right to SCHED_FIFO and is refused all the same. A kernel with
// CONFIG_RT_GROUP_SCHED refuses it in a control group without a share of its own, even to root; in
// version 2 no group but the root has one.
std::vector<Mend> mend_of_group(const Patient& patient) {
  // Names that a shell would take for more than a name are not put into a command.
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.:@-";
  std::vector<Mend> mend;
  if (const auto group = control_group(patient, "cpu")) {
    const std::string file = fmt::format("fs/cgroup/cpu{}/cpu.rt_runtime_us", *group);
    const bool plain = group->find_first_not_of(kPlain) == std::string::npos;
    if (plain && patient.tree.sys_integer(file) == 0) {
      mend.push_back({fmt::format("echo 950000 | sudo tee /sys/{}", file),
                      "gives this control group a share"});
    }
  } else if (const auto unified = control_group(patient, ""); unified && *unified != "/") {
    mend.push_back({"echo $$ | sudo tee /sys/fs/cgroup/cgroup.procs",
                    "moves this shell to the root group, the only one with a share"});
    mend.push_back({"rt_group_sched=0", "kernel command line, from 6.16 on"});
  }
  mend.push_back({"docker run --cap-add SYS_NICE --ulimit rtprio=98", "in a container"});
  return mend;
}

}  // namespace

std::string in_words(const CpuSet& cpus) {
  return fmt::format("{} {}", cpus.size() == 1 ? "CPU" : "CPUs", format_cpu_list(cpus));
}

std::optional<bool> memory_can_be_locked(const Patient& patient) {
  if (has_capability(patient, kCapIpcLock) == true) return true;
  const auto limit = limit_of(patient, "Max locked memory");
  if (!limit) return std::nullopt;
  return *limit == std::numeric_limits<std::uint64_t>::max();
}

Observation probe_fifo(const Patient& patient) {
  // A priority of the workload; a lane's stack and CPU have no part in whether the class is
  // granted.
  const int priority = patient.fifo_priority.value_or(1);
  const auto grant = patient.ask_thread({.name = "doctor", .fifo_priority = priority});
  if (!grant) return {kNotKnown, one_line(grant.error().message())};
  if (grant->real_time) return {kOk, fmt::format("SCHED_FIFO {} granted", priority)};
  const auto limit = limit_of(patient, "Max realtime priority");
  const auto nice = has_capability(patient, kCapSysNice);
  std::string found = fmt::format("{}; CAP_SYS_NICE: {}; rtprio limit: {}", one_line(grant->note),
                                  yes_no(nice), limit ? std::to_string(*limit) : "not known");
  const bool permitted = nice == true || (limit && *limit >= static_cast<std::uint64_t>(priority));
  if (!permitted) return {kLacking, found};
  return {kLacking, found + "; so a control group or a sandbox refuses", mend_of_group(patient)};
}

Observation probe_memlock(const Patient& patient) {
  if (has_capability(patient, kCapIpcLock) == true) return {kOk, "no limit (CAP_IPC_LOCK)"};
  const auto limit = limit_of(patient, "Max locked memory");
  if (!limit) return {kNotKnown, "the limit cannot be read from /proc/self/limits"};
  if (*limit == std::numeric_limits<std::uint64_t>::max()) return {kOk, "no limit"};
  const std::string found = fmt::format("at most {} KiB may be locked", *limit >> 10);
  const std::uint64_t roomy = roomy_lock(patient);
  if (*limit < roomy) {
    return {kLacking, fmt::format("{}; a run maps up to {} GiB", found, roomy >> 30U)};
  }
  return {kWarning, found + ": a run that grows past it fails to allocate"};
}

Observation probe_pinning(const Patient& patient) {
  for (const int cpu : patient.lanes) {
    const auto grant = patient.ask_thread({.name = "doctor", .cpu = cpu});
    if (!grant) return {kNotKnown, one_line(grant.error().message())};
    if (grant->pinned) continue;
    const auto online = patient.tree.sys_cpus("devices/system/cpu/online");
    if (!online || online->contains(cpu)) return {kLacking, one_line(grant->note)};
    std::vector<Mend> mend;
    if (!patient.allowed.empty()) {
      mend.push_back({fmt::format("cpu = {}", *patient.allowed.rbegin()),
                      "in [[machine.lane]] of the workload"});
    }
    return {kLacking, fmt::format("there is no CPU {}; online: {}", cpu, format_cpu_list(*online)),
            mend};
  }
  // isolcpus= takes a CPU out of every process's start; a lane that names it still gets it.
  for (const int cpu : patient.lanes) {
    if (patient.allowed.empty() || patient.allowed.contains(cpu)) continue;
    return {kOk, fmt::format("CPU {} granted, though this process starts on {}: name it in the "
                             "workload",
                             cpu, in_words(patient.allowed))};
  }
  return {kOk, in_words(patient.lanes)};
}

Observation probe_cpus(const Patient& patient) {
  if (patient.allowed.empty()) return {kNotKnown, "/proc/self/status names no CPUs"};
  CpuSet others = patient.allowed;
  for (const int cpu : patient.lanes) others.erase(cpu);
  const auto online = patient.tree.sys_cpus("devices/system/cpu/online");
  const std::string found = fmt::format("this process may use {}{}", in_words(patient.allowed),
                                        online ? " of " + format_cpu_list(*online) : "");
  if (!others.empty()) return {kOk, found};
  const bool more = online && online->size() > patient.lanes.size();
  const Mend mend{more ? fmt::format("taskset -c {} aegisrt run ...", format_cpu_list(*online))
                       : "docker run --cpuset-cpus 0,1",
                  more ? "" : "give the container or virtual machine one more"};
  return {kWarning, found + ": none is left beside the lanes", {{mend}}};
}

namespace {

// "max 100000" or "50000 100000" (version 2).
std::optional<std::string> quota_in(std::string_view text) {
  const auto words = words_of(text);
  if (words.size() != 2 || words[0] == "max") return std::nullopt;
  const auto quota = parse_integer(words[0]);
  const auto period = parse_integer(words[1]);
  if (!quota || !period || *quota < 0 || *period <= 0) return std::nullopt;
  return fmt::format("{} us in each {} us", *quota, *period);
}

// A group's quota is also that of the groups in it.
std::optional<std::string> quota_of(const Patient& patient, std::string group, bool version_2) {
  for (;;) {
    const std::string folder = (version_2 ? "fs/cgroup" : "fs/cgroup/cpu") + group;
    const auto file = [&](const char* name) { return patient.tree.sys(folder + "/" + name); };
    if (version_2) {
      const auto text = file("cpu.max");
      if (const auto quota = text ? quota_in(*text) : std::nullopt) return quota;
    } else if (const auto quota = file("cpu.cfs_quota_us")) {
      const auto period = file("cpu.cfs_period_us");
      const auto value = parse_integer(*quota);
      const auto text = period && value >= 0 ? quota_in(*quota + " " + *period) : std::nullopt;
      if (text) return text;
    }
    if (group.empty() || group == "/") return std::nullopt;
    group.erase(group.find_last_of('/'));
  }
}

}  // namespace

Observation probe_quota(const Patient& patient) {
  const auto old_group = control_group(patient, "cpu");
  const auto group = control_group(patient, "");
  if (!old_group && !group) return {kNotKnown, "no control group in /proc/self/cgroup"};
  std::optional<std::string> quota;
  if (old_group) quota = quota_of(patient, *old_group, false);
  if (!quota && group) quota = quota_of(patient, *group, true);
  if (!quota) return {kOk, "none seen"};
  return {kWarning, fmt::format("ordinary threads get {}", *quota)};
}

Observation probe_idle_states(const Patient& patient) {
  const Status opened = patient.tree.device_opens("cpu_dma_latency");
  if (opened) return {kOk, "/dev/cpu_dma_latency can be held"};
  const std::string folder =
      fmt::format("devices/system/cpu/cpu{}/cpuidle", *patient.lanes.begin());
  std::optional<std::int64_t> deepest;
  for (const std::string& state : patient.tree.sys_names(folder)) {
    const auto latency = patient.tree.sys_integer(fmt::format("{}/{}/latency", folder, state));
    if (latency) deepest = std::max(deepest.value_or(0), *latency);
  }
  std::string found = one_line(opened.error().message());
  if (deepest) found += fmt::format("; the deepest idle state takes {} us to leave", *deepest);
  // A virtual processor's own states say nothing of how the host wakes it.
  const bool shallow = deepest && *deepest <= kShallowMicroseconds && !is_virtual(patient);
  if (shallow) return {kOk, found};
  if (patient.tree.device_exists("cpu_dma_latency")) return {kWarning, found};
  return {
      kWarning,
      found,
      {{{"docker run --device /dev/cpu_dma_latency", "in a container"},
        {"intel_idle.max_cstate=0 processor.max_cstate=1", "kernel command line, then restart"}}}};
}

}  // namespace aegis::service
