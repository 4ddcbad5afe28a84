// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/latency_stats.h"

#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace aegis::executor {
namespace {

using namespace time_literals;

LatencySummary summary_of(std::initializer_list<Duration> samples) {
  const auto histogram = std::make_unique<LatencyHistogram>();
  for (const Duration sample : samples) histogram->record(sample);
  return LatencySummary::of(histogram->snapshot());
}

const char* const kHostileName = "a \"quoted\\\nname\",x=\"1\"} 7\n# TYPE evil counter";

LatencyStats example() {
  LatencyStats stats{.taken = TimePoint::from_ns(5'000'000'001),
                     .since = TimePoint::from_ns(2'000'000'000),
                     .clock = "calibrated TSC",
                     .degraded = {"SCHED_FIFO 80 refused: Operation not permitted"},
                     .workers = {},
                     .kinds = {}};
  WorkerStats worker{.group = "critical", .scheduling_class = "SCHED_OTHER"};
  worker.worker = 1;
  worker.cpu = 3;
  worker.latencies.response = summary_of({10_us, 20_us, 30_us, 1_ms});
  worker.jobs = {.completed = 4, .failed = 1, .cancelled = 2, .refused = 3, .missed = 5};
  worker.jobs.missed_by_cause[static_cast<std::size_t>(MissCause::kSkipped)] = 3;
  worker.jobs.missed_by_cause[static_cast<std::size_t>(MissCause::kLostSupply)] = 2;
  worker.time = {.working = 1_s, .spinning = 500_ms, .sleeping = 2_s, .other = 500_ms};
  worker.usage = {.voluntary_switches = 7,
                  .involuntary_switches = 8,
                  .minor_faults = 9,
                  .major_faults = 10,
                  .cpu_time = 1500_ms};
  worker.lost = {.windows = 2, .total = 3_ms, .largest = 2_ms};
  stats.workers.push_back(worker);
  KindStats kind{.name = kHostileName};
  kind.declared_wcet = 2_ms;
  kind.wcet_estimate = {.estimate = 1200_us, .observed_maximum = 1_ms, .samples = 1000};
  stats.kinds.push_back(kind);
  stats.kinds.push_back({.name = "plain"});
  return stats;
}

TEST(LatencySummary, is_what_the_histogram_says) {
  const LatencySummary summary = summary_of({10_ns, 20_ns, 30_ns, 63_ns});
  EXPECT_EQ(summary.count, 4U);
  EXPECT_EQ(summary.min, 10_ns);
  EXPECT_EQ(summary.p50, 20_ns);
  EXPECT_EQ(summary.p99, 63_ns);
  EXPECT_EQ(summary.p999, 63_ns);
  EXPECT_EQ(summary.max, 63_ns);
  EXPECT_EQ(summary.mean, 30_ns);
  EXPECT_EQ(summary.sum, 123_ns);
  EXPECT_EQ(summary.jitter, 53_ns);
  EXPECT_EQ(summary_of({}).jitter, 0_ns);
}

TEST(LatencyStats, shares_and_rates) {
  const LatencyStats stats = example();
  const WorkerStats& worker = stats.workers[0];
  EXPECT_DOUBLE_EQ(worker.jobs.miss_rate(), 0.5);
  EXPECT_DOUBLE_EQ(stats.miss_rate(), 0.5);
  EXPECT_EQ(worker.jobs.missed_because(MissCause::kLostSupply), 2U);
  EXPECT_DOUBLE_EQ(worker.time.utilisation(), 0.25);
  EXPECT_DOUBLE_EQ(worker.time.spin_share(), 0.125);
  EXPECT_DOUBLE_EQ(JobCounters{}.miss_rate(), 0);
  EXPECT_DOUBLE_EQ(WorkerTime{}.utilisation(), 0);
  EXPECT_DOUBLE_EQ(LatencyStats{}.miss_rate(), 0);
}

// A reader of the format, written from its description alone. What it cannot read is a failure.
class Exposition {
 public:
  struct Sample {
    std::map<std::string, std::string> labels;
    std::string value;
  };

  explicit Exposition(const std::string& text) {
    EXPECT_TRUE(text.empty() || text.back() == '\n') << "the last line ends";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) read(line);
  }

  [[nodiscard]] const std::vector<Sample>& operator[](const std::string& name) {
    return samples_[name];
  }
  // The value under these labels, of which there must be one.
  std::string value(const std::string& name, const std::map<std::string, std::string>& labels) {
    std::string found = "absent";
    for (const Sample& sample : samples_[name]) {
      if (sample.labels != labels) continue;
      EXPECT_EQ(found, "absent") << name << " stands twice";
      found = sample.value;
    }
    return found;
  }
  [[nodiscard]] std::string type(const std::string& name) { return types_[name]; }
  [[nodiscard]] const std::set<std::string>& finished() const { return finished_; }

 private:
  void read(const std::string& line) {
    if (line.rfind("# HELP ", 0) == 0) {
      if (!metric_.empty()) finished_.insert(metric_);
      metric_ = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_FALSE(finished_.contains(metric_)) << metric_ << " begins twice";
    } else if (line.rfind("# TYPE ", 0) == 0) {
      const std::size_t space = line.find(' ', 7);
      EXPECT_EQ(line.substr(7, space - 7), metric_);
      types_[metric_] = line.substr(space + 1);
    } else {
      read_sample(line);
    }
  }
  void read_sample(const std::string& line) {
    std::size_t at = line.find_first_of("{ ");
    ASSERT_NE(at, std::string::npos) << line;
    const std::string name = line.substr(0, at);
    for (const char c : name) EXPECT_TRUE(std::islower(c) || c == '_') << name;
    const bool part =
        types_[metric_] == "summary" && (name == metric_ + "_sum" || name == metric_ + "_count");
    EXPECT_TRUE(name == metric_ || part) << line << " under " << metric_;
    Sample sample;
    if (line[at] == '{') {
      ++at;
      while (line.at(at) != '}') {
        const std::size_t equals = line.find("=\"", at);
        ASSERT_NE(equals, std::string::npos) << line;
        const std::string label = line.substr(at, equals - at);
        std::string value;
        for (at = equals + 2; line.at(at) != '"'; ++at) {
          if (line[at] != '\\') {
            value += line[at];
          } else {
            const char escape = line.at(++at);
            EXPECT_TRUE(escape == 'n' || escape == '\\' || escape == '"') << line;
            value += escape == 'n' ? '\n' : escape;
          }
        }
        EXPECT_TRUE(sample.labels.emplace(label, value).second) << line;
        if (line.at(++at) == ',') ++at;
      }
      ++at;
    }
    ASSERT_EQ(line.at(at), ' ') << line;
    sample.value = line.substr(at + 1);
    EXPECT_EQ(sample.value.find(' '), std::string::npos) << line;
    samples_[name].push_back(sample);
  }

  std::string metric_;
  std::set<std::string> finished_;
  std::map<std::string, std::string> types_;
  std::map<std::string, std::vector<Sample>> samples_;
};

TEST(PrometheusText, is_read_back_by_an_independent_reader) {
  Exposition page(prometheus_text(example()));
  const std::string prefix = "aegis_executor_";
  const std::map<std::string, std::string> worker = {{"group", "critical"}, {"worker", "1"}};
  const auto and_also = [&](const std::string& name, const std::string& value) {
    auto labels = worker;
    labels[name] = value;
    return labels;
  };
  EXPECT_EQ(page.type(prefix + "worker_response_seconds"), "summary");
  EXPECT_EQ(page.type(prefix + "worker_jobs_total"), "counter");
  EXPECT_EQ(page.value(prefix + "worker_response_seconds_count", worker), "4");
  EXPECT_EQ(page.value(prefix + "worker_response_seconds_sum", worker), "0.001060000");
  EXPECT_EQ(page.value(prefix + "worker_response_seconds", and_also("quantile", "0.999")),
            "0.001000000");
  EXPECT_EQ(page.value(prefix + "worker_response_max_seconds", worker), "0.001000000");
  EXPECT_EQ(page.value(prefix + "worker_wake_up_seconds", and_also("quantile", "0.5")), "NaN");
  EXPECT_EQ(page.value(prefix + "worker_jobs_total", and_also("outcome", "refused")), "3");
  EXPECT_EQ(page.value(prefix + "worker_deadline_misses_total", and_also("cause", "lost_supply")),
            "2");
  EXPECT_EQ(page[prefix + "worker_deadline_misses_total"].size(), kMissCauseCount);
  EXPECT_EQ(page.value(prefix + "worker_time_seconds_total", and_also("state", "spinning")),
            "0.500000000");
  EXPECT_EQ(page.value(prefix + "worker_page_faults_total", and_also("kind", "major")), "10");
  EXPECT_EQ(page.value(prefix + "uptime_seconds", {}), "3.000000001");
  EXPECT_EQ(page.value(prefix + "clock_info", {{"clock", "calibrated TSC"}}), "1");
  EXPECT_EQ(page[prefix + "degraded"].size(), 1U);
}

TEST(PrometheusText, a_hostile_name_stays_a_label) {
  Exposition page(prometheus_text(example()));
  EXPECT_EQ(page.value("aegis_executor_kind_declared_wcet_seconds", {{"kind", kHostileName}}),
            "0.002000000");
  EXPECT_EQ(page.value("aegis_executor_kind_measured_wcet_seconds", {{"kind", kHostileName}}),
            "0.001200000");
  EXPECT_EQ(page.value("aegis_executor_kind_response_seconds_count", {{"kind", "plain"}}), "0");
  EXPECT_FALSE(page.finished().contains("evil"));
}

TEST(PrometheusText, seconds_are_exact_and_may_be_negative) {
  LatencyStats stats;
  stats.since = TimePoint::from_ns(1);
  EXPECT_EQ(Exposition(prometheus_text(stats)).value("aegis_executor_uptime_seconds", {}),
            "-0.000000001");
  stats = {};
  stats.taken = TimePoint::max();
  EXPECT_EQ(Exposition(prometheus_text(stats)).value("aegis_executor_uptime_seconds", {}),
            "9223372036.854775807");
}

TEST(JsonText, is_read_back) {
  const LatencyStats stats = example();
  const auto json = nlohmann::json::parse(json_text(stats));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["taken_ns"], 5'000'000'001);
  EXPECT_EQ(json["clock"], "calibrated TSC");
  EXPECT_EQ(json["degraded"].size(), 1U);
  const auto& worker = json["workers"][0];
  EXPECT_EQ(worker["cpu"], 3);
  EXPECT_EQ(worker["latencies"]["response"]["count"], 4);
  EXPECT_EQ(worker["latencies"]["response"]["max_ns"], 1'000'000);
  EXPECT_EQ(worker["jobs"]["missed_by_cause"]["lost_supply"], 2);
  EXPECT_EQ(worker["jobs"]["missed_by_cause"].size(), kMissCauseCount);
  EXPECT_EQ(worker["time"]["spin_share"], 0.125);
  EXPECT_EQ(worker["lost_supply"]["largest_ns"], 2'000'000);
  const auto& kinds = json["kinds"];
  EXPECT_EQ(kinds[0]["name"], kHostileName);
  EXPECT_EQ(kinds[0]["wcet_estimate"]["measured_ns"], 1'200'000);
  EXPECT_FALSE(kinds[1].contains("declared_wcet_ns"));
  EXPECT_FALSE(kinds[1].contains("wcet_estimate"));
}

TEST(JsonText, bytes_that_are_no_text_are_replaced) {
  LatencyStats stats;
  stats.kinds.push_back({.name = "\xff\xfe"});
  const auto json = nlohmann::json::parse(json_text(stats));
  EXPECT_EQ(json["kinds"][0]["name"], "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_TRUE(json["workers"].is_array());
}

}  // namespace
}  // namespace aegis::executor
