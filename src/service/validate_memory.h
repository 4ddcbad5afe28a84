// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "aegis/service/problem.h"

namespace aegis::service {

// The activations of the same models in four arrangements, in bytes.
struct MemoryFindings {
  // One session a model as it comes, its memory planned by the runtime: what the process grew by
  // beyond what it grows by when AegisRT plans.
  std::size_t default_arenas = 0;
  std::size_t isolated_plans = 0;  // the sum of AegisRT's own plans, one a model
  std::size_t largest = 0;         // one model's plan: no shared arena is smaller
  std::size_t shared_arena = 0;    // the lane's arena, in whole pages
  std::uint64_t unplanned_allocations = 0;
  std::size_t leaks = 0;
};

// Those of the files that ONNX Runtime loads and plans, tried in a child process each; why not, of
// the others.
struct UsableModels {
  std::vector<std::filesystem::path> files;
  std::vector<std::string> left_out;  // one line each
};
[[nodiscard]] UsableModels usable_models(const std::vector<std::filesystem::path>& files);

// Loads each file by ONNX Runtime, alone and then all together on one arena, runs each a few times,
// and lets them go. Slow path; the process must be quiet meanwhile.
[[nodiscard]] Outcome<MemoryFindings> validate_memory(
    const std::vector<std::filesystem::path>& models);

}  // namespace aegis::service
