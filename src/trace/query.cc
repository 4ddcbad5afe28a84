// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/query.h"

#include <algorithm>
#include <tuple>

namespace aegis::trace {

namespace {

auto job_key(const Event& event) {
  return std::tie(event.task, event.job);
}

}  // namespace

Query::Query(const Trace& trace)
    : trace_(trace),
      in_time_order_(
          std::is_sorted(trace.events.begin(), trace.events.end(),
                         [](const Event& a, const Event& b) { return a.time_ns < b.time_ns; })) {
  check(trace.events.size() < UINT32_MAX, "a trace has fewer than 2^32 events");
}

bool Query::matches(const Filter& filter, const Event& event) const {
  return filter.types.contains(event.type) && (!filter.from || event.time() >= *filter.from) &&
         (!filter.until || event.time() < *filter.until) &&
         (!filter.task || event.task == filter.task->value) &&
         (!filter.job || event.job == *filter.job) &&
         (!filter.lane || trace_.lane_of(event) == *filter.lane);
}

void Query::for_each(const Filter& filter,
                     const std::function<void(std::size_t, const Event&)>& visit) const {
  if (filter.task && filter.job) {
    for (const std::uint32_t index : events_of({*filter.task, *filter.job})) {
      if (matches(filter, trace_.events[index])) visit(index, trace_.events[index]);
    }
    return;
  }
  const auto before = [](const Event& event, TimePoint time) { return event.time() < time; };
  auto first = trace_.events.begin();
  auto last = trace_.events.end();
  if (in_time_order_ && filter.from) first = std::lower_bound(first, last, *filter.from, before);
  if (in_time_order_ && filter.until) last = std::lower_bound(first, last, *filter.until, before);
  for (auto event = first; event != last; ++event) {
    if (matches(filter, *event)) {
      visit(static_cast<std::size_t>(event - trace_.events.begin()), *event);
    }
  }
}

std::vector<Event> Query::events(const Filter& filter) const {
  std::vector<Event> found;
  for_each(filter, [&](std::size_t, const Event& event) { found.push_back(event); });
  return found;
}

std::size_t Query::count(const Filter& filter) const {
  std::size_t found = 0;
  for_each(filter, [&](std::size_t, const Event&) { ++found; });
  return found;
}

std::span<const std::uint32_t> Query::events_of(JobId job) const {
  if (!indexed_) build_job_index();
  const auto key = std::tie(job.task.value, job.sequence);
  const auto first = std::partition_point(by_job_.begin(), by_job_.end(), [&](std::uint32_t i) {
    return job_key(trace_.events[i]) < key;
  });
  const auto last = std::partition_point(
      first, by_job_.end(), [&](std::uint32_t i) { return !(key < job_key(trace_.events[i])); });
  return std::span(by_job_).subspan(static_cast<std::size_t>(first - by_job_.begin()),
                                    static_cast<std::size_t>(last - first));
}

void Query::build_job_index() const {
  by_job_.reserve(trace_.events.size());
  for (std::uint32_t i = 0; i < trace_.events.size(); ++i) {
    if (trace_.events[i].job != Event::kNoJob) by_job_.push_back(i);
  }
  std::sort(by_job_.begin(), by_job_.end(), [this](std::uint32_t a, std::uint32_t b) {
    const auto left = job_key(trace_.events[a]);
    const auto right = job_key(trace_.events[b]);
    return left != right ? left < right : a < b;
  });
  indexed_ = true;
}

}  // namespace aegis::trace
