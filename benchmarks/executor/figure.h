// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace aegis::benchmarks {

enum class Statistic { kP50, kP99, kMax };

// What a row has to hold, judged by the median of its repetitions.
struct Goal {
  std::string_view who;
  Statistic statistic = Statistic::kP99;
  // Strictly below these, in the figure's unit; or below so many times the same statistic of the
  // row `beside`.
  double near = 0;
  double far = 0;  // 0: no goal while the caches are far apart
  std::string_view beside = {};
  std::string_view condition = {};  // in words: what the note has to show as well
};

// A figure of the table.
struct Figure {
  std::string_view id;     // in JSON
  std::string_view title;  // in the table
  std::string_view unit = "ns";
  // Whether two processors pass cache lines: then near and far repetitions are rows of their own.
  bool depends_on_caches = true;
  std::span<const Goal> goals = {};
};

}  // namespace aegis::benchmarks
