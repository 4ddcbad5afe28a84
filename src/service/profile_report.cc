// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/base/duration_text.h"
#include "aegis/service/profile.h"
#include "aegis/service/text_table.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;
using scheduler::Condition;
using scheduler::ConditionProfile;
using scheduler::ModelProfile;
using scheduler::SegmentProfile;

// "1.31", or "-" where it was not measured.
std::string in_words(const std::optional<double>& factor) {
  return factor ? fmt::format("{:.2f}", *factor) : "-";
}

Json in_json(const std::optional<double>& factor) {
  return factor ? Json(*factor) : Json(nullptr);
}

// A null condition is one that a profile made by hand lacks.
std::string text_of(const ConditionProfile* measured, Duration ConditionProfile::* figure) {
  return measured == nullptr ? "-" : format_duration(measured->*figure);
}

void add_row(TextTable& table, const ModelProfile& profile, std::size_t index) {
  const SegmentProfile& segment = profile.segments[index];
  const std::span<const SegmentProfile> alone(&segment, 1);
  const ConditionProfile* worst = worst_condition(segment, profile.identity.co_runners);
  const ConditionProfile* among = segment.under(Condition::kAmongModels);
  table.add({index == 0 ? profile.identity.model : "",
             fmt::format("{}/{}", index + 1, profile.segments.size()),
             text_of(segment.under(Condition::kWarm), &ConditionProfile::p50),
             worst == nullptr ? "-" : std::string(to_string(worst->condition)),
             text_of(worst, &ConditionProfile::p99), text_of(worst, &ConditionProfile::max),
             in_words(cold_factor(alone)), in_words(contention_factor(alone)),
             among == nullptr ? "-" : fmt::format("{:.1f} %", among->cv * 100),
             format_duration(segment.wcet)});
}

struct Counted {
  std::uint64_t kept = 0;
  std::uint64_t excluded = 0;
  Duration longest_excluded;
};

Counted count_samples(const std::vector<ModelProfile>& profiles) {
  Counted counted;
  for (const ModelProfile& profile : profiles) {
    for (const SegmentProfile& segment : profile.segments) {
      for (const ConditionProfile& measured : segment.conditions) {
        counted.kept += measured.samples;
        counted.excluded += measured.excluded;
        counted.longest_excluded =
            std::max(counted.longest_excluded, longest_excluded(measured).value_or(Duration()));
      }
    }
  }
  return counted;
}

// "8 left out, the longest 1.2 ms, during which ..."
std::string left_out(const Counted& counted) {
  if (counted.excluded == 0) return "none left out.";
  return fmt::format(
      "{} left out, the longest {}, during which the processor was taken away or the\nmachine "
      "stood "
      "still.",
      counted.excluded, format_duration(counted.longest_excluded));
}

std::string beside_what_it_holds(const ModelProfile& profile) {
  if (profile.identity.co_runners == scheduler::CoRunners::kLane) {
    return "co_runners = \"lane\": it holds while nothing else loads caches and memory; you vouch "
           "for that.\n";
  }
  if (!contention_factor(profile.segments)) {
    return "Contention was not measured: it holds while nothing else loads caches and memory.\n";
  }
  return "co_runners = \"any\": it stands on what pressed on caches and memory from the other "
         "CPUs.\n";
}

std::string how_to_read(const ProfileReport& report) {
  const Counted counted = count_samples(report.profiles);
  const ModelProfile& first = report.profiles.front();
  std::string text = fmt::format(
      "WCET = largest sample under the worst condition that counts x {:.2f}: evidence, not a "
      "proof. "
      "cold, contended: medians\nagainst warm, and beside co-runners against without them. CV: "
      "among "
      "the lane's models.\n",
      first.margin);
  text += beside_what_it_holds(first);
  text += fmt::format("{} samples in {}; {}\nWritten to {}\n", counted.kept,
                      format_duration(report.took), left_out(counted), report.written_to.string());
  return text;
}

Json to_json(const ConditionProfile& measured) {
  const std::optional<Duration> longest = longest_excluded(measured);
  return {{"condition", to_string(measured.condition)},
          {"samples", measured.samples},
          {"excluded", measured.excluded},
          {"longest_excluded_ns", longest ? Json(longest->ns()) : Json(nullptr)},
          {"min_ns", measured.min.ns()},
          {"p50_ns", measured.p50.ns()},
          {"p99_ns", measured.p99.ns()},
          {"p999_ns", measured.p999.ns()},
          {"max_ns", measured.max.ns()},
          {"cv", measured.cv}};
}

Json to_json(const SegmentProfile& segment, scheduler::CoRunners co_runners) {
  const std::span<const SegmentProfile> alone(&segment, 1);
  const ConditionProfile* worst = worst_condition(segment, co_runners);
  Json object{
      {"wcet_ns", segment.wcet.ns()},
      {"worst_condition", worst == nullptr ? Json(nullptr) : Json(to_string(worst->condition))},
      {"cold_factor", in_json(cold_factor(alone))},
      {"contention_factor", in_json(contention_factor(alone))},
      {"conditions", Json::array()}};
  for (const ConditionProfile& measured : segment.conditions) {
    object["conditions"].push_back(to_json(measured));
  }
  return object;
}

Json to_json(const ModelProfile& profile) {
  Json object{{"name", profile.identity.model},
              {"margin", profile.margin},
              {"real_time", profile.identity.real_time},
              {"isolation", profile.identity.isolation},
              {"co_runners", to_string(profile.identity.co_runners)},
              {"cold_factor", in_json(cold_factor(profile.segments))},
              {"contention_factor", in_json(contention_factor(profile.segments))},
              {"segments", Json::array()}};
  for (const SegmentProfile& segment : profile.segments) {
    object["segments"].push_back(to_json(segment, profile.identity.co_runners));
  }
  return object;
}

}  // namespace

std::string to_text(const ProfileReport& report) {
  std::string text;
  if (!report.note.empty()) text += "Note: " + report.note + "\n\n";
  TextTable table({"model", "segment", "warm p50", "worst condition", "its p99", "its max", "cold",
                   "contended", "CV", "WCET"});
  for (const ModelProfile& profile : report.profiles) {
    for (std::size_t i = 0; i < profile.segments.size(); ++i) add_row(table, profile, i);
  }
  text += table.render();
  if (!report.profiles.empty()) text += "\n" + how_to_read(report);
  return text;
}

std::string to_json(const ProfileReport& report) {
  Json object{{"written_to", report.written_to.string()},
              {"note", report.note},
              {"took_ns", report.took.ns()},
              {"models", Json::array()}};
  for (const ModelProfile& profile : report.profiles) object["models"].push_back(to_json(profile));
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aegis::service
