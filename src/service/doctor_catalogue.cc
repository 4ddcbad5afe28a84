// SPDX-License-Identifier: Apache-2.0
#include "doctor_catalogue.h"

#include <algorithm>

#include <fmt/format.h>

#include "plain_text.h"

namespace aegis::service {

namespace {

constexpr const char* kKernelLine = "kernel command line, then restart";
constexpr const char* kUntilRestart = "until the next start";
constexpr const char* kLogIn = "then log in again";
constexpr const char* kContainer = "in a container";
constexpr const char* kCapabilities =
    "sudo setcap cap_sys_nice,cap_ipc_lock+ep \"$(command -v aegisrt)\"";

constexpr CatalogueEntry kCatalogue[] = {
    {.id = "fifo",
     .title = "real-time class",
     .why = "As an ordinary thread a lane shares its CPU with every other process, and nothing "
            "bounds how long it waits for it.",
     .mend = {{{.command = kCapabilities},
               {.command = "echo \"$USER - rtprio 98\" | sudo tee -a "
                           "/etc/security/limits.d/aegisrt.conf",
                .remark = kLogIn},
               {.command = "docker run --cap-add SYS_NICE --ulimit rtprio=98",
                .remark = kContainer}}},
     .without = "Lanes run as ordinary threads. Every run says so first, and a miss names the "
                "missing class among the assumptions violated.",
     .essential = true,
     .real_time_only = true,
     .probe = probe_fifo},
    {.id = "pinning",
     .title = "lane's CPU",
     .why = "A lane that is moved finds cold caches, and two lanes may meet on one CPU: the proof "
            "holds for one lane on one CPU.",
     .mend = {{{.command = "docker run --cpuset-cpus <lanes>", .remark = kContainer},
               {.command = "cpu = <allowed>", .remark = "in [[machine.lane]] of the workload"}}},
     .without = "A workload that names the CPU is refused; otherwise the lane runs unpinned and "
                "says so.",
     .essential = true,
     .real_time_only = true,
     .probe = probe_pinning},
    {.id = "memlock",
     .title = "locked memory",
     .why = "A job that touches a page for the first time waits 2 to 9 us; one that was swapped "
            "out or is read back from disk, milliseconds.",
     .mend = {{{.command = kCapabilities},
               {.command = "echo \"$USER - memlock unlimited\" | sudo tee -a "
                           "/etc/security/limits.d/aegisrt.conf",
                .remark = kLogIn},
               {.command = "docker run --ulimit memlock=-1", .remark = kContainer}}},
     .without = "Runs go on with memory that is not locked and say so first. A job that waits for "
                "a page shows as an overrun or as lost supply.",
     .essential = true,
     .real_time_only = true,
     .probe = probe_memlock},
    {.id = "throttling",
     .title = "real-time throttling",
     .why = "Before 6.12 the kernel stops all real-time threads of a CPU for the rest of each "
            "period once they have used their share.",
     .mend = {{{.command = "sudo sysctl -w kernel.sched_rt_runtime_us=-1",
                .remark = "a lane that hangs then keeps its CPU"}}},
     .without = "Lanes rest 60 us in each millisecond of spinning, which stays below the default "
                "95 %. What is stopped beyond that is recorded as lost supply.",
     .real_time_only = true,
     .probe = probe_throttling},
    {.id = "fair-server",
     .title = "fair server",
     .why = "A real-time thread that never slept lost about 50 ms once a second to ordinary "
            "threads waiting on its CPU.",
     .mend = {{{.command = "for cpu in <each>; do echo 0 | sudo tee "
                           "/sys/kernel/debug/sched/fair_server/cpu$cpu/runtime; done",
                .remark = "until the next start; isolating the CPU does better"}}},
     .without = "Lanes rest 60 us in each millisecond of spinning: no such loss was seen. A lane "
                "busy for seconds without a pause may still lose it, recorded as lost supply.",
     .real_time_only = true,
     .probe = probe_fair_server},
    {.id = "isolation",
     .title = "CPU isolation",
     .why = "Ordinary threads on a lane's CPU spoil its caches between jobs and delay a start by "
            "about 2 us; the kernel's tick and callbacks interrupt jobs.",
     .mend = {{{.command = "isolcpus=domain,managed_irq,<lanes> nohz_full=<lanes> "
                           "rcu_nocbs=<lanes>",
                .remark = kKernelLine}}},
     .without =
         "Lanes run among the others. A gap longer than the workload's `lost_supply` is recorded, "
         "and a miss after it is the machine's.",
     .probe = probe_isolation},
    {.id = "interrupts",
     .title = "interrupts",
     .why = "An interrupt stops even a real-time thread, for as long as its handler runs.",
     .mend = {{{.command = "sudo sh -c 'for f in /proc/irq/*/smp_affinity_list; do echo <others> "
                           ">$f; done 2>/dev/null'",
                .remark = "until the next start; stop irqbalance first"},
               {.command = "echo <others-mask> | sudo tee /proc/irq/default_smp_affinity",
                .remark = "for new ones"}}},
     .without = "Handlers' time is charged to the job they interrupt: it belongs in the WCET, "
                "or is recorded as lost supply.",
     .probe = probe_interrupts},
    {.id = "idle-states",
     .title = "idle states",
     .why = "Waking a lane on another CPU took 11 us (25 us at the 99th percentile), and 1.8 us "
            "(2.3 us) with deep idle states forbidden.",
     .mend = {{{.command = "sudo chown \"$(id -un)\" /dev/cpu_dma_latency",
                .remark = kUntilRestart}}},
     .without = "Lanes wake that much later, which the `release` overhead of the workload (100 us "
                "by default) must cover.",
     .real_time_only = true,
     .probe = probe_idle_states},
    {.id = "cpus",
     .title = "CPUs",
     .why = "A lane's watchdog and the delivery of results need a CPU that no lane keeps busy.",
     .mend = {},
     .without = "They run when the lane sleeps: a hanging model is cancelled late, and results "
                "arrive late.",
     .probe = probe_cpus},
    {.id = "quota",
     .title = "CPU quota",
     .why = "Once it is used up, the group's ordinary threads stop until the next period.",
     .mend = {{{.command = "docker run --cpu-quota -1", .remark = kContainer},
               {.command = "sudo systemctl set-property UNIT CPUQuota=",
                .remark = "of a service"}}},
     .without = "Lanes go on if they have the real-time class, but watchdog, results and trace "
                "stop with the others: a trace may drop events.",
     .probe = probe_quota},
    {.id = "siblings",
     .title = "hyper-threads",
     .why = "Whoever runs on the other thread of a core takes execution units and caches from the "
            "lane: WCETs grow by an amount nobody bounds.",
     .mend = {},
     .without = "WCETs hold only for what ran beside while they were profiled.",
     .probe = probe_siblings},
    {.id = "governor",
     .title = "CPU frequency",
     .why = "A CPU that slows down while it idles begins the next job slowly: the first one after "
            "a pause takes longest.",
     .mend = {{{.command = "echo performance | sudo tee "
                           "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
                .remark = kUntilRestart}}},
     .without = "WCETs hold for the speed they were profiled at; a profile taken under another "
                "governor is refused as stale.",
     .probe = probe_governor},
    {.id = "turbo",
     .title = "turbo",
     .why = "A cool CPU runs faster than the same CPU an hour later: WCETs profiled cool may not "
            "hold.",
     .mend = {},
     .without = "WCETs hold for the heat they were profiled at. Profile under the load to come, or "
                "after a warm-up; an overrun is recorded.",
     .probe = probe_turbo},
    {.id = "preemption",
     .title = "kernel preemption",
     .why = "Kernel code that does not give way delays a lane's wake-up, without a bound.",
     .mend = {{{.command = "preempt=full", .remark = kKernelLine}}},
     .without = "Late wake-ups are measured; one beyond the declared overheads is recorded as "
                "a late timer.",
     .real_time_only = true,
     .probe = probe_preemption},
    {.id = "clock",
     .title = "clock",
     .why = "Every phase of a lane ends with a reading of the clock: 21 ns from the processor's "
            "counter, far more where the kernel must be entered.",
     .mend = {{{.command = "echo tsc | sudo tee "
                           "/sys/devices/system/clocksource/clocksource0/current_clocksource",
                .remark = kUntilRestart},
               {.command = "clocksource=tsc tsc=reliable",
                .remark = "kernel command line; only if the kernel is wrong to distrust it"}}},
     .without = "Readings take longer, so `dispatch` and `completion` of the workload must be "
                "raised if runs report them violated.",
     .probe = probe_clock},
    {.id = "virtualisation",
     .title = "virtualisation",
     .why = "A host runs virtual CPUs when it likes and moves them: a cache line's way between "
            "them took 55 ns or 380 ns within minutes. With deadlines of 1 ms, 0.03 to 0.09 % were "
            "missed; above 10 ms none of 300,000.",
     .mend = {{{.command = "virsh vcpupin DOMAIN <lane> HOST_CPU", .remark = "on the host"}}},
     .without = "Stolen time is read from the kernel and recorded as lost supply, so that a miss "
                "names the host; AegisRT cannot get it back.",
     .probe = probe_virtualisation},
    {.id = "swap",
     .title = "swap",
     .why = "A page that was swapped out costs a read from disk: milliseconds.",
     .mend = {{{.command = "sudo swapoff -a", .remark = kUntilRestart}}},
     .without = "A job that waits for a page shows as an overrun or as lost supply.",
     .probe = probe_swap},
    {.id = "huge-pages",
     .title = "huge pages",
     .why = "With `always` the kernel gathers and splits pages behind a job's back.",
     .mend = {{{.command = "echo madvise | sudo tee "
                           "/sys/kernel/mm/transparent_hugepage/enabled",
                .remark = kUntilRestart}}},
     .without = "Memory that is locked before a lane starts is touched already; what a model "
                "allocates later may pause.",
     .probe = probe_huge_pages},
    {.id = "backends",
     .title = "model runtime",
     .why = "Without its runtime no model of that kind loads.",
     .mend = {{{.command = "backend.onnxruntime.library = \"/path/to/libonnxruntime.so.1\"",
                .remark = "in [machine] of the workload"}}},
     .without = "`profile`, `admit` and `run` refuse such models; `analyze`, `explain`, `audit` "
                "and `export` need none.",
     .probe = probe_backends},
    {.id = "gpu", .title = "GPU", .why = "", .mend = {}, .without = "", .probe = probe_gpu},
};

// The commands with this machine's CPUs in them.
std::string filled(std::string command, const Patient& patient) {
  CpuSet others = patient.allowed;
  for (const int cpu : patient.lanes) others.erase(cpu);
  const std::pair<std::string_view, std::string> places[] = {
      {"<lane>", fmt::format("{}", *patient.lanes.begin())},
      {"<lanes>", format_cpu_list(patient.lanes)},
      {"<each>", fmt::format("{}", fmt::join(patient.lanes, " "))},
      {"<allowed>", patient.allowed.empty() ? "N" : fmt::format("{}", *patient.allowed.rbegin())},
      {"<others>", others.empty() ? "OTHERS" : format_cpu_list(others)},
      {"<others-mask>", others.empty() ? "MASK" : format_cpu_mask(others)}};
  for (const auto& [place, value] : places) {
    for (auto at = command.find(place); at != std::string::npos; at = command.find(place)) {
      command.replace(at, place.size(), value);
    }
  }
  return command;
}

std::vector<Mend> usual_mend(const CatalogueEntry& entry, const Patient& patient) {
  std::vector<Mend> mend;
  for (const auto& [command, remark] : entry.mend) {
    if (command != nullptr) mend.push_back({filled(command, patient), remark});
  }
  return mend;
}

}  // namespace

std::span<const CatalogueEntry> doctor_catalogue() {
  return kCatalogue;
}

Finding finding_of(const CatalogueEntry& entry, const Patient& patient) {
  Finding finding{.id = entry.id,
                  .title = entry.title,
                  .essential = entry.essential,
                  .found = "",
                  .why = entry.why,
                  .mend = {},
                  .without = entry.without};
  if (entry.real_time_only && !patient.fifo_priority) {
    finding.status = FindingStatus::kNotApplicable;
    finding.found = "the workload asks for no real time";
    return finding;
  }
  Observation seen = entry.probe(patient);
  finding.status = seen.status;
  finding.found = std::move(seen.found);
  const bool to_mend =
      seen.status == FindingStatus::kLacking || seen.status == FindingStatus::kWarning;
  if (to_mend) finding.mend = seen.mend ? std::move(*seen.mend) : usual_mend(entry, patient);
  return finding;
}

}  // namespace aegis::service
