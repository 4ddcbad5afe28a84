// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/scheduler/profile.h"
#include "aegis/service/diagnostic.h"

namespace aegis::service {

// 16 Mi samples of 16 bytes: what a reader is asked to hold.
inline constexpr std::uint64_t kMostSamplesInProfile = std::uint64_t{16} << 20;

// The profiles of a workload's models: JSON, schema 2, with the raw samples (packed as
// sample_text.h says) of each segment under each condition. Written whole or not at all.
// kOutOfRange beyond kMostSamplesInProfile.
[[nodiscard]] Status save_profiles(const std::filesystem::path& file,
                                   const std::vector<scheduler::ModelProfile>& profiles);
// Refused by the name of the member: another schema, a missing, ill-typed or unknown member, a
// model twice, an absurd value, and figures that do not follow from the samples beside them: a
// profile is evidence, not a place to write down a wish. Never crashes on hostile input, nor takes
// more than some hundred MiB for it.
[[nodiscard]] Parsed<std::vector<scheduler::ModelProfile>> load_profiles(
    const std::filesystem::path& file);
[[nodiscard]] Parsed<std::vector<scheduler::ModelProfile>> parse_profiles(
    std::string_view text, const std::filesystem::path& file);

// Where a workload's profile is kept unless told otherwise: "robot.toml" -> "robot.profile.json"
// beside it.
[[nodiscard]] std::filesystem::path default_profile_path(const std::filesystem::path& workload);

}  // namespace aegis::service
