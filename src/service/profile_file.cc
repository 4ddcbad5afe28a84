// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/profile_file.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/base/atomic_file.h"

#include "member_reader.h"
#include "sample_text.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;
using scheduler::Condition;
using scheduler::ConditionProfile;
using scheduler::ModelProfile;
using scheduler::SegmentProfile;

constexpr int kSchema = 2;
// 256 models of 8 segments under 7 conditions with 1,000 samples each are below 48 MiB.
constexpr std::size_t kLargestFile = 64U << 20;
// Deeper than any member, and more values than 256 models of 8 segments have (300,000): what is
// beyond is not kept, so that 64 MiB of brackets do not become gigabytes.
constexpr int kDeepest = 8;
constexpr std::size_t kMostValues = 2'000'000;
constexpr std::size_t kMostModels = 256;
constexpr std::size_t kMostSegments = 256;         // as in a workload
constexpr std::uint64_t kMostSamples = 1'000'000;  // what `aegisrt profile --jobs` takes at most
constexpr Duration kLongestWcet = Duration::seconds(3600);  // as in a workload
// The standard deviation is a sum of floating-point numbers, which compilers round differently.
constexpr double kCvTolerance = 1e-9;

// The members of both directions, once: `io(name, member)` writes or reads it.
template <class Identity, class Io>
void each_identity_member(Identity& identity, Io&& io) {
  io("model", identity.model);
  io("content", identity.content);
  io("backend", identity.backend);
  io("backend_version", identity.backend_version);
  io("backend_settings", identity.backend_settings);
  io("batch", identity.batch);
  io("cpu_model", identity.cpu_model);
  io("cpu_count", identity.cpu_count);
  io("lane_cpu", identity.lane_cpu);
  io("isolation", identity.isolation);
  io("smt", identity.smt);
  io("kernel", identity.kernel);
  io("governor", identity.governor);
  io("real_time", identity.real_time);
  io("fifo_priority", identity.fifo_priority);
  io("co_runners", identity.co_runners);
  io("method", identity.method);
}

template <class Profile, class Io>
void each_condition_member(Profile& measured, Io&& io) {
  io("condition", measured.condition);
  io("samples", measured.samples);
  io("excluded", measured.excluded);
  io("min_ns", measured.min);
  io("p50_ns", measured.p50);
  io("p99_ns", measured.p99);
  io("p999_ns", measured.p999);
  io("max_ns", measured.max);
  io("cv", measured.cv);
}

struct MemberWriter {
  Json& into;
  template <class Member>
  void operator()(const char* name, const Member& member) const {
    if constexpr (std::is_same_v<Member, Duration>) {
      into[name] = member.ns();
    } else if constexpr (std::is_enum_v<Member>) {
      into[name] = to_string(member);
    } else {
      into[name] = member;
    }
  }
};

Json to_json(const ModelProfile& profile) {
  Json object;
  each_identity_member(profile.identity, MemberWriter{object["identity"]});
  object["margin"] = profile.margin;
  object["measured_unix_seconds"] = profile.measured_unix_seconds;
  object["note"] = profile.note;
  object["segments"] = Json::array();
  for (const SegmentProfile& segment : profile.segments) {
    Json& written = object["segments"].emplace_back();
    written["wcet_ns"] = segment.wcet.ns();
    written["conditions"] = Json::array();
    for (const ConditionProfile& measured : segment.conditions) {
      Json& condition = written["conditions"].emplace_back();
      each_condition_member(measured, MemberWriter{condition});
      condition["raw"] = pack_samples(measured.raw);
    }
  }
  return object;
}

// Reads one file; remembers the first problem.
class ProfileReader {
 public:
  std::vector<ModelProfile> read(const Json& document) {
    MemberReader read(document, "", problem);
    int schema = 0;
    read("schema", schema);
    if (!problem && schema != kSchema) refuse_schema(read, schema);
    std::vector<ModelProfile> profiles;
    std::set<std::string> names;
    for (const Json* object : read.objects("models", kMostModels, "a list of 1 to 256 profiles")) {
      const std::string path = fmt::format("models[{}].", profiles.size());
      profiles.push_back(read_model(*object, path));
      if (!names.insert(profiles.back().identity.model).second) {
        say(path + "identity.model", "expected a model that has no profile above");
      }
      if (problem) break;
    }
    read.finish();
    return profiles;
  }

  std::optional<Diagnostic> problem;

 private:
  void say(const std::string& key, const std::string& words) {
    if (!problem) problem = Diagnostic{.key = key, .problem = words};
  }

  static void refuse_schema(const MemberReader& read, int schema) {
    read.say("schema",
             schema < kSchema && schema > 0
                 ? fmt::format("{} is of a version that measured under fewer conditions; "
                               "measure anew with `aegisrt profile`",
                               schema)
                 : fmt::format("{} is newer than this program reads ({})", schema, kSchema));
  }

  ModelProfile read_model(const Json& object, const std::string& path) {
    ModelProfile profile;
    MemberReader read(object, path, problem);
    MemberReader identity = read.object("identity");
    each_identity_member(profile.identity, identity);
    identity.finish();
    read("margin", profile.margin);
    if (profile.margin < 1 || profile.margin > 10) read.refuse("margin", "1 to 10");
    read("measured_unix_seconds", profile.measured_unix_seconds);
    read("note", profile.note);
    for (const Json* segment :
         read.objects("segments", kMostSegments, "a list of 1 to 256 segments")) {
      const std::string at = fmt::format("{}segments[{}].", path, profile.segments.size());
      profile.segments.push_back(read_segment(*segment, at, profile));
      if (problem) break;
    }
    read.finish();
    return profile;
  }

  SegmentProfile read_segment(const Json& object, const std::string& path,
                              const ModelProfile& profile) {
    SegmentProfile segment;
    MemberReader read(object, path, problem);
    read("wcet_ns", segment.wcet);
    if (segment.wcet <= Duration::zero() || segment.wcet > kLongestWcet) {
      read.refuse("wcet_ns", "1 ns to 1 h");
    }
    for (const Json* condition :
         read.objects("conditions", scheduler::kConditionCount, "a list of 1 to 7 conditions")) {
      const std::string at = fmt::format("{}conditions[{}].", path, segment.conditions.size());
      ConditionProfile measured = read_condition(*condition, at);
      if (!segment.conditions.empty() &&
          measured.condition <= segment.conditions.back().condition) {
        say(at + "condition", "expected each condition once, in the order of the first profile");
      }
      if (problem) return segment;
      segment.conditions.push_back(std::move(measured));
    }
    read.finish();
    require_whole(segment, read, profile);
    return segment;
  }

  // What every machine can provoke is there, and the WCET is what follows from the samples.
  static void require_whole(const SegmentProfile& segment, const MemberReader& read,
                            const ModelProfile& profile) {
    for (const Condition condition : scheduler::kConditions) {
      if (is_contended(condition) || segment.under(condition) != nullptr) continue;
      return read.refuse("conditions", fmt::format("\"{}\" among them", to_string(condition)));
    }
    const Duration follows =
        scheduler::wcet_of(segment.conditions, profile.identity.co_runners, profile.margin);
    if (segment.wcet == follows) return;
    read.refuse("wcet_ns", fmt::format("{}, which follows from the samples and the margin; another "
                                       "WCET is declared in the workload",
                                       follows.ns()));
  }

  ConditionProfile read_condition(const Json& object, const std::string& path) {
    ConditionProfile stated;
    MemberReader read(object, path, problem);
    each_condition_member(stated, read);
    std::string raw;
    read("raw", raw);
    read.finish();
    if (stated.samples == 0) read.refuse("samples", "at least one sample");
    if (stated.samples > kMostSamples) read.refuse("samples", "at most 1000000 samples");
    if (stated.excluded > kMostSamples) read.refuse("excluded", "at most 1000000 samples");
    if (problem) return stated;
    const std::uint64_t count = stated.samples + stated.excluded;
    samples_so_far_ += count;
    if (samples_so_far_ > kMostSamplesInProfile) {
      read.refuse("samples", "at most 16777216 samples in all");
      return stated;
    }
    return verified(std::move(stated), raw, read);
  }

  static ConditionProfile verified(ConditionProfile stated, const std::string& raw,
                                   const MemberReader& read) {
    auto samples = unpack_samples(raw, stated.samples + stated.excluded);
    if (!samples) {
      read.refuse("raw", samples.error().text);
      return stated;
    }
    if (std::ranges::all_of(*samples, &scheduler::Sample::excluded)) {
      read.refuse("raw", "at least one sample that is not excluded");
      return stated;
    }
    ConditionProfile measured = summarise(stated.condition, std::move(*samples));
    require_same(stated, measured, read);
    return measured;
  }

  static void require_same(const ConditionProfile& stated, const ConditionProfile& measured,
                           const MemberReader& read) {
    const auto same = [&read](const char* name, auto said, auto follows) {
      if (said == follows) return;
      read.refuse(name, fmt::format("{}, which follows from the raw samples", follows));
    };
    same("samples", stated.samples, measured.samples);
    same("excluded", stated.excluded, measured.excluded);
    same("min_ns", stated.min.ns(), measured.min.ns());
    same("p50_ns", stated.p50.ns(), measured.p50.ns());
    same("p99_ns", stated.p99.ns(), measured.p99.ns());
    same("p999_ns", stated.p999.ns(), measured.p999.ns());
    same("max_ns", stated.max.ns(), measured.max.ns());
    if (!(std::abs(stated.cv - measured.cv) <= kCvTolerance)) {
      same("cv", stated.cv, measured.cv);
    }
  }

  std::uint64_t samples_so_far_ = 0;
};

std::uint64_t count_samples(const std::vector<ModelProfile>& profiles) {
  std::uint64_t count = 0;
  for (const ModelProfile& profile : profiles) {
    for (const SegmentProfile& segment : profile.segments) {
      for (const ConditionProfile& measured : segment.conditions) count += measured.raw.size();
    }
  }
  return count;
}

}  // namespace

Status save_profiles(const std::filesystem::path& file, const std::vector<ModelProfile>& profiles) {
  if (count_samples(profiles) > kMostSamplesInProfile) {
    return fail(Error::permanent(ErrorCode::kOutOfRange,
                                 "more samples than a profile may hold; take fewer jobs"));
  }
  Json document{{"schema", kSchema}, {"models", Json::array()}};
  for (const ModelProfile& profile : profiles) document["models"].push_back(to_json(profile));
  return write_file_atomically(file,
                               document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Parsed<std::vector<ModelProfile>> parse_profiles(std::string_view text,
                                                 const std::filesystem::path& file) {
  std::size_t values = 0;
  const auto keep = [&values](int depth, Json::parse_event_t, const Json&) {
    return depth <= kDeepest && ++values <= kMostValues;
  };
  const Json document = Json::parse(text, keep, /*allow_exceptions=*/false);
  if (!document.is_object())
    return fail(Diagnostic{.file = file, .problem = "not a profile: expected a JSON object"});
  ProfileReader reader;
  std::vector<ModelProfile> profiles = reader.read(document);
  if (!reader.problem) return profiles;
  reader.problem->file = file;
  return fail(*reader.problem);
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
