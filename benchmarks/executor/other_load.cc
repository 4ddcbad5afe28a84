// SPDX-License-Identifier: Apache-2.0
#include "other_load.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include "aegis/base/clock.h"

namespace aegis::benchmarks {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double processor_seconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

}  // namespace

OtherLoad::Reading OtherLoad::now() {
  // proc(5): user, nice, system, idle, iowait, irq, softirq, steal, in ticks of sysconf.
  enum : std::size_t { kUser, kNice, kSystem, kIdle, kIoWait, kIrq, kSoftIrq, kSteal, kFields };
  std::array<double, kFields> ticks{};
  std::ifstream file("/proc/stat");
  std::string word;
  file >> word;
  for (double& field : ticks) file >> field;
  const auto second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return {.wall = 1e-9 * static_cast<double>(MonotonicClock().now().ns()),
          .busy = (ticks[kUser] + ticks[kNice] + ticks[kSystem] + ticks[kIrq] + ticks[kSoftIrq]) /
                  second,
          .stolen = ticks[kSteal] / second,
          .own = processor_seconds(RUSAGE_SELF) + processor_seconds(RUSAGE_CHILDREN)};
}

OtherLoad::Share OtherLoad::share() const {
  const Reading end = now();
  const double wall = end.wall - at_start_.wall;
  if (wall <= 0) return {};
  const double others = (end.busy - at_start_.busy) - (end.own - at_start_.own);
  return {.others = std::max(0.0, others / wall), .stolen = (end.stolen - at_start_.stolen) / wall};
}

}  // namespace aegis::benchmarks
