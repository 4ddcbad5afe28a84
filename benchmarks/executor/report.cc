// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace aegis::benchmarks {
namespace {

constexpr std::array kCaches{std::string_view{"near"}, std::string_view{"far"},
                             std::string_view{"moved"}};

std::string_view words(Caches caches) {
  return kCaches[static_cast<std::size_t>(caches)];
}

struct Spread {
  double median = 0;
  double lowest = 0;
  double highest = 0;
};

template <class Repetitions>
Spread spread(const Repetitions& repetitions, double Summary::* figure) {
  std::vector<double> values;
  for (const auto& repetition : repetitions) values.push_back(repetition.summary.*figure);
  std::sort(values.begin(), values.end());
  return {.median = values[values.size() / 2], .lowest = values.front(), .highest = values.back()};
}

std::string in_words(const Spread& spread) {
  return fmt::format("{:.0f} ({:.0f}..{:.0f})", spread.median, spread.lowest, spread.highest);
}

template <class Repetitions>
std::size_t samples(const Repetitions& repetitions) {
  std::size_t sum = 0;
  for (const auto& repetition : repetitions) sum += repetition.summary.count;
  return sum;
}

}  // namespace

Report::Row& Report::row(const Figure& figure, std::string_view who) {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
    return row.figure.id == figure.id && row.who == who;
  });
  if (found != rows_.end()) return *found;
  // Rows of one figure stand together, whatever was measured between their first repetitions.
  const auto last = std::find_if(rows_.rbegin(), rows_.rend(),
                                 [&](const Row& row) { return row.figure.id == figure.id; });
  const auto place = last == rows_.rend() ? rows_.end() : last.base();
  return *rows_.insert(place,
                       {.figure = figure, .who = std::string(who), .note = {}, .repetitions = {}});
}

void Report::add(const Figure& figure, std::string_view who, const Summary& summary,
                 std::string_view note) {
  Row& added = row(figure, who);
  added.note = note;
  if (summary.count == 0) return;
  added.repetitions.push_back({.summary = summary, .caches = std::nullopt});
}

void Report::absent(const Figure& figure, std::string_view who, std::string_view why) {
  row(figure, who).note = why;
}

void Report::caches(Caches caches) {
  for (Row& row : rows_) {
    for (Repetition& repetition : row.repetitions) {
      if (!repetition.caches) repetition.caches = caches;
    }
  }
}

void Report::fact(std::string text) {
  if (std::find(facts_.begin(), facts_.end(), text) == facts_.end()) {
    facts_.push_back(std::move(text));
  }
}

std::vector<Report::Row> Report::rows_by_caches() const {
  std::vector<Row> split;
  for (const Row& row : rows_) {
    if (!row.figure.depends_on_caches || row.repetitions.empty()) {
      split.push_back(row);
      continue;
    }
    for (const Caches caches : {Caches::kNear, Caches::kFar, Caches::kMoved}) {
      Row part = row;
      std::erase_if(part.repetitions,
                    [&](const Repetition& repetition) { return repetition.caches != caches; });
      if (!part.repetitions.empty()) split.push_back(std::move(part));
    }
  }
  return split;
}

std::string Report::markdown() const {
  std::string text;
  for (const std::string& fact : facts_) text += fmt::format("{}\n", fact);
  text +=
      "\nNanoseconds: the median over the repetitions (lowest..highest).\n\n"
      "| figure | who | caches | p50 | p99 | max | samples | note |\n"
      "|---|---|---|---:|---:|---:|---:|---|\n";
  std::string_view figure;
  for (const Row& row : rows_by_caches()) {
    if (row.figure.id != figure && !row.figure.target.empty()) {
      text += fmt::format("| **{}** | *target* | | | | | | *{}* |\n", row.figure.title,
                          row.figure.target);
    }
    figure = row.figure.id;
    if (row.repetitions.empty()) {
      text +=
          fmt::format("| {} | {} | | - | - | - | 0 | {} |\n", row.figure.title, row.who, row.note);
      continue;
    }
    const auto caches = row.figure.depends_on_caches && row.repetitions[0].caches
                            ? words(*row.repetitions[0].caches)
                            : std::string_view{};
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} x {} | {} |\n", row.figure.title,
                        row.who, caches, in_words(spread(row.repetitions, &Summary::p50)),
                        in_words(spread(row.repetitions, &Summary::p99)),
                        in_words(spread(row.repetitions, &Summary::max)), row.repetitions.size(),
                        samples(row.repetitions) / row.repetitions.size(), row.note);
  }
  return text;
}

std::string Report::json() const {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Row& row : rows_) {
    nlohmann::ordered_json repetitions = nlohmann::ordered_json::array();
    for (const Repetition& repetition : row.repetitions) {
      repetitions.push_back(
          {{"p50", repetition.summary.p50},
           {"p99", repetition.summary.p99},
           {"max", repetition.summary.max},
           {"samples", repetition.summary.count},
           {"caches", repetition.caches ? words(*repetition.caches) : "unknown"}});
    }
    rows.push_back({{"figure", row.figure.id},
                    {"title", row.figure.title},
                    {"target", row.figure.target},
                    {"unit", row.figure.unit},
                    {"who", row.who},
                    {"note", row.note},
                    {"repetitions", std::move(repetitions)}});
  }
  const nlohmann::ordered_json document{{"schema", 1}, {"facts", facts_}, {"rows", rows}};
  return document.dump(2) + "\n";
}

}  // namespace aegis::benchmarks
