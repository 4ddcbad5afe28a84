// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

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
  Duration tick;      // read only where given: without it, the closed convention
  Duration simulate;  // likewise
  std::filesystem::path check;
  bool json = false;
};

Duration unit_from(const std::string& name) {
  if (name == "ns") return Duration::nanoseconds(1);
  if (name == "us") return Duration::microseconds(1);
  if (name == "s") return Duration::seconds(1);
  return Duration::milliseconds(1);
}

ExitCode run_check(const AnalyzeOptions& options) {
  const auto report = service::check(
      {.file = options.request.file, .unit = options.request.unit, .certificate = options.check});
  if (!report) return complain(report.error());
  return print(options.json ? to_json(*report) : to_text(*report),
               report->believed ? ExitCode::kYes : ExitCode::kNo);
}

ExitCode run_analyze(const CLI::App& command, AnalyzeOptions& options) {
  service::AnalyzeRequest& request = options.request;
  request.unit = unit_from(options.unit);
  if (!options.check.empty()) return run_check(options);
  if (options.policy) request.options.policy = *options.policy;
  if (options.preemptive) request.options.preemption = theory::Preemption::kPreemptive;
  const Duration best_effort = request.options.blocking.best_effort;
  if (command.count("--tick") > 0) {
    request.options.blocking =
        theory::Blocking::started_before(options.tick).with_best_effort(best_effort);
  }
  if (command.count("--simulate") > 0) request.simulate = options.simulate;
  const auto report = service::analyze(request);
  if (!report) return complain(report.error());
  return print(options.json ? to_json(*report) : to_text(*report), service::exit_code_of(*report));
}

// CLI11 takes a negative number for a huge unsigned one, and the largest for any that is larger.
CLI::Validator whole_number() {
  return {[](std::string& text) {
            std::uint64_t value = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), value);
            const bool fits = error == std::errc{} && end == text.data() + text.size();
            return fits ? "" : "expected a whole number of 64 bits; found \"" + text + "\"";
          },
          ""};
}

// A certificate brings its own policy and assumptions, and nothing else is done beside its check.
void keep_check_alone(CLI::App& command) {
  CLI::Option* check = command.get_option("--check");
  for (CLI::Option* other : command.get_options()) {
    const std::string name = other->get_name();
    if (name == "--check" || name == "--unit" || name == "--json" || name == "--help") continue;
    if (!other->get_positional()) check->excludes(other);
  }
}

void add_lane_options(CLI::App& command, AnalyzeOptions& options) {
  theory::AnalysisOptions& lane = options.request.options;
  add_policy_option(command, options.policy)
      ->description("edf (the default), rm, dm, static or fifo");
  command.add_flag("--preemptive", options.preemptive, "jobs may be preempted at any time");
  add_duration_option(command, "--tick", options.tick,
                      "integer time: a blocking segment began at least one tick earlier");
  add_duration_option(command, "--best-effort", lane.blocking.best_effort,
                      "the longest segment of work without a deadline");
  add_duration_option(command, "--lost", lane.supply.lost,
                      "what the lane may lose to others in any --window");
  add_duration_option(command, "--window", lane.supply.window, "see --lost");
  add_duration_option(command, "--release-overhead", lane.overheads.release, "charged per job");
  add_duration_option(command, "--dispatch-overhead", lane.overheads.dispatch,
                      "charged per segment");
  add_duration_option(command, "--completion-overhead", lane.overheads.completion,
                      "charged per segment");
  command
      .add_option("--lanes", options.request.lanes,
                  "place the tasks on so many lanes, or show that it cannot be done")
      ->check(whole_number());
}

void add_output_options(CLI::App& command, AnalyzeOptions& options) {
  service::AnalyzeRequest& request = options.request;
  command.add_flag("--advice", request.advice,
                   "what would make a refused set schedulable; how far each number may move");
  command.add_option(
      "--witness", request.witness,
      "write how a refused set misses: a picture (*.svg), or a trace for explain and export");
  command.add_option("--demand", request.demand,
                     "write a picture (*.svg) of the demand against the supply");
  command.add_option("--certificate", request.certificate,
                     "write the proof of a schedulable set, as JSON");
  command.add_option(
      "--check", options.check,
      "believe this certificate of the set, or say why not: with no option but --unit, --json");
  add_duration_option(command, "--simulate", options.simulate,
                      "run random arrivals and execution times for so long");
  command.add_option("--seed", request.seed, "of the simulation and of the search for a miss")
      ->check(whole_number())
      ->capture_default_str();
  command.add_option("--trace", request.trace, "write the simulation as a trace");
  command.add_flag("--json", options.json, "print one JSON object");
}

}  // namespace

void add_analyze_command(CLI::App& app, ExitCode& ended) {
  CLI::App* command = app.add_subcommand(
      "analyze", "Decide whether a task set given as CSV is schedulable, without a machine");
  command->footer(
      "\nExample:\n"
      "  aegisrt analyze tasks.csv --policy edf --unit ms --advice --witness miss.svg\n"
      "with tasks.csv:\n"
      "  Task,T,D,BCET,WCET,Jitter\n"
      "  A,100,50,0,20,0\n"
      "  B,80,40,0,15,0");
  auto options = std::make_shared<AnalyzeOptions>();
  command
      ->add_option("tasks", options->request.file,
                   "CSV: Task,T,D,WCET and, where needed, BCET,Jitter,Priority,Segments")
      ->required();
  command->add_option("--unit", options->unit, "of the file's numbers: ns, us, ms or s")
      ->check(CLI::IsMember({"ns", "us", "ms", "s"}))
      ->capture_default_str();
  add_lane_options(*command, *options);
  add_output_options(*command, *options);
  keep_check_alone(*command);
  command->callback([options, command, &ended] { ended = run_analyze(*command, *options); });
}

}  // namespace aegis::app
