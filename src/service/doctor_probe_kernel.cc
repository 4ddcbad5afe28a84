// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "doctor_probes.h"
#include "plain_text.h"

namespace aegis::service {

namespace {

using enum FindingStatus;

// A word of the machine's in a sentence of ours: printable, and not long.
std::string shown(std::string_view text) {
  return one_line(text.substr(0, 60));
}

// "full" of "none voluntary (full)", "madvise" of "always [madvise] never".
std::optional<std::string_view> chosen(std::string_view text, char open, char close) {
  const auto from = text.find(open);
  const auto to = from == std::string_view::npos ? from : text.find(close, from);
  if (to == std::string_view::npos) return std::nullopt;
  return text.substr(from + 1, to - from - 1);
}

// Which of its models a kernel with PREEMPT_DYNAMIC uses: the switch tells, else the command line.
std::optional<std::string> dynamic_model(const Patient& patient) {
  if (const auto text = patient.tree.sys("kernel/debug/sched/preempt")) {
    if (const auto model = chosen(*text, '(', ')')) return std::string(*model);
  }
  const auto line = patient.tree.proc("cmdline");
  if (!line) return std::nullopt;
  std::optional<std::string> model;
  for (const std::string_view word : words_of(*line)) {
    if (word.starts_with("preempt=")) model = word.substr(8);
  }
  return model;
}

}  // namespace

std::optional<bool> kernel_at_least(const Patient& patient, int major, int minor) {
  const std::string_view release = patient.kernel;
  const auto dot = release.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto end = release.find_first_not_of("0123456789", dot + 1);
  const auto found_major = parse_integer(release.substr(0, dot));
  const auto found_minor =
      parse_integer(release.substr(dot + 1, end == std::string_view::npos ? end : end - dot - 1));
  if (!found_major || !found_minor) return std::nullopt;
  return std::pair(*found_major, *found_minor) >=
         std::pair<std::int64_t, std::int64_t>(major, minor);
}

Observation probe_preemption(const Patient& patient) {
  if (patient.tree.sys_integer("kernel/realtime") == 1) return {kOk, "PREEMPT_RT"};
  const Result<std::string> version = patient.tree.proc("version");
  if (!version) return {kNotKnown, one_line(version.error().message())};
  const auto words = words_of(*version);
  const auto has = [&](std::string_view word) { return std::ranges::count(words, word) > 0; };
  if (has("PREEMPT_RT")) return {kOk, "PREEMPT_RT"};
  if (has("PREEMPT")) return {kOk, "PREEMPT (kernel code gives way outside its locks)"};
  if (!has("PREEMPT_DYNAMIC")) return {kWarning, "kernel code gives way only where it offers to"};
  const auto model = dynamic_model(patient);
  if (!model) {
    return {kNotKnown,
            "PREEMPT_DYNAMIC; its model is not readable in /sys/kernel/debug/sched/preempt"};
  }
  // "lazy" makes only ordinary threads wait for a tick.
  const bool full = *model == "full" || *model == "lazy";
  return {full ? kOk : kWarning, fmt::format("PREEMPT_DYNAMIC, model {}", shown(*model))};
}

Observation probe_throttling(const Patient& patient) {
  const auto runtime = patient.tree.proc_integer("sys/kernel/sched_rt_runtime_us");
  const auto period = patient.tree.proc_integer("sys/kernel/sched_rt_period_us");
  if (!runtime || !period || *period <= 0) {
    return {kNotKnown, "/proc/sys/kernel/sched_rt_runtime_us cannot be read"};
  }
  if (*runtime < 0) return {kOk, "off"};
  const std::string found = fmt::format("{} us of {} us for real-time threads", *runtime, *period);
  if (*runtime == 0) {
    return {kLacking,
            found,
            {{{"sudo sysctl -w kernel.sched_rt_runtime_us=950000", "the kernel's default"}}}};
  }
  if (*runtime >= *period) return {kOk, found};
  const auto replaced = kernel_at_least(patient, 6, 12);
  if (replaced == true) return {kOk, found + "; from 6.12 on, the fair server acts instead"};
  return {kWarning, found};
}

Observation probe_fair_server(const Patient& patient) {
  const auto has_one = kernel_at_least(patient, 6, 12);
  if (!has_one) return {kNotKnown, "the kernel's release is not known"};
  if (!*has_one) return {kNotApplicable, "this kernel has none (it came with 6.12)"};
  const bool apart = isolated_lanes(patient) == patient.lanes;
  std::int64_t most = 0;
  for (const int cpu : patient.lanes) {
    const std::string folder = fmt::format("kernel/debug/sched/fair_server/cpu{}", cpu);
    const auto runtime = patient.tree.sys_integer(folder + "/runtime");
    if (!runtime && apart) continue;
    if (!runtime) {
      return {kWarning,
              fmt::format("Linux {} has it; its share (50 ms a second unless changed) cannot be "
                          "read in /sys/kernel/debug",
                          shown(patient.kernel))};
    }
    most = std::max(most, *runtime);
  }
  if (apart) return {kOk, "nobody to serve: the lanes' CPUs are isolated"};
  if (most == 0) return {kOk, "off"};
  return {kWarning, fmt::format("up to {:.3g} ms in each period for ordinary threads",
                                static_cast<double>(most) / 1e6)};
}

Observation probe_clock(const Patient& patient) {
  // Read without entering the kernel.
  constexpr std::array<std::string_view, 5> kQuick{
      "tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "riscv_clocksource"};
  const auto source =
      patient.tree.sys("devices/system/clocksource/clocksource0/current_clocksource");
  if (!source) return {kNotKnown, one_line(source.error().message())};
  if (std::ranges::count(kQuick, std::string_view(*source)) > 0) return {kOk, *source};
  // Advances in ticks of 1 to 10 ms: no deadline can be told from it.
  if (source->find("jiffies") != std::string::npos) return {kLacking, shown(*source)};
  return {kWarning, shown(*source)};
}

Observation probe_swap(const Patient& patient) {
  const Result<std::string> swaps = patient.tree.proc("swaps");
  if (!swaps) return {kNotKnown, one_line(swaps.error().message())};
  const auto lines = lines_of(*swaps);
  if (lines.size() <= 1) return {kOk, "none"};
  const std::string found = fmt::format("{} in use", lines.size() == 2 ? "one area" : "areas");
  if (memory_can_be_locked(patient) == true) return {kOk, found + ", but a run's memory is locked"};
  return {kWarning, found + ", and a run's memory cannot be locked"};
}

Observation probe_huge_pages(const Patient& patient) {
  const auto text = patient.tree.sys("kernel/mm/transparent_hugepage/enabled");
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return {kNotApplicable, "this kernel has none"};
  }
  if (!text) return {kNotKnown, one_line(text.error().message())};
  const auto mode = chosen(*text, '[', ']');
  if (!mode) return {kNotKnown, fmt::format("not as expected: {}", in_quotes(*text))};
  return {*mode == "always" ? kWarning : kOk, shown(*mode)};
}

Observation probe_backends(const Patient& patient) {
  Observation seen{.status = kOk, .found = ""};
  for (const auto& [name, options] : patient.backends_needed) {
    const auto backend = patient.backends.create(name, options);
    if (!backend) seen.status = kLacking;
    const std::string words = backend ? fmt::format("{} {}", name, (*backend)->version())
                                      : fmt::format("{}: {}", name, backend.error().message());
    seen.found += (seen.found.empty() ? "" : "; ") + one_line(words);
  }
  return seen;
}

Observation probe_gpu(const Patient& patient) {
  const auto driver = patient.tree.proc("driver/nvidia/version");
  const bool device = patient.tree.device_exists("nvidia0");
  if (!device && !driver) return {kNotApplicable, "no NVIDIA GPU to be seen; lanes run on CPUs"};
  std::string found = device ? "/dev/nvidia0" : "no /dev/nvidia0";
  if (driver) {
    // "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.159.04  Release Build ..."
    const auto words = words_of(*driver);
    const auto version = std::ranges::find_if(words, [](std::string_view word) {
      return word.find_first_not_of("0123456789.") == std::string_view::npos &&
             word.find('.') != std::string_view::npos;
    });
    found += ", driver " + (version == words.end() ? "of unknown version" : shown(*version));
  }
  return {kNotApplicable, found + "; CUDA lanes come with the GPU layer, so far lanes run on CPUs"};
}

}  // namespace aegis::service
