// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "aegis/service/doctor.h"

#include "command.h"

namespace aegis::app {

void add_doctor_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command = app.add_subcommand(
      "doctor", "Say what this machine lacks for real-time, why, and how to mend it");
  command->footer(
      "\nExamples:\n"
      "  aegisrt doctor                      # for one lane and ONNX Runtime\n"
      "  aegisrt doctor robot.toml --json    # for this workload's lanes and backends\n"
      "It changes nothing. Ends with 0 when nothing essential is lacking, 1 when something is,\n"
      "3 when something essential could not be seen.");
  auto request = std::make_shared<service::DoctorRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("workload", request->workload,
                      "workload whose lanes and backends count (docs/WORKLOAD.md)");
  command
      ->add_option("--cpu", request->lane_cpu,
                   "the lane's CPU (default: the workload's, or the last one allowed)")
      ->check(CLI::Range(0, 8191))
      ->type_name("CPU");
  command->add_flag("--json", *json, "print one JSON object");
  command->callback([request, json, &ended] {
    const auto report = service::examine_machine(*request);
    if (!report) {
      ended = complain(report.error());
      return;
    }
    ended = print(*json ? to_json(*report) : to_text(*report), report->exit_code());
  });
}

}  // namespace aegis::app
