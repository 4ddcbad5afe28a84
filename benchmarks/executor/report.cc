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

std::string_view words(Statistic statistic) {
  constexpr std::array kWords{std::string_view{"p50"}, std::string_view{"p99"},
                              std::string_view{"max"}};
  return kWords[static_cast<std::size_t>(statistic)];
}

double Summary::* member(Statistic statistic) {
  constexpr std::array kMembers{&Summary::p50, &Summary::p99, &Summary::max};
  return kMembers[static_cast<std::size_t>(statistic)];
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

std::string goals_in_words(const std::vector<Report::Verdict>& verdicts) {
  std::string text =
      "\n| goal | who | caches | below | measured | | note |\n|---|---|---|---:|---:|---|---|\n";
  for (const Report::Verdict& verdict : verdicts) {
    const auto caches = verdict.caches ? words(*verdict.caches) : std::string_view{};
    text +=
        fmt::format("| {}: {}{} | {} | {} ", verdict.figure.title, words(verdict.goal.statistic),
                    verdict.goal.condition, verdict.goal.who, caches);
    if (verdict.measured) {
      text += fmt::format("| {:.0f} | {:.0f} | {} ", verdict.limit, *verdict.measured,
                          *verdict.measured < verdict.limit ? "met" : "**missed**");
    } else {
      text += "| | - | ";
    }
    text += fmt::format("| {} |\n", verdict.note);
  }
  return text;
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
  if (summary.count == 0) {
    if (note.empty()) added.note = "no sample: a task did not start within a second";
    return;
  }
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

std::vector<Report::Verdict> Report::verdicts() const {
  const std::vector<Row> rows = rows_by_caches();
  const auto median = [](const Row& row, const Goal& goal) {
    return spread(row.repetitions, member(goal.statistic)).median;
  };
  // What a goal's limit is while the caches are as in `row`; 0: none.
  const auto limit = [&](const Goal& goal, const Row& row) {
    const bool far = row.figure.depends_on_caches && row.repetitions[0].caches != Caches::kNear;
    const double bound = far ? goal.far : goal.near;
    if (goal.beside.empty()) return bound;
    const auto beside = std::find_if(rows.begin(), rows.end(), [&](const Row& other) {
      return other.figure.id == row.figure.id && other.who == goal.beside &&
             !other.repetitions.empty() &&
             (!row.figure.depends_on_caches ||
              other.repetitions[0].caches == row.repetitions[0].caches);
    });
    return beside == rows.end() ? 0 : bound * median(*beside, goal);
  };
  std::vector<Verdict> verdicts;
  for (const Row& row : rows) {
    for (const Goal& goal : row.figure.goals) {
      if (goal.who != row.who) continue;
      Verdict verdict{.figure = row.figure, .goal = goal, .note = row.note};
      if (!row.repetitions.empty()) {
        if (row.figure.depends_on_caches) verdict.caches = row.repetitions[0].caches;
        verdict.limit = limit(goal, row);
        if (verdict.limit > 0) {
          verdict.measured = median(row, goal);
        } else {
          verdict.note = "no goal under these circumstances";
        }
      }
      verdicts.push_back(std::move(verdict));
    }
  }
  return verdicts;
}

std::string Report::markdown() const {
  std::string text;
  for (const std::string& fact : facts_) text += fmt::format("{}\n", fact);
  text += goals_in_words(verdicts());
  text +=
      "\nNanoseconds: the median over the repetitions (lowest..highest).\n\n"
      "| figure | who | caches | p50 | p99 | max | samples | note |\n"
      "|---|---|---|---:|---:|---:|---:|---|\n";
  for (const Row& row : rows_by_caches()) {
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
                    {"unit", row.figure.unit},
                    {"who", row.who},
                    {"note", row.note},
                    {"repetitions", std::move(repetitions)}});
  }
  nlohmann::ordered_json goals = nlohmann::ordered_json::array();
  for (const Verdict& verdict : verdicts()) {
    nlohmann::ordered_json goal{{"figure", verdict.figure.id},
                                {"who", verdict.goal.who},
                                {"statistic", words(verdict.goal.statistic)},
                                {"caches", verdict.caches ? words(*verdict.caches) : "any"},
                                {"below", verdict.limit},
                                {"measured", nullptr},
                                {"met", nullptr}};
    if (verdict.measured) {
      goal["measured"] = *verdict.measured;
      goal["met"] = *verdict.measured < verdict.limit;
    }
    goals.push_back(std::move(goal));
  }
  const nlohmann::ordered_json document{
      {"schema", 1}, {"facts", facts_}, {"goals", goals}, {"rows", rows}};
  return document.dump(2) + "\n";
}

}  // namespace aegis::benchmarks
