// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "aegis/base/time.h"
#include "aegis/scheduler/condition.h"
#include "aegis/service/diagnostic.h"

#include "plain_text.h"

namespace aegis::service {

// Reads the members of one JSON object and remembers the first problem, named by its path.
//
//   MemberReader read(object, "models[0].", problem);
//   read("margin", profile.margin);
//   read.finish();                      // what was not asked for is refused
class MemberReader {
 public:
  using Json = nlohmann::ordered_json;

  MemberReader(const Json& from, std::string path, std::optional<Diagnostic>& problem)
      : from_(from), path_(std::move(path)), problem_(problem) {}

  void operator()(const char* name, std::string& member) {
    if (const Json* found = find(name, &Json::is_string, "a text")) {
      member = found->get<std::string>();
      if (has_control_character(member)) refuse(name, "a text of one line");
    }
  }
  void operator()(const char* name, bool& member) {
    if (const Json* found = find(name, &Json::is_boolean, "true or false")) {
      member = found->get<bool>();
    }
  }
  void operator()(const char* name, double& member) {
    const Json* found = find(name, &Json::is_number, "a number");
    if (found == nullptr) return;
    member = found->get<double>();
    if (!std::isfinite(member)) refuse(name, "a finite number");
  }
  void operator()(const char* name, Duration& member) {
    std::int64_t ns = 0;
    (*this)(name, ns);
    member = Duration::nanoseconds(ns);
  }
  void operator()(const char* name, scheduler::CoRunners& member) {
    std::string text;
    (*this)(name, text);
    if (text == to_string(scheduler::CoRunners::kLane)) {
      member = scheduler::CoRunners::kLane;
    } else if (text != to_string(scheduler::CoRunners::kAny)) {
      refuse(name, "\"any\" or \"lane\"");
    }
  }
  void operator()(const char* name, scheduler::Condition& member) {
    std::string text;
    (*this)(name, text);
    const auto known = scheduler::condition_named(text);
    if (!known) refuse(name, "a condition, like \"warm\"");
    member = known.value_or(member);
  }
  // Of the unsigned and of nanoseconds, none below 0.
  template <class Integer>
    requires std::is_integral_v<Integer>
  void operator()(const char* name, Integer& member) {
    const Json* found = find(name, &Json::is_number_integer, "a whole number");
    if (found == nullptr) return;
    const bool fits =
        found->is_number_unsigned()
            ? std::in_range<Integer>(found->get<std::uint64_t>())
            : std::is_same_v<Integer, int> && std::in_range<Integer>(found->get<std::int64_t>());
    if (!fits) return refuse(name, "a number in range");
    member = found->get<Integer>();
  }

  // The objects of a member list of 1 to `most`; none after a refusal.
  [[nodiscard]] std::vector<const Json*> objects(const char* name, std::size_t most,
                                                 const char* expected) {
    std::vector<const Json*> elements;
    const Json* found = find(name, &Json::is_array, expected);
    if (found == nullptr) return elements;
    if (found->empty() || found->size() > most) refuse(name, expected);
    if (problem_) return elements;
    for (const Json& element : *found) elements.push_back(&element);
    return elements;
  }
  // A member that is an object; nothing but refusals come of an absent one.
  [[nodiscard]] MemberReader object(const char* name) {
    static const Json nothing = Json::object();
    const Json* found = find(name, &Json::is_object, "an object");
    return {found == nullptr ? nothing : *found, path_ + name + ".", problem_};
  }

  // A member of whatever type, which the caller reads; null when it is absent, which is refused.
  [[nodiscard]] const Json& any(const char* name, const Json& object) {
    static const Json nothing;
    asked_.emplace_back(name);
    const auto at = object.is_object() ? object.find(name) : object.end();
    if (object.is_object() && at != object.end()) return at.value();
    refuse(name, "it to be there");
    return nothing;
  }

  void refuse(const char* name, const std::string& expected) const {
    say(name, "expected " + expected);
  }
  void say(const std::string& name, std::string problem) const {
    if (!problem_) problem_ = Diagnostic{.key = path_ + name, .problem = std::move(problem)};
  }
  // Refuses what nobody asked for.
  void finish() const {
    if (!from_.is_object()) return;
    for (const auto& [name, value] : from_.items()) {
      if (std::ranges::find(asked_, name) == asked_.end())
        say(one_line(name.substr(0, 40)), "unknown member");
    }
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const Json* find(const char* name, bool (Json::*is_of_type)() const noexcept,
                   const char* expected) {
    asked_.emplace_back(name);
    const auto at = from_.is_object() ? from_.find(name) : from_.end();
    if (at != from_.end() && (at.value().*is_of_type)()) return &at.value();
    refuse(name, expected);
    return nullptr;
  }

  const Json& from_;
  std::string path_;
  std::optional<Diagnostic>& problem_;
  std::vector<std::string> asked_;
};

}  // namespace aegis::service
