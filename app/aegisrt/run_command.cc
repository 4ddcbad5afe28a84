// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "aegis/service/run.h"

#include "command.h"
#include "policy_option.h"

namespace aegis::app {

namespace {

// The one thing a signal handler may do: set a flag that the run looks at.
std::atomic<bool> stop_requested{false};
extern "C" void request_stop(int) {
  stop_requested.store(true, std::memory_order_relaxed);
}

struct RunOptions {
  service::RunRequest request;
  bool json = false;
  bool quiet = false;
  bool plain_threads = false;
};

ExitCode run_command(RunOptions& options) {
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  options.request.stop = &stop_requested;
  if (!options.quiet) {
    options.request.on_progress = [](const std::string& line) {
      std::fprintf(stderr, "%s\n", line.c_str());
    };
  }
  const auto report = options.plain_threads ? service::run_in_plain_threads(options.request)
                                            : service::run_workload(options.request);
  if (!report) return complain(report.error());
  const ExitCode code =
      print(options.json ? to_json(*report) : to_text(*report), report->exit_code());
  if (!report->metrics_failure.empty()) {
    return complain({code, report->metrics_failure + "; the run went on without its metrics"});
  }
  if (report->trace_failure.empty()) return code;
  return complain({code, report->trace_failure + "; the run went on without its trace"});
}

}  // namespace

void add_run_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command =
      app.add_subcommand("run", "Admit a workload and run it; no admitted job misses");
  command->footer(
      "\nExamples:\n"
      "  aegisrt run robot.toml --trace run.aegis\n"
      "  aegisrt run robot.toml --plain-threads      # the same without a scheduler, to compare\n"
      "SIGINT and SIGTERM drain: started jobs finish, then the table is printed.");
  auto options = std::make_shared<RunOptions>();
  service::RunRequest& request = options->request;
  command->add_option("workload", request.workload, "workload file (docs/WORKLOAD.md)")->required();
  command->add_option("--profile", request.profile,
                      "profile to use (default: beside the workload)");
  auto* trace = command->add_option("--trace", request.trace, "trace file to write");
  auto* metrics = command->add_option("--metrics", request.metrics,
                                      "file for Prometheus: latencies, written anew each second");
  add_duration_option(*command, "--for", request.duration, "how long to run");
  auto* policy = add_policy_option(*command, request.policy);
  auto* without_proof = command->add_flag("--without-proof", request.without_proof,
                                          "run even what admission refuses");
  command
      ->add_flag("--plain-threads", options->plain_threads,
                 "no scheduler: one ordinary thread a model, as a baseline")
      ->excludes(trace)
      ->excludes(metrics)
      ->excludes(policy)
      ->excludes(without_proof);
  command->add_option("--seed", request.seed, "of the inputs' content")->capture_default_str();
  command->add_flag("--quiet", options->quiet, "no live progress on standard error");
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([options, &ended] { ended = run_command(*options); });
}

}  // namespace aegis::app
