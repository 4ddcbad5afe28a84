// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "aegis/service/validate.h"

#include "command.h"

namespace aegis::app {

namespace {

std::atomic<bool> stop_requested{false};
extern "C" void stop_validation(int) {
  stop_requested.store(true, std::memory_order_relaxed);
}

}  // namespace

void add_validate_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command = app.add_subcommand(
      "validate", "Hold AegisRT to its promises on this machine: criteria, baselines, scenarios");
  command->footer(
      "\nExamples:\n"
      "  aegisrt validate --models build/models         # everything, about four minutes\n"
      "  aegisrt validate robot.toml --jobs 100 --json  # quicker, with a workload of your own\n"
      "Ends with 0 when every criterion is met, 1 when one is missed, 3 when one could not be "
      "measured.");
  auto request = std::make_shared<service::ValidateRequest>();
  auto json = std::make_shared<bool>(false);
  auto quiet = std::make_shared<bool>(false);
  command->add_option("workload", request->workload, "workload for scenario 4 (docs/WORKLOAD.md)");
  command->add_option("--models", request->models,
                      "folder of ONNX models (default: mock models, and memory is not measured)");
  command->add_option("--jobs", request->jobs, "of each model in scenarios 1 and 2")
      ->check(CLI::Range(10U, 1'000'000U))
      ->capture_default_str();
  command->add_option("--keep", request->keep, "folder for workloads, profile and traces");
  command->add_option("--seed", request->seed, "of random sets and inputs")->capture_default_str();
  command->add_flag("--quiet", *quiet, "no progress on standard error");
  command->add_flag("--json", *json, "print one JSON object");
  command->callback([request, json, quiet, &ended] {
    std::signal(SIGINT, stop_validation);
    std::signal(SIGTERM, stop_validation);
    request->stop = &stop_requested;
    if (!*quiet) {
      request->on_progress = [](const std::string& line) {
        std::fprintf(stderr, "%s\n", line.c_str());
      };
    }
    const auto report = service::validate_machine(*request);
    if (!report) {
      ended = complain(report.error());
      return;
    }
    ended = print(*json ? to_json(*report) : to_text(*report), report->exit_code());
  });
}

}  // namespace aegis::app
