// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/machine_identity.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>

#include <sys/utsname.h>
#include <unistd.h>

namespace aegis::scheduler {

namespace {

// cpu_set_t holds 1024 CPUs; a list that names more is not one of Linux's.
constexpr int kMostCpus = 1024;
constexpr std::size_t kUnknownCacheBytes = std::size_t{32} << 20;

std::string first_line(const std::filesystem::path& path) {
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

std::string smt() {
  const std::string active = first_line(std::filesystem::path(kCpusOfLinux) / "smt/active");
  if (active.empty()) return "none";
  return active == "1" ? "on" : "off";
}

std::optional<int> cpu_number(const std::string& text) {
  int number = -1;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const bool good = read.ec == std::errc{} && read.ptr == end && number >= 0 && number < kMostCpus;
  return good ? std::optional(number) : std::nullopt;
}

// "1024K", "32M"; nothing for anything else.
std::optional<std::size_t> cache_size(const std::string& text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr + 1 != end || number > (1U << 24)) return std::nullopt;
  if (*read.ptr == 'K') return number << 10;
  if (*read.ptr == 'M') return number << 20;
  return std::nullopt;
}

}  // namespace

std::vector<int> parse_cpu_list(const std::string& text) {
  std::vector<int> cpus;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto dash = part.find('-');
    const auto first = cpu_number(part.substr(0, dash));
    const auto last = dash == std::string::npos ? first : cpu_number(part.substr(dash + 1));
    if (!first || !last) return {};
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

std::string isolation_of(int cpu, const std::filesystem::path& cpus) {
  std::string found;
  for (const char* kind : {"isolated", "nohz_full"}) {
    const std::vector<int> listed = parse_cpu_list(first_line(cpus / kind));
    if (std::ranges::find(listed, cpu) == listed.end()) continue;
    found += (found.empty() ? "" : ", ") + std::string(kind);
  }
  return found.empty() ? "shared" : found;
}

std::size_t last_level_cache_bytes(int cpu, const std::filesystem::path& cpus) {
  const std::filesystem::path caches = cpus / ("cpu" + std::to_string(cpu)) / "cache";
  std::size_t largest = 0;
  for (int index = 0; index < 8; ++index) {  // L1i, L1d, L2, L3, and room for what comes
    const auto size = cache_size(first_line(caches / ("index" + std::to_string(index)) / "size"));
    largest = std::max(largest, size.value_or(0));
  }
  return largest == 0 ? kUnknownCacheBytes : largest;
}

MachineIdentity identify_machine(int cpu) {
  utsname kernel{};
  ::uname(&kernel);
  const std::string governor =
      first_line("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpufreq/scaling_governor");
  return {.cpu_model = cpu_model(),
          .kernel = kernel.release,
          .governor = governor.empty() ? "none" : governor,
          .isolation = isolation_of(cpu, kCpusOfLinux),
          .smt = smt(),
          .cpu_count = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN))};
}

}  // namespace aegis::scheduler
