// SPDX-License-Identifier: Apache-2.0
//
// Plans of random networks, and of the instances in files given by AEGIS_PLANNER_DATA (CSV: id,
// lower, upper, size): time, and height over the lower bound.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include <benchmark/benchmark.h>

#include "aegis/memory/offset_plan.h"

namespace aegis::memory {
namespace {

// A chain with skip connections: most tensors live for two or three steps, some for many.
std::vector<Buffer> network(std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<Buffer> buffers;
  for (std::uint32_t step = 0; step < count; ++step) {
    const std::uint32_t length = random() % 8 == 0 ? 20 : 2 + random() % 2;
    buffers.push_back({.lower = step, .upper = step + length, .bytes = 64 * (1 + random() % 4096)});
  }
  return buffers;
}

std::vector<Buffer> read_instance(const std::filesystem::path& file) {
  std::vector<Buffer> buffers;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string id, lower, upper, size;
    std::getline(fields, id, ',');
    std::getline(fields, lower, ',');
    std::getline(fields, upper, ',');
    std::getline(fields, size, ',');
    buffers.push_back({.lower = static_cast<std::uint32_t>(std::stoul(lower)),
                       .upper = static_cast<std::uint32_t>(std::stoul(upper)),
                       .bytes = std::stoul(size)});
  }
  return buffers;
}

void plan(benchmark::State& state, const std::vector<Buffer>& buffers) {
  OffsetPlan plan;
  for (auto _ : state) {
    plan = plan_first_fit(buffers);
    benchmark::DoNotOptimize(plan);
  }
  if (!check_plan(buffers, plan)) state.SkipWithError("the plan is wrong");
  state.counters["buffers"] = static_cast<double>(buffers.size());
  state.counters["over_peak"] =
      static_cast<double>(plan.height) / static_cast<double>(peak_bytes(buffers));
}

void register_all() {
  for (const std::size_t count : {50U, 200U, 800U}) {
    benchmark::RegisterBenchmark(
        ("plan_network/" + std::to_string(count)).c_str(),
        [buffers = network(count)](benchmark::State& s) { plan(s, buffers); });
  }
  const char* folder = std::getenv("AEGIS_PLANNER_DATA");  // NOLINT(concurrency-mt-unsafe)
  if (folder == nullptr) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".csv") continue;
    benchmark::RegisterBenchmark(
        ("plan_instance/" + entry.path().stem().string()).c_str(),
        [buffers = read_instance(entry.path())](benchmark::State& s) { plan(s, buffers); });
  }
}

const bool registered = (register_all(), true);

}  // namespace
}  // namespace aegis::memory
