// SPDX-License-Identifier: Apache-2.0
#include "supply_probe.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "aegis/base/clock.h"

namespace aegis::executor {
namespace {

// Lines of /proc/stat are about 60 bytes; 16 KiB reach past CPU 200.
constexpr std::size_t kReadBytes = 16384;

// cpuN user nice system idle iowait irq softirq steal ...
constexpr int kStealColumn = 8;

std::optional<std::int64_t> steal_ticks(std::string_view stat, int cpu) {
  std::array<char, 16> label{};
  std::snprintf(label.data(), label.size(), "\ncpu%d ", cpu);
  std::size_t at = stat.find(label.data());
  if (at == std::string_view::npos) return std::nullopt;
  ++at;
  for (int column = 0; column < kStealColumn; ++column) {
    at = stat.find(' ', at);
    if (at == std::string_view::npos) return std::nullopt;
    ++at;
  }
  std::int64_t ticks = 0;
  const auto [end, error] = std::from_chars(stat.data() + at, stat.data() + stat.size(), ticks);
  if (error != std::errc{}) return std::nullopt;
  return ticks;
}

}  // namespace

LinuxSupplyProbe::LinuxSupplyProbe(std::optional<int> cpu) : cpu_(cpu) {
  if (!cpu_) return;
  file_ = ::open("/proc/stat", O_RDONLY | O_CLOEXEC);
  const long ticks_per_second = sysconf(_SC_CLK_TCK);
  tick_ns_ = ticks_per_second > 0 ? 1'000'000'000 / ticks_per_second : 10'000'000;
  sample();
}

LinuxSupplyProbe::~LinuxSupplyProbe() {
  if (file_ >= 0) ::close(file_);
}

Duration LinuxSupplyProbe::thread_cpu() noexcept {
  return ThreadCpuClock().now() - TimePoint{};
}

void LinuxSupplyProbe::sample() noexcept {
  if (file_ < 0) return;
  std::array<char, kReadBytes> text;
  const ssize_t length = ::pread(file_, text.data(), text.size(), 0);
  if (length <= 0) return;
  const auto ticks = steal_ticks({text.data(), static_cast<std::size_t>(length)}, *cpu_);
  if (ticks) stolen_ns_.store(*ticks * tick_ns_, std::memory_order_relaxed);
}

}  // namespace aegis::executor
