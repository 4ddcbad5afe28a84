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

// cpuN user nice system idle iowait irq softirq steal (guest time is inside user)
constexpr int kColumns = 8;

// A reading may be a tick off at either end; what is missing beyond that is time that never was.
constexpr std::int64_t kTicksOfDoubt = 2;

struct CpuTicks {
  std::int64_t accounted = 0;  // all columns together
  std::int64_t stolen = 0;
};

std::optional<CpuTicks> ticks_of(std::string_view stat, int cpu) {
  std::array<char, 16> label{};
  std::snprintf(label.data(), label.size(), "\ncpu%d ", cpu);
  const std::size_t line = stat.find(label.data());
  if (line == std::string_view::npos) return std::nullopt;
  const char* at = stat.data() + line + std::string_view(label.data()).size();
  const char* const end = stat.data() + stat.size();
  CpuTicks ticks;
  for (int column = 0; column < kColumns; ++column) {
    while (at != end && *at == ' ') ++at;
    const auto [next, error] = std::from_chars(at, end, ticks.stolen);
    if (error != std::errc{}) return std::nullopt;
    ticks.accounted += ticks.stolen;
    at = next;
  }
  return ticks;  // the last column is steal
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
  const std::int64_t now = MonotonicClock().now().ns();
  const auto ticks = ticks_of({text.data(), static_cast<std::size_t>(length)}, *cpu_);
  if (!ticks) return;
  const std::int64_t accounted = (ticks->accounted - accounted_ticks_) * tick_ns_;
  const std::int64_t missing = now - sampled_at_ns_ - accounted;
  const bool stood_still = sampled_at_ns_ != 0 && missing > kTicksOfDoubt * tick_ns_;
  if (stood_still) unaccounted_ns_ += missing;
  sampled_at_ns_ = now;
  accounted_ticks_ = ticks->accounted;
  stolen_ns_.store(ticks->stolen * tick_ns_ + unaccounted_ns_, std::memory_order_relaxed);
}

}  // namespace aegis::executor
