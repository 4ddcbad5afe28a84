// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "aegis/service/profile.h"

#include "command.h"

namespace aegis::app {

namespace {

std::atomic<bool> stop_requested{false};
extern "C" void stop_profiling(int) {
  stop_requested.store(true, std::memory_order_relaxed);
}

}  // namespace

void add_profile_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command =
      app.add_subcommand("profile", "Measure how long each model's segments take on this machine");
  command->footer(
      "\nExample:\n  aegisrt profile robot.toml        # writes robot.profile.json\n"
      "SIGINT and SIGTERM end it within a job; nothing is written then.");
  auto request = std::make_shared<service::ProfileRequest>();
  auto json = std::make_shared<bool>(false);
  auto quiet = std::make_shared<bool>(false);
  command->add_option("workload", request->workload, "workload file (docs/WORKLOAD.md)")
      ->required();
  command->add_option("-o,--output", request->output,
                      "profile to write (default: beside the workload)");
  command
      ->add_option(
          "--jobs", request->jobs,
          "samples of each model among the others; a third of it under every other condition")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  add_duration_option(*command, "--at-least", request->least_time,
                      "go on measuring for this long: more samples of short models, and a better "
                      "chance to see what this machine does only now and then");
  command->add_option("--margin", request->margin, "WCET = measured maximum x margin")
      ->check(CLI::Range(1.0, 10.0))
      ->check(
          [](const std::string& text) {  // a range holds "nan", which is neither below nor above
            return std::isfinite(std::strtod(text.c_str(), nullptr)) ? "" : "not a number: " + text;
          })
      ->capture_default_str();
  command
      ->add_option("--seed", request->seed,
                   "of the order in which models alternate, and of idle gaps")
      ->capture_default_str();
  command->add_flag("--quiet", *quiet, "no live progress on standard error");
  command->add_flag("--json", *json, "print one JSON object");
  command->callback([request, json, quiet, &ended] {
    std::signal(SIGINT, stop_profiling);
    std::signal(SIGTERM, stop_profiling);
    request->stop = &stop_requested;
    if (!*quiet) {
      request->on_progress = [](const std::string& line) {
        std::fprintf(stderr, "%s\n", line.c_str());
      };
    }
    const auto report = service::profile_workload(*request);
    if (!report) {
      ended = complain(report.error());
      return;
    }
    ended = print(*json ? to_json(*report) : to_text(*report), ExitCode::kYes);
  });
}

}  // namespace aegis::app
