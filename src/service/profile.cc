// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/profile.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "aegis/base/atomic_file.h"
#include "aegis/base/clock.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/service/profile_file.h"

#include "output_path.h"
#include "session.h"

namespace aegis::service {

namespace {

constexpr Duration kProgressInterval = Duration::seconds(1);

void add_note(std::string& notes, const std::string& note) {
  if (note.empty()) return;
  notes += (notes.empty() ? "" : "; ") + note;
}

std::uint64_t segments_of(const Session& session) {
  std::uint64_t segments = 0;
  for (const TaskId task : session.tasks) {
    segments += session.orchestrator->description(task).segment_count;
  }
  return segments;
}

// Whether so many jobs give more samples than the file may hold: told before hours are spent.
std::optional<Problem> too_many_samples(const Session& session, std::uint32_t jobs) {
  std::uint64_t each = 0;
  for (const scheduler::Condition condition : scheduler::kConditions) {
    each += scheduler::jobs_under(condition, jobs);
  }
  const std::uint64_t segments = segments_of(session);
  if (segments * each <= kMostSamplesInProfile) return std::nullopt;
  return Problem{ExitCode::kInput, "--jobs: " + std::to_string(jobs) +
                                       " are more than a profile of " + std::to_string(segments) +
                                       " segments may hold; at most " +
                                       std::to_string(kMostSamplesInProfile / 3 / segments)};
}

// "   3 s  lane0: round 2, cold", at most once an interval.
class ProgressLines {
 public:
  ProgressLines(const std::function<void(const std::string&)>& say, const Clock& clock)
      : say_(say), clock_(clock), begin_(clock.now()) {}

  void tell(const scheduler::ProfilerProgress& progress) {
    const Duration elapsed = clock_.now() - begin_;
    if (!say_ || elapsed < next_) return;
    say_(fmt::format("{:>4.0f} s  {}: round {}, {}", elapsed.seconds_as_double(), progress.lane,
                     progress.round, to_string(progress.condition)));
    next_ = elapsed + kProgressInterval;
  }

 private:
  const std::function<void(const std::string&)>& say_;
  const Clock& clock_;
  const TimePoint begin_;
  Duration next_ = kProgressInterval;
};

Problem interrupted() {
  return {ExitCode::kEnvironment, "interrupted: no profile was written"};
}

Outcome<std::vector<scheduler::ModelProfile>> measure(Session& session,
                                                      const ProfileRequest& request,
                                                      const Clock& clock) {
  ProgressLines lines(request.on_progress, clock);
  auto profiles = session.orchestrator->measure(
      {.jobs = request.jobs,
       .least_time = request.least_time,
       .margin = request.margin,
       .seed = request.seed,
       .most_samples = kMostSamplesInProfile / segments_of(session),
       .on_progress = [&lines](const auto& progress) { lines.tell(progress); },
       .stop = request.stop});
  if (profiles) return std::move(*profiles);
  if (profiles.error().code == ErrorCode::kCancelled) return fail(interrupted());
  return fail(Problem::of("profiling failed", profiles.error()));
}

}  // namespace

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
  if (auto problem = too_many_samples(*session, request.jobs)) return fail(*problem);
  const std::filesystem::path output =
      request.output.empty() ? default_profile_path(request.workload) : request.output;
  if (const Status writable = try_writing(output); !writable) {
    return fail(Problem{ExitCode::kEnvironment, writable.error().message()});
  }
  std::string note = session->workload.machine.real_time ? executor::lock_memory() : "";
  const TimePoint begin = clock.now();
  auto profiles = measure(*session, request, clock);
  if (!profiles) return fail(profiles.error());
  ProfileReport report{.profiles = std::move(*profiles),
                       .written_to = output,
                       .note = std::move(note),
                       .took = clock.now() - begin};
  const bool wanted = session->workload.machine.real_time;
  if (wanted && !report.profiles.front().identity.real_time) {
    add_note(report.note, "measured without a real-time class: expect a wide spread");
  }
  add_note(report.note, report.profiles.front().note);
  if (const Status saved = save_profiles(report.written_to, report.profiles); !saved) {
    return fail(Problem{ExitCode::kEnvironment, saved.error().message()});
  }
  return report;
}

}  // namespace aegis::service
