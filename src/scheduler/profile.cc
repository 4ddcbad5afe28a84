// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/profile.h"

#include <cmath>
#include <utility>

#include "aegis/base/check.h"
#include "aegis/trace/metrics.h"

namespace aegis::scheduler {

namespace {

void compare(std::vector<std::string>& found, const char* name, const std::string& then,
             const std::string& now) {
  if (then != now) found.push_back(std::string(name) + ": " + then + ", now " + now);
}

Duration with_margin(Duration longest, double margin) {
  const double microseconds = std::ceil(static_cast<double>(longest.ns()) * margin / 1'000);
  return Duration::microseconds(static_cast<std::int64_t>(microseconds));
}

}  // namespace

std::vector<std::string> ProfileIdentity::differences(const ProfileIdentity& now) const {
  std::vector<std::string> found;
  compare(found, "model", model, now.model);
  compare(found, "content", content, now.content);
  compare(found, "backend", backend, now.backend);
  compare(found, "backend_version", backend_version, now.backend_version);
  compare(found, "batch", std::to_string(batch), std::to_string(now.batch));
  compare(found, "cpu_model", cpu_model, now.cpu_model);
  compare(found, "kernel", kernel, now.kernel);
  compare(found, "governor", governor, now.governor);
  compare(found, "real_time", real_time ? "yes" : "no", now.real_time ? "yes" : "no");
  return found;
}

SegmentProfile summarise(const std::vector<Duration>& samples, std::uint64_t excluded,
                         double margin) {
  check(!samples.empty(), "a profile stands on at least one sample");
  std::vector<std::int64_t> nanoseconds;
  nanoseconds.reserve(samples.size());
  for (const Duration sample : samples) nanoseconds.push_back(sample.ns());
  const auto measured = trace::Distribution::of(std::move(nanoseconds));
  return {.samples = measured.count,
          .excluded = excluded,
          .min = Duration::nanoseconds(measured.min),
          .p50 = Duration::nanoseconds(measured.p50),
          .p99 = Duration::nanoseconds(measured.p99),
          .p999 = Duration::nanoseconds(measured.p999),
          .max = Duration::nanoseconds(measured.max),
          .cv = measured.cv,
          .wcet = with_margin(Duration::nanoseconds(measured.max), margin)};
}

}  // namespace aegis::scheduler
