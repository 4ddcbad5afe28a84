// SPDX-License-Identifier: Apache-2.0
#include "cyclictest.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace aegis::benchmarks {
namespace {

constexpr int kReportFile = 3;

std::vector<std::string> command(const CyclictestRun& run) {
  // Its histogram has a class a nanosecond up to 1 ms, the most it takes; what is later is counted.
  std::vector<std::string> words{"cyclictest",
                                 "--quiet",
                                 "--threads=1",
                                 fmt::format("--affinity={}", run.cpu),
                                 fmt::format("--priority={}", run.fifo_priority),
                                 "--interval=1000",
                                 fmt::format("--loops={}", run.loops),
                                 "--nsecs",
                                 "--histogram=1000000",
                                 fmt::format("--json=/dev/fd/{}", kReportFile)};
  if (!run.shallow_idle) words.emplace_back("--default-system");
  return words;
}

// Its report in JSON; empty: it could not be started.
std::string output_of(std::vector<std::string> words) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, pipe_ends[1], kReportFile);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  close(pipe_ends[1]);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = read(pipe_ends[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(pipe_ends[0]);
  if (failed == 0) waitpid(child, nullptr, 0);
  return text;
}

}  // namespace

Result<Summary> cyclictest(const CyclictestRun& run) {
  const std::string text = output_of(command(run));
  if (text.empty()) return fail(Error::permanent(ErrorCode::kNotFound, "not installed"));
  const auto report = nlohmann::json::parse(text, nullptr, false);
  const auto thread = nlohmann::json::json_pointer("/thread/0");
  if (report.is_discarded() || !report.contains(thread)) {
    return fail(Error::permanent(ErrorCode::kBackend, "cyclictest gave no report"));
  }
  Samples lateness(run.loops);
  const auto& histogram = report[thread].value("histogram", nlohmann::json::object());
  for (const auto& [ns, count] : histogram.items()) {
    for (std::size_t i = 0; i < count.get<std::size_t>(); ++i) lateness.add(std::stod(ns));
  }
  Summary summary = lateness.summary();
  summary.max = std::max(summary.max, report[thread].value("max", summary.max));
  return summary;
}

}  // namespace aegis::benchmarks
