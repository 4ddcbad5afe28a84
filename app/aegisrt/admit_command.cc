// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "aegis/service/admit.h"

#include "command.h"
#include "policy_option.h"

namespace aegis::app {

void add_admit_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command = app.add_subcommand(
      "admit", "Prove that every deadline of a workload holds, or show what breaks");
  command->footer("\nExample:\n  aegisrt admit robot.toml && aegisrt run robot.toml");
  auto request = std::make_shared<service::AdmitRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("workload", request->workload, "workload file (docs/WORKLOAD.md)")
      ->required();
  command->add_option("--profile", request->profile,
                      "profile to use (default: beside the workload)");
  add_policy_option(*command, request->policy);
  command->add_flag("--json", *json, "print one JSON object");
  command->callback([request, json, &ended] {
    const auto report = service::admit_workload(*request);
    if (!report) {
      ended = complain(report.error());
      return;
    }
    ended = print(*json ? to_json(*report) : to_text(*report), report->exit_code());
  });
}

}  // namespace aegis::app
