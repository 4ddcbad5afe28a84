// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "doctor_probes.h"
#include "plain_text.h"

namespace aegis::service {

namespace {

using enum FindingStatus;

CpuSet common(const CpuSet& a, const CpuSet& b) {
  CpuSet both;
  std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
  return both;
}

CpuSet without(CpuSet cpus, const CpuSet& removed) {
  for (const int cpu : removed) cpus.erase(cpu);
  return cpus;
}

// The value of `name=` on the kernel's command line; the last one counts.
std::optional<std::string> parameter(const Patient& patient, std::string_view name) {
  const Result<std::string> line = patient.tree.proc("cmdline");
  if (!line) return std::nullopt;
  std::optional<std::string> value;
  for (const std::string_view word : words_of(*line)) {
    const bool named = word.starts_with(name) && word.substr(name.size()).starts_with('=');
    if (named) value = word.substr(name.size() + 1);
  }
  return value;
}

// Every lane's governor, or its driver: "performance", "powersave, performance". Empty: none seen.
std::string of_each_lane(const Patient& patient, std::string_view file) {
  std::set<std::string> values;
  for (const int cpu : patient.lanes) {
    const auto text =
        patient.tree.sys(fmt::format("devices/system/cpu/cpu{}/cpufreq/{}", cpu, file));
    if (text) values.insert(one_line(text->substr(0, 40)));
  }
  return fmt::format("{}", fmt::join(values, ", "));
}

}  // namespace

CpuSet isolated_lanes(const Patient& patient) {
  CpuSet isolated = patient.tree.sys_cpus("devices/system/cpu/isolated").value_or(CpuSet{});
  isolated.merge(patient.tree.sys_cpus("fs/cgroup/cpuset.cpus.isolated").value_or(CpuSet{}));
  return common(patient.lanes, isolated);
}

bool is_virtual(const Patient& patient) {
  const Result<std::string> cpuinfo = patient.tree.proc("cpuinfo");
  if (!cpuinfo) return false;
  const auto flags = field_of(*cpuinfo, "flags");
  return flags && std::ranges::count(words_of(*flags), std::string_view("hypervisor")) > 0;
}

Observation probe_isolation(const Patient& patient) {
  const auto isolated = patient.tree.sys_cpus("devices/system/cpu/isolated");
  if (!isolated) return {kNotKnown, "/sys/devices/system/cpu/isolated cannot be read"};
  const CpuSet shared = without(patient.lanes, isolated_lanes(patient));
  const CpuSet tickless = patient.tree.sys_cpus("devices/system/cpu/nohz_full").value_or(CpuSet{});
  const auto quiet = parse_cpu_list(parameter(patient, "rcu_nocbs").value_or(""));
  const bool ticks = common(patient.lanes, tickless) != patient.lanes;
  const bool callbacks =
      ticks && (!quiet || common(patient.lanes, *quiet) != patient.lanes);  // nohz_full implies it
  const std::string rest =
      fmt::format("nohz_full: {}; rcu_nocbs: {}", ticks ? "no" : "yes", callbacks ? "no" : "yes");
  if (shared.empty()) {
    return {ticks ? kWarning : kOk, fmt::format("isolated: {}; {}", in_words(patient.lanes), rest)};
  }
  std::string found = fmt::format("not isolated: {}; {}", in_words(shared), rest);
  if (!isolated->empty()) {
    found += fmt::format("; isolated, but not a lane's: {}", in_words(*isolated));
    const Mend mend{fmt::format("cpu = {}", *isolated->rbegin()),
                    "in [[machine.lane]] of the workload"};
    return {kWarning, found, {{mend}}};
  }
  const bool alone = !patient.allowed.empty() && without(patient.allowed, patient.lanes).empty();
  if (alone) return {kWarning, found + "; it needs a CPU beside the lanes", {{}}};
  return {kWarning, found};
}

Observation probe_interrupts(const Patient& patient) {
  std::size_t seen = 0;
  std::size_t here = 0;
  for (const std::string& name : patient.tree.proc_names("irq")) {
    const auto text = patient.tree.proc("irq/" + name + "/smp_affinity_list");
    const auto cpus = text ? parse_cpu_list(*text) : std::nullopt;
    if (!cpus) continue;
    ++seen;
    if (!common(*cpus, patient.lanes).empty()) ++here;
  }
  const auto mask = patient.tree.proc("irq/default_smp_affinity");
  const auto fresh = mask ? parse_cpu_mask(*mask) : std::nullopt;
  if (seen == 0 && !fresh) return {kNotKnown, "/proc/irq cannot be read"};
  const bool fresh_here = fresh && !common(*fresh, patient.lanes).empty();
  const std::string found =
      fmt::format("{} of {} interrupts may come to {}{}", here, seen, in_words(patient.lanes),
                  fresh_here ? ", and so may new ones" : "");
  if (here == 0 && !fresh_here) return {kOk, found};
  const bool alone = !patient.allowed.empty() && without(patient.allowed, patient.lanes).empty();
  if (alone) return {kWarning, found + "; no other CPU could take them", {{}}};
  return {kWarning, found};
}

Observation probe_siblings(const Patient& patient) {
  CpuSet siblings;
  for (const int cpu : patient.lanes) {
    const auto threads = patient.tree.sys_cpus(
        fmt::format("devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    if (!threads) return {kNotKnown, fmt::format("the topology of CPU {} cannot be read", cpu)};
    siblings.insert(threads->begin(), threads->end());
    // Two lanes on one core disturb each other as anybody would.
    if (common(*threads, patient.lanes).size() == 1) siblings.erase(cpu);
  }
  if (siblings.empty())
    return {kOk, fmt::format("none shares a core with {}", in_words(patient.lanes))};
  const std::string found = fmt::format("a core is shared with {}", in_words(siblings));
  std::vector<Mend> mend{{"echo off | sudo tee /sys/devices/system/cpu/smt/control", ""}};
  const CpuSet others = without(siblings, patient.lanes);
  if (others.size() == 1) {
    mend.push_back(
        {fmt::format("echo 0 | sudo tee /sys/devices/system/cpu/cpu{}/online", *others.begin()),
         "only this sibling"});
  }
  return {kWarning, found, mend};
}

Observation probe_governor(const Patient& patient) {
  const std::string governor = of_each_lane(patient, "scaling_governor");
  if (governor.empty()) {
    const char* who =
        is_virtual(patient) ? "the host decides" : "the firmware decides, if anything";
    return {kNotApplicable, fmt::format("no frequency control to be seen: {}", who)};
  }
  const std::string driver = of_each_lane(patient, "scaling_driver");
  const std::string found =
      driver.empty() ? governor : fmt::format("{} (driver {})", governor, driver);
  return {governor == "performance" ? kOk : kWarning, found};
}

Observation probe_turbo(const Patient& patient) {
  const auto no_turbo = patient.tree.sys_integer("devices/system/cpu/intel_pstate/no_turbo");
  const auto boost = patient.tree.sys_integer("devices/system/cpu/cpufreq/boost");
  if (!no_turbo && !boost) return {kNotApplicable, "no switch for it to be seen"};
  if (no_turbo == 1 || boost == 0) return {kOk, "off"};
  const char* command = no_turbo ? "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
                                 : "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost";
  return {kWarning, "on", {{{command, "until the next start"}}}};
}

namespace {

// Ticks stolen from a CPU and ticks counted on it since the start, or nothing. Columns: user nice
// system idle iowait irq softirq steal; what follows (guest) is in user already.
struct Steal {
  double stolen = 0;
  double counted = 0;
};
std::optional<Steal> steal_of(std::string_view stat, int cpu) {
  for (const std::string_view line : lines_of(stat)) {
    const auto words = words_of(line);
    if (words.size() < 9 || words[0] != fmt::format("cpu{}", cpu)) continue;
    Steal steal;
    for (std::size_t column = 1; column <= 8; ++column) {
      const auto ticks = parse_integer(words[column]);
      if (!ticks || *ticks < 0) return std::nullopt;
      steal.counted += static_cast<double>(*ticks);
      if (column == 8) steal.stolen = static_cast<double>(*ticks);
    }
    return steal;
  }
  return std::nullopt;
}

}  // namespace

Observation probe_virtualisation(const Patient& patient) {
  if (const auto cpuinfo = patient.tree.proc("cpuinfo"); !cpuinfo) {
    return {kNotKnown, one_line(cpuinfo.error().message())};
  }
  if (!is_virtual(patient)) return {kOk, "no hypervisor to be seen"};
  const Result<std::string> stat = patient.tree.proc("stat");
  Steal sum;
  for (const int cpu : patient.lanes) {
    const auto steal = stat ? steal_of(*stat, cpu) : std::nullopt;
    if (!steal) return {kWarning, "a virtual machine; what its host takes is not known"};
    sum.stolen += steal->stolen;
    sum.counted += steal->counted;
  }
  if (sum.stolen == 0) {
    return {kWarning, "a virtual machine; its host reports no stolen time (some never do)"};
  }
  return {kWarning, fmt::format("a virtual machine; its host took {:.2g} % of {} since the start",
                                100 * sum.stolen / sum.counted, in_words(patient.lanes))};
}

}  // namespace aegis::service
