// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "aegis/service/problem.h"
#include "aegis/trace/job_story.h"
#include "aegis/trace/trace.h"

namespace aegis::service {

// Which jobs to explain. None of the three: an overview of the whole run.
struct ExplainRequest {
  std::filesystem::path trace;
  std::optional<std::string> job;      // "detector#8123"
  std::optional<std::string> slowest;  // the jobs of this model with the longest response times
  bool misses = false;                 // jobs that missed, in time order
  std::size_t limit = 10;
};

// The stories asked for, with the trace whose names they are told in.
struct ExplainReport {
  trace::Trace trace;
  std::vector<trace::JobStory> stories;
  std::size_t found = 0;  // jobs that the request matches, of which `limit` are told
  bool overview = false;
};

// Released when, waited for whom and why, ran how long, against which bound. kInput for a file that
// is no trace, an unknown model or a job that the trace does not hold.
[[nodiscard]] Outcome<ExplainReport> explain(const ExplainRequest& request);

// For a terminal; for programs, one JSON object. Allocate.
[[nodiscard]] std::string to_text(const ExplainReport& report);
[[nodiscard]] std::string to_json(const ExplainReport& report);

}  // namespace aegis::service
