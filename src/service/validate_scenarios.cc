// SPDX-License-Identifier: Apache-2.0
#include "validate_scenarios.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "aegis/base/atomic_file.h"
#include "aegis/service/admit.h"

namespace aegis::service {

namespace {

constexpr Duration ms(std::int64_t count) {
  return Duration::milliseconds(count);
}

ScenarioResult result_of(const std::string& name, const RunReport& report) {
  ScenarioResult result{.name = name, .admitted = report.admitted};
  for (const ModelRow& row : report.models) {
    result.jobs += row.jobs;
    result.misses += row.misses;
    result.misses_in_lost_supply += row.misses_in_lost_supply;
  }
  return result;
}

// A, B and C of the design, C in as many segments.
std::vector<ScenarioModel> running_example(bool with_c, std::size_t segments_of_c) {
  std::vector<ScenarioModel> models{mock_model("A", 1, ms(20), ms(100), ms(50)),
                                    mock_model("B", 1, ms(15), ms(80), ms(40))};
  if (!with_c) return models;
  const Duration segment =
      Duration::nanoseconds((ms(30)).ns() / static_cast<std::int64_t>(segments_of_c));
  models.push_back(mock_model("C", segments_of_c, segment, ms(200), ms(100)));
  return models;
}

Outcome<bool> is_admitted(const ScenarioRunner& runner, const std::string& name,
                          const std::vector<ScenarioModel>& models) {
  const auto workload = runner.write(name, models);
  if (!workload) return fail(workload.error());
  const auto report = admit_workload({.workload = *workload, .profile = {}, .policy = {}});
  if (!report) return fail(report.error());
  return report->exit_code() == ExitCode::kYes;
}

}  // namespace

Outcome<std::filesystem::path> ScenarioRunner::write(
    const std::string& name, const std::vector<ScenarioModel>& models) const {
  std::filesystem::path path = file(name + ".toml");
  if (const Status written = write_file_atomically(path, render_workload(models)); !written) {
    return fail(Problem{ExitCode::kEnvironment, written.error().message()});
  }
  return path;
}

Outcome<ScenarioRun> ScenarioRunner::run(const Run& run) const {
  say(fmt::format("{}, {:.0f} s", run.name, run.duration.seconds_as_double()));
  std::string stem = run.name;
  std::ranges::replace(stem, ' ', '_');
  const std::filesystem::path trace = file(stem + ".aegis");
  auto report = run_workload({.workload = run.workload,
                              .profile = run.profile,
                              .trace = trace,
                              .duration = run.duration,
                              .policy = run.policy,
                              .without_proof = run.policy.has_value(),
                              .seed = request_.seed,
                              .stop = request_.stop});
  if (!report) return fail(report.error());
  ScenarioRun done{.result = result_of(run.name, *report), .report = std::move(*report)};
  if (!done.report.ran()) {
    done.result.note = "not admitted: " + done.report.rationale;
    return done;
  }
  if (const auto judged = judge_trace(trace, done.result); !judged) return fail(judged.error());
  return done;
}

Outcome<AuditOutcome> judge_trace(const std::filesystem::path& trace, ScenarioResult& result) {
  auto audited = audit_trace(trace);
  if (!audited) return fail(audited.error());
  result.audit = audit::to_string(audited->report.verdict);
  result.decisions = audited->report.decisions;
  result.reconstructed = audited->report.reconstructed;
  if (!audited->report.why.empty()) result.note = audited->report.why;
  return audited;
}

Outcome<RunningExample> run_running_example(const ScenarioRunner& runner) {
  const auto whole = is_admitted(runner, "1_a_b_c", running_example(true, 1));
  if (!whole) return fail(whole.error());
  const auto in_three = is_admitted(runner, "1_a_b_c_in_three", running_example(true, 3));
  if (!in_three) return fail(in_three.error());
  const auto workload = runner.write("1_a_b", running_example(false, 0));
  if (!workload) return fail(workload.error());
  auto run = runner.run({.name = "1 running example",
                         .workload = *workload,
                         .duration = ms(100) * static_cast<std::int64_t>(runner.request().jobs)});
  if (!run) return fail(run.error());
  RunningExample example{.run = std::move(*run), .answers_right = !*whole && *in_three};
  std::string& note = example.run.result.note;
  if (!note.empty()) note += "; ";
  note += fmt::format("C whole: {}; C in three segments: {}", *whole ? "ADMITTED" : "refused",
                      *in_three ? "admitted" : "REFUSED");
  return example;
}

}  // namespace aegis::service
