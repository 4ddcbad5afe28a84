// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/profile.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "aegis/base/check.h"
#include "aegis/trace/metrics.h"

namespace aegis::scheduler {

namespace {

Duration with_margin(Duration longest, double margin) {
  const double microseconds = std::ceil(static_cast<double>(longest.ns()) * margin / 1'000);
  return Duration::microseconds(static_cast<std::int64_t>(microseconds));
}

std::string text_of(const std::string& value) {
  return value;
}
std::string text_of(bool value) {
  return value ? "yes" : "no";
}
std::string text_of(CoRunners value) {
  return std::string(to_string(value));
}
template <class Integer>
std::string text_of(Integer value) {
  return std::to_string(value);
}

// The sum of medians over all segments under one condition; nothing when a segment lacks it.
std::optional<Duration> p50_under(Condition condition, std::span<const SegmentProfile> segments) {
  Duration sum;
  for (const SegmentProfile& segment : segments) {
    const ConditionProfile* measured = segment.under(condition);
    if (measured == nullptr) return std::nullopt;
    sum += measured->p50;
  }
  return sum;
}

std::optional<double> factor(Condition slow, Condition ground,
                             std::span<const SegmentProfile> segments) {
  const auto numerator = p50_under(slow, segments);
  const auto denominator = p50_under(ground, segments);
  if (!numerator || !denominator || *denominator <= Duration::zero()) return std::nullopt;
  return static_cast<double>(numerator->ns()) / static_cast<double>(denominator->ns());
}

}  // namespace

std::vector<std::string> ProfileIdentity::differences(const ProfileIdentity& now) const {
  std::vector<std::string> found;
  const auto compare = [&](const char* words, const auto& member) {
    const std::string then_text = text_of(this->*member);
    const std::string now_text = text_of(now.*member);
    if (then_text != now_text) {
      found.push_back(std::string(words) + ": " + then_text + ", now " + now_text);
    }
  };
  compare("name of the model (model)", &ProfileIdentity::model);
  compare("model files or options (content)", &ProfileIdentity::content);
  compare("backend", &ProfileIdentity::backend);
  compare("version of the backend (backend_version)", &ProfileIdentity::backend_version);
  compare("[machine.backend] options (backend_settings)", &ProfileIdentity::backend_settings);
  compare("batch size (batch)", &ProfileIdentity::batch);
  compare("processor (cpu_model)", &ProfileIdentity::cpu_model);
  compare("CPUs online (cpu_count)", &ProfileIdentity::cpu_count);
  compare("CPU of the lane (lane_cpu)", &ProfileIdentity::lane_cpu);
  compare("isolation of the lane's CPU (isolation)", &ProfileIdentity::isolation);
  compare("simultaneous multithreading (smt)", &ProfileIdentity::smt);
  compare("kernel", &ProfileIdentity::kernel);
  compare("frequency governor (governor)", &ProfileIdentity::governor);
  compare("real-time class granted (real_time)", &ProfileIdentity::real_time);
  compare("real-time priority (fifo_priority)", &ProfileIdentity::fifo_priority);
  compare("what may run beside the lane (co_runners)", &ProfileIdentity::co_runners);
  compare("AegisRT's way of measuring (method)", &ProfileIdentity::method);
  return found;
}

ConditionProfile summarise(Condition condition, std::vector<Sample> raw) {
  std::vector<std::int64_t> nanoseconds;
  nanoseconds.reserve(raw.size());
  for (const Sample& sample : raw) {
    if (!sample.excluded) nanoseconds.push_back(sample.execution.ns());
  }
  check(!nanoseconds.empty(), "a profile stands on at least one sample");
  const std::uint64_t excluded = raw.size() - nanoseconds.size();
  const auto measured = trace::Distribution::of(std::move(nanoseconds));
  return {.condition = condition,
          .samples = measured.count,
          .excluded = excluded,
          .min = Duration::nanoseconds(measured.min),
          .p50 = Duration::nanoseconds(measured.p50),
          .p99 = Duration::nanoseconds(measured.p99),
          .p999 = Duration::nanoseconds(measured.p999),
          .max = Duration::nanoseconds(measured.max),
          .cv = measured.cv,
          .raw = std::move(raw)};
}

std::optional<Duration> longest_excluded(const ConditionProfile& measured) {
  std::optional<Duration> longest;
  for (const Sample& sample : measured.raw) {
    if (sample.excluded && (!longest || sample.execution > *longest)) longest = sample.execution;
  }
  return longest;
}

const ConditionProfile* SegmentProfile::under(Condition condition) const {
  const auto found = std::ranges::find(conditions, condition, &ConditionProfile::condition);
  return found == conditions.end() ? nullptr : &*found;
}

Duration wcet_of(const std::vector<ConditionProfile>& conditions, CoRunners co_runners,
                 double margin) {
  Duration longest;
  for (const ConditionProfile& measured : conditions) {
    if (counts(measured.condition, co_runners)) longest = std::max(longest, measured.max);
  }
  return with_margin(longest, margin);
}

const ConditionProfile* worst_condition(const SegmentProfile& segment, CoRunners co_runners) {
  const ConditionProfile* worst = nullptr;
  for (const ConditionProfile& measured : segment.conditions) {
    if (!counts(measured.condition, co_runners)) continue;
    if (worst == nullptr || measured.max > worst->max) worst = &measured;
  }
  return worst;
}

std::optional<double> contention_factor(std::span<const SegmentProfile> segments) {
  std::optional<double> worst;
  for (const Condition condition : kConditions) {
    if (!is_contended(condition)) continue;
    const auto found = factor(condition, Condition::kAmongModels, segments);
    if (found && (!worst || *found > *worst)) worst = found;
  }
  return worst;
}

std::optional<double> cold_factor(std::span<const SegmentProfile> segments) {
  return factor(Condition::kCold, Condition::kWarm, segments);
}

}  // namespace aegis::scheduler
