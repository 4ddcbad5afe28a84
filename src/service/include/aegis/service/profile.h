// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/scheduler/profile.h"
#include "aegis/service/problem.h"

namespace aegis::service {

// `aegisrt profile`: which workload to measure, how thoroughly, and where to write it.
struct ProfileRequest {
  std::filesystem::path workload;
  std::filesystem::path output;  // empty: default_profile_path(workload)
  std::uint32_t jobs = 300;      // samples a model among the others; see scheduler::jobs_under
  Duration least_time = Duration::seconds(6);  // longer than that if the jobs take longer
  double margin = 1.2;
  std::uint64_t seed = 1;
  const std::atomic<bool>* stop = nullptr;  // set by a signal handler: end and write nothing
  // Which condition is being measured; at most once a second, on the profiling thread; may be
  // empty.
  std::function<void(const std::string& line)> on_progress = nullptr;
};

// What was measured, and what could not be.
struct ProfileReport {
  std::vector<scheduler::ModelProfile> profiles;
  std::filesystem::path written_to;
  std::string note;  // what the machine refused or could not provoke; empty: nothing
  Duration took;     // the measurement, without loading
};

// Loads every model of the workload and measures its segments as they will run: on the lane's
// processor, in the lane's class, under each condition that this machine can provoke
// (scheduler/condition.h). Writes the profile file, whole or not at all; that it may be written is
// tried first. Told to stop: kEnvironment, "interrupted".
[[nodiscard]] Outcome<ProfileReport> profile_workload(const ProfileRequest& request);

// A row a segment, then how to read it.
[[nodiscard]] std::string to_text(const ProfileReport& report);
// Everything but the raw samples, which are in the file.
[[nodiscard]] std::string to_json(const ProfileReport& report);

}  // namespace aegis::service
