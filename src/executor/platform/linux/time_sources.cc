// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/time_sources.h"

#include <ctime>
#include <fstream>
#include <string_view>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "platform/sleep.h"

namespace aegis::executor {
namespace {

TimePoint read(clockid_t clock) noexcept {
  timespec t{};
  clock_gettime(clock, &t);
  return TimePoint::from_ns(static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec);
}

#if defined(__x86_64__)
// CPUID 8000_0007h, EDX bit 8: the counter runs at one rate in all states of power and sleep.
bool says_invariant() noexcept {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 8)) != 0;
}

std::string line_with(const char* path, std::string_view beginning) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(beginning)) return line + ' ';
  }
  return {};
}

std::string why_no_time_stamp_counter() {
  const std::string flags = line_with("/proc/cpuinfo", "flags");
  const bool steady = flags.find(" constant_tsc ") != std::string::npos &&
                      flags.find(" nonstop_tsc ") != std::string::npos;
  if (!says_invariant() && !steady) return "the processor's counter changes its rate or stops";
  // The kernel watches the counter too, across CPUs, and takes it off this list for good if it
  // finds it unstable. Without the file there is nothing to ask.
  const std::string trusted =
      line_with("/sys/devices/system/clocksource/clocksource0/available_clocksource", "");
  if (!trusted.empty() && (' ' + trusted).find(" tsc ") == std::string::npos) {
    return "the kernel does not trust the processor's counter";
  }
  return {};
}
#else
std::string why_no_time_stamp_counter() {
  return "no time-stamp counter is known for this processor";
}
#endif

class MachineTime final : public TimeSources {
 public:
  [[nodiscard]] std::string why_no_counter() const override { return why_no_time_stamp_counter(); }
  [[nodiscard]] std::uint64_t ticks() const noexcept override { return read_counter(); }
  [[nodiscard]] TimePoint monotonic() const noexcept override { return read(CLOCK_MONOTONIC); }
  [[nodiscard]] TimePoint raw() const noexcept override { return read(CLOCK_MONOTONIC_RAW); }
  void pass(Duration duration) override { platform::sleep_for(duration); }
};

}  // namespace

TimeSources& machine_time() noexcept {
  static MachineTime machine;
  return machine;
}

}  // namespace aegis::executor
