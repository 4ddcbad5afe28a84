// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "aegis/service/explain.h"

#include "command.h"

namespace aegis::app {

void add_explain_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command = app.add_subcommand(
      "explain", "Tell from a trace why a job took as long as it did, or give an overview");
  command->footer(
      "\nExamples:\n"
      "  aegisrt explain run.aegis --misses\n"
      "  aegisrt explain run.aegis --job detector#8123\n"
      "  aegisrt explain run.aegis --slowest detector --limit 3");
  auto request = std::make_shared<service::ExplainRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("trace", request->trace, "trace file of a run")->required();
  auto* job = command->add_option("--job", request->job, "one job, MODEL#NUMBER");
  auto* misses = command->add_flag("--misses", request->misses, "jobs that missed, in time order");
  auto* slowest = command->add_option("--slowest", request->slowest,
                                      "jobs of this model with the longest response times");
  job->excludes(misses)->excludes(slowest);
  misses->excludes(slowest);
  command->add_option("--limit", request->limit, "how many jobs to tell of at most")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  command->add_flag("--json", *json, "print one JSON object");
  command->callback([request, json, &ended] {
    const auto report = service::explain(*request);
    if (!report) {
      ended = complain(report.error());
      return;
    }
    ended = print(*json ? to_json(*report) : to_text(*report), ExitCode::kYes);
  });
}

}  // namespace aegis::app
