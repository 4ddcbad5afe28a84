// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "aegis/service/export.h"

#include "command.h"

namespace aegis::app {

void add_export_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command =
      app.add_subcommand("export", "Write a trace in a format that other tools read");
  command->footer(
      "\nExample:\n"
      "  aegisrt export run.aegis --format perfetto --output run.json   # https://ui.perfetto.dev");
  auto request = std::make_shared<service::ExportRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("trace", request->trace, "trace file of a run")->required();
  command
      ->add_option_function<std::string>(
          "--format",
          [request](const std::string& name) {
            const auto format = service::export_format_from(name);
            if (!format) {
              throw CLI::ValidationError("--format: expected perfetto, json or csv; found " + name);
            }
            request->format = *format;
          },
          "perfetto, json or csv")
      ->type_name("FORMAT")
      ->default_str("perfetto");
  command->add_option("-o,--output", request->output, "file to write (default: standard output)");
  command->add_flag("--json", *json, "report as one JSON object (with --output)");
  command->callback([request, json, &ended] {
    const auto report = service::export_trace(*request);
    if (!report) {
      ended = complain(report.error());
      return;
    }
    if (report->output.empty()) return;
    const std::string text =
        *json ? service::to_json(*report)
              : fmt::format("{} events written to {}\n", report->events, report->output.string());
    ended = print(text, ExitCode::kYes);
  });
}

}  // namespace aegis::app
