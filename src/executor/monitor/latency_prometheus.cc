// SPDX-License-Identifier: Apache-2.0
//
// The text exposition format 0.0.4: the lines of one metric stand together, after its HELP and
// TYPE.
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "aegis/executor/latency_stats.h"

namespace aegis::executor {
namespace {

// A backslash, a quotation mark and a line feed are escaped, everything else stands as it is.
std::string escaped(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

// Seconds with every digit a nanosecond needs; a double has too few after 100 days.
std::string seconds(Duration length) {
  constexpr std::uint64_t kPerSecond = 1'000'000'000;
  const bool negative = length < Duration::zero();
  const auto bits = static_cast<std::uint64_t>(length.ns());
  const std::uint64_t ns = negative ? 0 - bits : bits;
  return fmt::format("{}{}.{:09}", negative ? "-" : "", ns / kPerSecond, ns % kPerSecond);
}

// What the lines of one worker or one kind have in common.
struct Source {
  std::string labels;  // group="a",worker="0"
  const JobLatencies* latencies = nullptr;
  const JobCounters* jobs = nullptr;
};

class Page {
 public:
  // Begins a metric; the samples that follow are its.
  void metric(std::string name, std::string_view type, std::string_view help) {
    name_ = "aegis_executor_" + std::move(name);
    print("# HELP {} {}\n# TYPE {} {}\n", name_, help, name_, type);
  }
  void sample(std::string_view labels, std::string_view value, std::string_view suffix = {}) {
    if (labels.empty()) {
      print("{}{} {}\n", name_, suffix, value);
    } else {
      print("{}{}{{{}}} {}\n", name_, suffix, labels, value);
    }
  }
  void sample(std::string_view labels, std::uint64_t value, std::string_view suffix = {}) {
    sample(labels, fmt::format("{}", value), suffix);
  }
  void sample(std::string_view labels, Duration value, std::string_view suffix = {}) {
    sample(labels, seconds(value), suffix);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  template <class... Values>
  void print(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
  }
  std::string name_;
  std::string text_;
};

std::string label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, escaped(value));
}

std::string with(const std::string& labels, std::string_view name, std::string_view value) {
  return labels + "," + label(name, value);
}

void quantiles(Page& page, const std::string& labels, const LatencySummary& latency) {
  const bool empty = latency.count == 0;  // no quantile of nothing
  const auto quantile = [&](std::string_view q, Duration value) {
    page.sample(with(labels, "quantile", q), empty ? "NaN" : seconds(value));
  };
  quantile("0.5", latency.p50);
  quantile("0.99", latency.p99);
  quantile("0.999", latency.p999);
  page.sample(labels, latency.sum, "_sum");
  page.sample(labels, latency.count, "_count");
}

// One latency of all workers or kinds.
void latency(Page& page, const std::string& name, std::string_view help,
             const std::vector<Source>& sources, LatencySummary JobLatencies::* which) {
  page.metric(name + "_seconds", "summary", help);
  for (const Source& source : sources) {
    quantiles(page, source.labels, source.latencies->*which);
  }
  page.metric(name + "_max_seconds", "gauge", "The largest of them.");
  for (const Source& source : sources) {
    page.sample(source.labels, (source.latencies->*which).max);
  }
  page.metric(name + "_jitter_seconds", "gauge", "Their 99 % quantile less the smallest.");
  for (const Source& source : sources) {
    page.sample(source.labels, (source.latencies->*which).jitter);
  }
}

void job_latencies(Page& page, const std::string& prefix, const std::vector<Source>& sources) {
  latency(page, prefix + "_wake_up", "When a wait should have ended to when it did.", sources,
          &JobLatencies::wake_up);
  latency(page, prefix + "_queueing", "Arrival of a job to its start.", sources,
          &JobLatencies::queueing);
  latency(page, prefix + "_execution", "Start of a completed job to its end.", sources,
          &JobLatencies::execution);
  latency(page, prefix + "_response", "Arrival of a completed job to its end.", sources,
          &JobLatencies::response);
}

void job_counters(Page& page, const std::string& prefix, const std::vector<Source>& sources) {
  page.metric(prefix + "_jobs_total", "counter", "Jobs that ended, by what became of them.");
  for (const auto& [labels, unused, jobs] : sources) {
    page.sample(with(labels, "outcome", "completed"), jobs->completed);
    page.sample(with(labels, "outcome", "failed"), jobs->failed);
    page.sample(with(labels, "outcome", "cancelled"), jobs->cancelled);
    page.sample(with(labels, "outcome", "refused"), jobs->refused);
  }
  page.metric(prefix + "_deadline_misses_total", "counter", "Deadline misses, by cause.");
  for (const auto& [labels, unused, jobs] : sources) {
    for (std::size_t i = 0; i < kMissCauseCount; ++i) {
      page.sample(with(labels, "cause", to_string(static_cast<MissCause>(i))),
                  jobs->missed_by_cause.at(i));
    }
  }
  page.metric(prefix + "_overruns_total", "counter", "Executions beyond a declared WCET.");
  for (const auto& [labels, unused, jobs] : sources) page.sample(labels, jobs->overruns);
  page.metric(prefix + "_over_latency_budget_total", "counter",
              "Jobs that queued for longer than the latency budget.");
  for (const auto& [labels, unused, jobs] : sources) {
    page.sample(labels, jobs->over_latency_budget);
  }
}

// The labels of each worker beside the worker.
using Workers = std::vector<std::pair<std::string, const WorkerStats*>>;

void worker_time(Page& page, const Workers& workers) {
  page.metric("worker_time_seconds_total", "counter", "Where a worker's time went: a partition.");
  for (const auto& [labels, worker] : workers) {
    page.sample(with(labels, "state", "working"), worker->time.working);
    page.sample(with(labels, "state", "spinning"), worker->time.spinning);
    page.sample(with(labels, "state", "sleeping"), worker->time.sleeping);
    page.sample(with(labels, "state", "other"), worker->time.other);
  }
  page.metric("worker_cpu_seconds_total", "counter", "Processor time of the worker's thread.");
  for (const auto& [labels, worker] : workers) page.sample(labels, worker->usage.cpu_time);
  page.metric("worker_lost_supply_windows_total", "counter",
              "Gaps in which a worker did not have its processor.");
  for (const auto& [labels, worker] : workers) page.sample(labels, worker->lost.windows);
  page.metric("worker_lost_supply_seconds_total", "counter", "Their sum.");
  for (const auto& [labels, worker] : workers) page.sample(labels, worker->lost.total);
  page.metric("worker_lost_supply_largest_seconds", "gauge", "The largest of them.");
  for (const auto& [labels, worker] : workers) page.sample(labels, worker->lost.largest);
}

void worker_counters(Page& page, const Workers& workers) {
  page.metric("worker_info", "gauge", "What a worker is; always 1.");
  for (const auto& [labels, worker] : workers) {
    const std::string cpu = worker->cpu ? fmt::format("{}", *worker->cpu) : "";
    page.sample(with(with(labels, "cpu", cpu), "scheduling_class", worker->scheduling_class),
                std::uint64_t{1});
  }
  page.metric("worker_stolen_by_balancing_total", "counter", "Jobs taken from other workers.");
  for (const auto& [labels, worker] : workers) page.sample(labels, worker->stolen_by_balancing);
  page.metric("worker_context_switches_total", "counter", "As the kernel counts them.");
  for (const auto& [labels, worker] : workers) {
    page.sample(with(labels, "kind", "voluntary"), worker->usage.voluntary_switches);
    page.sample(with(labels, "kind", "involuntary"), worker->usage.involuntary_switches);
  }
  page.metric("worker_page_faults_total", "counter", "As the kernel counts them.");
  for (const auto& [labels, worker] : workers) {
    page.sample(with(labels, "kind", "minor"), worker->usage.minor_faults);
    page.sample(with(labels, "kind", "major"), worker->usage.major_faults);
  }
}

void kind_wcets(Page& page, const std::vector<KindStats>& kinds) {
  page.metric("kind_declared_wcet_seconds", "gauge", "The WCET that its user declared.");
  for (const KindStats& kind : kinds) {
    if (kind.declared_wcet) page.sample(label("kind", kind.name), *kind.declared_wcet);
  }
  page.metric("kind_measured_wcet_seconds", "gauge",
              "The largest execution seen, with a margin: evidence, no bound.");
  for (const KindStats& kind : kinds) {
    if (kind.wcet_estimate) page.sample(label("kind", kind.name), kind.wcet_estimate->estimate);
  }
}

void scheduler(Page& page, const LatencyStats& stats) {
  page.metric("uptime_seconds", "gauge", "Since when these figures count.");
  page.sample("", stats.taken - stats.since);
  page.metric("clock_info", "gauge", "What tells the time; always 1.");
  page.sample(label("clock", stats.clock), std::uint64_t{1});
  page.metric("degraded", "gauge", "What was refused or fell back; 1 for each.");
  for (const std::string& reason : stats.degraded) {
    page.sample(label("reason", reason), std::uint64_t{1});
  }
}

}  // namespace

std::string prometheus_text(const LatencyStats& stats) {
  Workers workers;
  std::vector<Source> by_worker;
  for (const WorkerStats& worker : stats.workers) {
    const std::string labels =
        with(label("group", worker.group), "worker", fmt::format("{}", worker.worker));
    workers.emplace_back(labels, &worker);
    by_worker.push_back({.labels = labels, .latencies = &worker.latencies, .jobs = &worker.jobs});
  }
  std::vector<Source> by_kind;
  for (const KindStats& kind : stats.kinds) {
    by_kind.push_back(
        {.labels = label("kind", kind.name), .latencies = &kind.latencies, .jobs = &kind.jobs});
  }
  Page page;
  scheduler(page, stats);
  worker_counters(page, workers);
  worker_time(page, workers);
  job_latencies(page, "worker", by_worker);
  job_counters(page, "worker", by_worker);
  job_latencies(page, "kind", by_kind);
  job_counters(page, "kind", by_kind);
  kind_wcets(page, stats.kinds);
  return page.take();
}

}  // namespace aegis::executor
