// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "aegis/service/audit.h"

#include "command.h"

namespace aegis::app {

void add_audit_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command = app.add_subcommand(
      "audit", "Re-derive every decision of a trace independently; find misses without a cause");
  command->footer("\nExample:\n  aegisrt audit run.aegis && echo every decision was right");
  auto trace = std::make_shared<std::filesystem::path>();
  auto json = std::make_shared<bool>(false);
  command->add_option("trace", *trace, "trace file of a run")->required();
  command->add_flag("--json", *json, "print one JSON object");
  command->callback([trace, json, &ended] {
    const auto outcome = service::audit_trace(*trace);
    if (!outcome) {
      ended = complain(outcome.error());
      return;
    }
    ended = print(*json ? to_json(*outcome) : to_text(*outcome), outcome->exit_code());
  });
}

}  // namespace aegis::app
