// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "figure.h"
#include "samples.h"

namespace aegis::benchmarks {

// How far the caches of the two processors were apart while a figure was measured: before and
// after, the way of a line took less than 150 ns (near), or both times more (far).
enum class Caches { kNear, kFar, kMoved };

// Gathers the repetitions of all rows and prints them.
class Report {
 public:
  // One repetition of `who` in `figure`. `note` belongs to the row; the last one stands.
  void add(const Figure& figure, std::string_view who, const Summary& summary,
           std::string_view note = {});
  // A row without figures, which says why.
  void absent(const Figure& figure, std::string_view who, std::string_view why);
  // How the caches were during all that was added since the last call.
  void caches(Caches caches);

  // A line of facts under the table's title, in the order given; the same fact twice stands once.
  void fact(std::string text);

  // Each goal and whether it was met.
  struct Verdict {
    Figure figure;
    Goal goal;
    std::optional<Caches> caches;
    std::optional<double> measured;  // nothing: no such row, or no limit
    double limit = 0;
    std::string note;  // the row's
  };
  [[nodiscard]] std::vector<Verdict> verdicts() const;

  // Two tables: the goals, and every figure as the median over its repetitions of their p50, p99
  // and maximum, with the lowest and highest repetition beside it.
  [[nodiscard]] std::string markdown() const;
  // The same with every repetition. Described in benchmarks/executor/README.md.
  [[nodiscard]] std::string json() const;

 private:
  struct Repetition {
    Summary summary;
    std::optional<Caches> caches;
  };
  struct Row {
    Figure figure;
    std::string who;
    std::string note;
    std::vector<Repetition> repetitions;
  };
  Row& row(const Figure& figure, std::string_view who);
  [[nodiscard]] std::vector<Row> rows_by_caches() const;

  std::vector<Row> rows_;
  std::vector<std::string> facts_;
};

}  // namespace aegis::benchmarks
