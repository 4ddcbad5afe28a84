// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/profile_file.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "aegis/base/atomic_file.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;
using scheduler::ModelProfile;
using scheduler::ProfileIdentity;
using scheduler::SegmentProfile;

constexpr int kSchema = 1;
constexpr std::size_t kLargestFile = 16U << 20;  // 256 models of 64 segments are below 8 MiB

// The members of both directions, once: `io(name, member)` writes or reads it.
template <class Profile, class Io>
void each_identity_member(Profile& identity, Io&& io) {
  io("model", identity.model);
  io("content", identity.content);
  io("backend", identity.backend);
  io("backend_version", identity.backend_version);
  io("batch", identity.batch);
  io("cpu_model", identity.cpu_model);
  io("kernel", identity.kernel);
  io("governor", identity.governor);
  io("real_time", identity.real_time);
}

template <class Profile, class Io>
void each_segment_member(Profile& segment, Io&& io) {
  io("samples", segment.samples);
  io("excluded", segment.excluded);
  io("min_ns", segment.min);
  io("p50_ns", segment.p50);
  io("p99_ns", segment.p99);
  io("p999_ns", segment.p999);
  io("max_ns", segment.max);
  io("cv", segment.cv);
  io("wcet_ns", segment.wcet);
}

Json to_json(const ModelProfile& profile) {
  Json object;
  const auto write = [](Json& into) {
    return [&into](const char* name, const auto& member) {
      if constexpr (std::is_same_v<std::decay_t<decltype(member)>, Duration>) {
        into[name] = member.ns();
      } else {
        into[name] = member;
      }
    };
  };
  each_identity_member(profile.identity, write(object["identity"]));
  object["method"] = "measured maximum x margin";
  object["margin"] = profile.margin;
  object["measured_unix_seconds"] = profile.measured_unix_seconds;
  object["segments"] = Json::array();
  for (const SegmentProfile& segment : profile.segments) {
    each_segment_member(segment, write(object["segments"].emplace_back()));
  }
  return object;
}

// Reads members and remembers the first that is missing or of another type.
class Reader {
 public:
  Reader(const Json& from, std::string path, std::optional<Diagnostic>& problem)
      : from_(from), path_(std::move(path)), problem_(problem) {}

  void operator()(const char* name, std::string& member) const {
    if (const Json* found = find(name, &Json::is_string, "a text"))
      member = found->get<std::string>();
  }
  void operator()(const char* name, bool& member) const {
    if (const Json* found = find(name, &Json::is_boolean, "true or false"))
      member = found->get<bool>();
  }
  void operator()(const char* name, double& member) const {
    if (const Json* found = find(name, &Json::is_number, "a number")) member = found->get<double>();
  }
  void operator()(const char* name, Duration& member) const {
    std::int64_t ns = 0;
    (*this)(name, ns);
    member = Duration::nanoseconds(ns);
  }
  template <class Integer>
    requires std::is_integral_v<Integer>
  void operator()(const char* name, Integer& member) const {
    const Json* found = find(name, &Json::is_number_integer, "a whole number");
    if (found == nullptr) return;
    const auto value = found->get<std::int64_t>();
    if (value < 0 || !std::in_range<Integer>(value)) return refuse(name, "a number in range");
    member = static_cast<Integer>(value);
  }
  void refuse(const char* name, const char* expected) const {
    if (problem_) return;
    problem_ = Diagnostic{.key = path_ + name, .problem = std::string("expected ") + expected};
  }

 private:
  const Json* find(const char* name, bool (Json::*is_of_type)() const noexcept,
                   const char* expected) const {
    const auto at = from_.is_object() ? from_.find(name) : from_.end();
    if (at != from_.end() && (at.value().*is_of_type)()) return &at.value();
    refuse(name, expected);
    return nullptr;
  }

  const Json& from_;
  std::string path_;
  std::optional<Diagnostic>& problem_;
};

void require_sense(const SegmentProfile& segment, const Reader& read) {
  if (segment.samples == 0) read.refuse("samples", "at least one sample");
  if (segment.wcet <= Duration::zero()) read.refuse("wcet_ns", "a positive WCET");
  if (segment.wcet < segment.max) read.refuse("wcet_ns", "a WCET not below max_ns");
}

ModelProfile read_profile(const Json& object, const std::string& path,
                          std::optional<Diagnostic>& problem) {
  static const Json nothing = Json::object();
  const auto member = [&object](const char* name) -> const Json& {
    const auto at = object.is_object() ? object.find(name) : object.end();
    return at != object.end() ? at.value() : nothing;
  };
  ModelProfile profile;
  each_identity_member(profile.identity, Reader(member("identity"), path + "identity.", problem));
  const Reader read(object, path, problem);
  read("margin", profile.margin);
  read("measured_unix_seconds", profile.measured_unix_seconds);
  const Json& segments = member("segments");
  if (!segments.is_array() || segments.empty()) read.refuse("segments", "at least one segment");
  for (std::size_t i = 0; segments.is_array() && i < segments.size(); ++i) {
    const Reader segment(segments[i], path + "segments[" + std::to_string(i) + "].", problem);
    each_segment_member(profile.segments.emplace_back(), segment);
    require_sense(profile.segments.back(), segment);
  }
  return profile;
}

}  // namespace

Status save_profiles(const std::filesystem::path& file, const std::vector<ModelProfile>& profiles) {
  Json document{{"schema", kSchema}, {"models", Json::array()}};
  for (const ModelProfile& profile : profiles) document["models"].push_back(to_json(profile));
  return write_file_atomically(file,
                               document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Parsed<std::vector<ModelProfile>> parse_profiles(std::string_view text,
                                                 const std::filesystem::path& file) {
  const Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object())
    return fail(Diagnostic{.file = file, .problem = "not a profile: expected a JSON object"});
  std::optional<Diagnostic> problem;
  int schema = 0;
  Reader(document, "", problem)("schema", schema);
  if (!problem && schema != kSchema) {
    problem = Diagnostic{.key = "schema",
                         .problem = "expected 1; this profile was written by another version"};
  }
  std::vector<ModelProfile> profiles;
  const auto models = document.find("models");
  if (models == document.end() || !models->is_array()) {
    Reader(document, "", problem).refuse("models", "a list of profiles");
  } else {
    for (std::size_t i = 0; i < models->size() && !problem; ++i) {
      profiles.push_back(read_profile((*models)[i], "models[" + std::to_string(i) + "].", problem));
    }
  }
  if (!problem) return profiles;
  problem->file = file;
  return fail(*problem);
}

Parsed<std::vector<ModelProfile>> load_profiles(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file, kLargestFile);
  if (!text) return fail(Diagnostic{.file = file, .problem = text.error().message()});
  return parse_profiles(*text, file);
}

std::filesystem::path default_profile_path(const std::filesystem::path& workload) {
  std::filesystem::path path = workload;
  return path.replace_extension(".profile.json");
}

}  // namespace aegis::service
