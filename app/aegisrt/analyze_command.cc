// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "aegis/service/analyze.h"

#include "command.h"
#include "policy_option.h"

namespace aegis::app {

namespace {

struct AnalyzeOptions {
  service::AnalyzeRequest request;
  std::optional<theory::policy::Policy> policy;
  bool preemptive = false;
  std::string unit = "ms";
  Duration tick;  // zero: the closed convention
  bool json = false;
};

Duration unit_from(const std::string& name) {
  if (name == "ns") return Duration::nanoseconds(1);
  if (name == "us") return Duration::microseconds(1);
  if (name == "s") return Duration::seconds(1);
  return Duration::milliseconds(1);
}

ExitCode run_analyze(AnalyzeOptions& options) {
  service::AnalyzeRequest& request = options.request;
  request.unit = unit_from(options.unit);
  if (options.policy) request.options.policy = *options.policy;
  if (options.preemptive) request.options.preemption = theory::Preemption::kPreemptive;
  if (options.tick > Duration::zero()) {
    request.options.blocking = theory::Blocking::started_before(options.tick);
  }
  const auto report = service::analyze(request);
  if (!report) return complain(service::Problem::of(report.error()));
  return print(options.json ? to_json(*report) : to_text(*report),
               service::exit_code_of(report->analysis.verdict));
}

}  // namespace

void add_analyze_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command = app.add_subcommand(
      "analyze", "Decide whether a task set given as CSV is schedulable, without a machine");
  command->footer(
      "\nExample:\n"
      "  aegisrt analyze tasks.csv --policy edf --unit ms\n"
      "with tasks.csv:\n"
      "  Task,T,D,BCET,WCET,Jitter\n"
      "  A,100,50,0,20,0\n"
      "  B,80,40,0,15,0");
  auto options = std::make_shared<AnalyzeOptions>();
  theory::Overheads& overheads = options->request.options.overheads;
  command->add_option("tasks", options->request.file, "CSV: Task,T,D,BCET,WCET,Jitter")->required();
  add_policy_option(*command, options->policy);
  command->add_flag("--preemptive", options->preemptive, "jobs may be preempted at any time");
  command->add_option("--unit", options->unit, "of the file's numbers: ns, us, ms or s")
      ->check(CLI::IsMember({"ns", "us", "ms", "s"}))
      ->capture_default_str();
  add_duration_option(*command, "--tick", options->tick,
                      "integer time: a blocking segment began at least one tick earlier");
  add_duration_option(*command, "--release-overhead", overheads.release, "charged per job");
  add_duration_option(*command, "--dispatch-overhead", overheads.dispatch, "charged per segment");
  add_duration_option(*command, "--completion-overhead", overheads.completion,
                      "charged per segment");
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([options, &ended] { ended = run_analyze(*options); });
}

}  // namespace aegis::app
