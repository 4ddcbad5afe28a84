// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/profile.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/base/clock.h"
#include "aegis/base/duration_text.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/service/profile_file.h"
#include "aegis/service/text_table.h"

#include "output_path.h"
#include "session.h"

namespace aegis::service {

Outcome<ProfileReport> profile_workload(const ProfileRequest& request) {
  if (auto problem = refuse_overwriting(request.output, {request.workload})) return fail(*problem);
  const MonotonicClock clock;
  auto session = open_session({.workload = request.workload,
                               .profile = {},
                               .policy = std::nullopt,
                               .input_seed = request.seed,
                               .needs_wcets = false},
                              clock, nullptr);
  if (!session) return fail(session.error());
  if (session->refusal) return fail(Problem{ExitCode::kNo, *session->refusal});
  std::string note = session->workload.machine.real_time ? executor::lock_memory() : "";
  auto profiles = session->orchestrator->measure(
      {.jobs = request.jobs, .margin = request.margin, .seed = request.seed});
  if (!profiles) return fail(Problem::of("profiling failed", profiles.error()));
  ProfileReport report{.profiles = std::move(*profiles),
                       .written_to = request.output.empty() ? default_profile_path(request.workload)
                                                            : request.output,
                       .note = std::move(note)};
  const bool wanted = session->workload.machine.real_time;
  if (wanted && !report.profiles.empty() && !report.profiles.front().identity.real_time) {
    if (!report.note.empty()) report.note += "; ";
    report.note += "measured without a real-time class: expect a wide spread";
  }
  if (const Status saved = save_profiles(report.written_to, report.profiles); !saved) {
    return fail(Problem{ExitCode::kEnvironment, saved.error().message()});
  }
  return report;
}

std::string to_text(const ProfileReport& report) {
  std::string text;
  if (!report.note.empty()) text += "Note: " + report.note + "\n\n";
  TextTable table({"model", "segment", "samples", "left out", "p50", "p99", "max", "CV", "WCET"});
  for (const scheduler::ModelProfile& profile : report.profiles) {
    for (std::size_t i = 0; i < profile.segments.size(); ++i) {
      const scheduler::SegmentProfile& segment = profile.segments[i];
      table.add({i == 0 ? profile.identity.model : "",
                 fmt::format("{}/{}", i + 1, profile.segments.size()),
                 std::to_string(segment.samples), std::to_string(segment.excluded),
                 format_duration(segment.p50), format_duration(segment.p99),
                 format_duration(segment.max), fmt::format("{:.1f} %", segment.cv * 100),
                 format_duration(segment.wcet)});
    }
  }
  text += table.render();
  const double margin = report.profiles.empty() ? 0 : report.profiles.front().margin;
  text += fmt::format(
      "\nWCET = measured maximum x {:.2f}: evidence, not a proof. Left out: samples during which "
      "the "
      "processor\nwas taken away or the machine stood still.\nWritten to {}\n",
      margin, report.written_to.string());
  return text;
}

std::string to_json(const ProfileReport& report) {
  nlohmann::ordered_json object{{"written_to", report.written_to.string()},
                                {"note", report.note},
                                {"models", nlohmann::ordered_json::array()}};
  for (const scheduler::ModelProfile& profile : report.profiles) {
    nlohmann::ordered_json segments = nlohmann::ordered_json::array();
    for (const scheduler::SegmentProfile& segment : profile.segments) {
      segments.push_back({{"samples", segment.samples},
                          {"excluded", segment.excluded},
                          {"p50_ns", segment.p50.ns()},
                          {"p99_ns", segment.p99.ns()},
                          {"max_ns", segment.max.ns()},
                          {"cv", segment.cv},
                          {"wcet_ns", segment.wcet.ns()}});
    }
    object["models"].push_back({{"name", profile.identity.model},
                                {"margin", profile.margin},
                                {"real_time", profile.identity.real_time},
                                {"segments", std::move(segments)}});
  }
  return object.dump(2) + "\n";
}

}  // namespace aegis::service
