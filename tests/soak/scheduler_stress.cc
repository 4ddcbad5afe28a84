// SPDX-License-Identifier: Apache-2.0
//
// Random programs on the nanosecond scheduler (src/executor/random_program.h), one seed after
// another:   scheduler_stress SECONDS SEED
// A program that breaks a property names its seed; give it as SEED to begin there.
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>

#include "random_program.h"

int main(int argc, char** argv) {
  using aegis::Duration;
  if (argc != 3) {
    fmt::print(stderr, "scheduler_stress SECONDS SEED\n");
    return 2;
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoll(argv[1]));
  std::uint64_t seed = std::strtoull(argv[2], nullptr, 10);
  std::uint64_t programs = 0;
  std::uint64_t tasks = 0;
  std::uint64_t taken_over = 0;
  while (std::chrono::steady_clock::now() < until) {
    const auto report = aegis::executor::run_random_program(
        {.seed = seed, .length = Duration::milliseconds(500), .real_time = seed % 8 == 0});
    for (const std::string& broken : report.broken) fmt::print("seed {}: {}\n", seed, broken);
    if (!report.broken.empty()) return 1;
    ++seed;
    ++programs;
    tasks += report.accepted;
    taken_over += report.taken_over;
  }
  fmt::print("{} programs, {} tasks, {} of them taken over by a sibling; next seed {}\n", programs,
             tasks, taken_over, seed);
  return 0;
}
