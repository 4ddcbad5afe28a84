// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "aegis/scheduler/profile.h"
#include "aegis/service/problem.h"

namespace aegis::service {

struct ProfileRequest {
  std::filesystem::path workload;
  std::filesystem::path output;  // empty: default_profile_path(workload)
  std::uint32_t jobs = 300;      // samples a model
  double margin = 1.2;
  std::uint64_t seed = 1;
};

struct ProfileReport {
  std::vector<scheduler::ModelProfile> profiles;
  std::filesystem::path written_to;
  std::string note;  // what the machine refused; empty: nothing
};

// Loads every model of the workload and measures its segments as they will run: on the lane's
// processor, in the lane's class, alternating with the others. Writes the profile file.
[[nodiscard]] Outcome<ProfileReport> profile_workload(const ProfileRequest& request);

[[nodiscard]] std::string to_text(const ProfileReport& report);
[[nodiscard]] std::string to_json(const ProfileReport& report);

}  // namespace aegis::service
