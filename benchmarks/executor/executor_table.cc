// SPDX-License-Identifier: Apache-2.0
//
// One table: the nanosecond scheduler beside its peers, all measured in one run on one machine.
//
//   executor_table [--repetitions N] [--figures submit,wake,...] [--quick] [--json FILE]
//
// Repetitions go round all figures, so that a bad minute of the machine hits all rows alike.
// README.md says what each figure means and how it is measured.
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "figures.h"
#include "other_load.h"

namespace aegis::benchmarks {
namespace {

struct Group {
  std::string_view name;
  void (*measure)(const Plan&, Report&);
};
constexpr std::array kGroups{
    Group{"submit", &measure_submit}, Group{"rounds", &measure_rounds},
    Group{"wake", &measure_wake},     Group{"release", &measure_release},
    Group{"switch", &measure_switch}, Group{"throughput", &measure_throughput},
    Group{"misses", &measure_misses}, Group{"allocations", &measure_allocations},
};

constexpr Figure kCacheLine{
    .id = "cache_line", .title = "cache line one way", .depends_on_caches = false};

Caches between(const Summary& before, const Summary& after) {
  const bool near_before = before.p50 < kNearNs;
  if (near_before != (after.p50 < kNearNs)) return Caches::kMoved;
  return near_before ? Caches::kNear : Caches::kFar;
}

// One round over the figures, the caches measured before and after each.
void repeat(const Plan& plan, const std::vector<std::string>& figures, Report& report) {
  const int round_trips = plan.quick ? 1'000 : 20'000;
  Summary before = cache_line_one_way(plan.machine, round_trips);
  report.add(kCacheLine, "at the start", before);
  for (const Group& group : kGroups) {
    const bool asked =
        figures.empty() || std::find(figures.begin(), figures.end(), group.name) != figures.end();
    if (!asked) continue;
    group.measure(plan, report);
    const Summary after = cache_line_one_way(plan.machine, round_trips);
    report.caches(between(before, after));
    before = after;
  }
  report.add(kCacheLine, "at the end", before);
  report.caches(Caches::kMoved);  // of the cache line's own rows, which do not depend on it
}

struct Options {
  int repetitions = 5;
  std::vector<std::string> figures;
  std::string json;
};

int measure_and_print(const Options& options, Plan& plan) {
  if (!find_processors(plan.machine)) {
    fmt::print(stderr, "executor_table: needs two processors\n");
    return 77;  // what a test that cannot run here exits with
  }
  plan.machine.stopwatch = Stopwatch::calibrated();
  Report report;
  report.fact(fmt::format("Machine: {}.", machine_in_words()));
  report.fact(fmt::format(
      "Measuring thread on CPU {}, worker on CPU {}; a pair of counter readings "
      "takes {:.0f} ns.",
      plan.machine.measuring_cpu, plan.machine.worker_cpu, plan.machine.stopwatch.empty_pair_ns()));
  const OtherLoad load;
  for (int i = 0; i < options.repetitions; ++i) {
    fmt::print(stderr, "executor_table: repetition {} of {}\n", i + 1, options.repetitions);
    repeat(plan, options.figures, report);
  }
  const auto [others, stolen] = load.share();
  report.fact(fmt::format("Meanwhile others used {:.2f} processors, the hypervisor took {:.2f}.",
                          others, stolen));
  fmt::print("{}", report.markdown());
  if (options.json.empty()) return 0;
  std::ofstream file(options.json);
  file << report.json();
  file.close();
  if (file) return 0;
  fmt::print(stderr, "executor_table: cannot write {}\n", options.json);
  return 4;
}

}  // namespace
}  // namespace aegis::benchmarks

int main(int argc, char** argv) {
  using namespace aegis::benchmarks;
  Options options;
  Plan plan;
  CLI::App app("The nanosecond scheduler beside its peers, measured in one run.");
  std::vector<std::string> names;
  for (const Group& group : kGroups) names.emplace_back(group.name);
  app.add_option("--repetitions", options.repetitions, "of everything")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--figures", options.figures, "only these groups")
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  app.add_option("--json", options.json, "every repetition, into this file");
  app.add_flag("--quick", plan.quick, "a hundredth of the samples: only shows that it works");
  CLI11_PARSE(app, argc, argv);
  return measure_and_print(options, plan);
}
