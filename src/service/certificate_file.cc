// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/certificate_file.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aegis/base/atomic_file.h"

#include "member_reader.h"

namespace aegis::service {

namespace {

using Json = nlohmann::ordered_json;
using theory::AnalysisOptions;
using theory::Certificate;
using theory::Extent;

constexpr int kSchema = 1;
constexpr std::size_t kLargestFile = 64U << 20;
// Deeper than any member, and more values than fit into the file with three digits each: what is
// beyond is not kept.
constexpr int kDeepest = 8;
constexpr std::size_t kMostValues = 16'000'000;
constexpr std::size_t kMostTasks = 10'000;  // as in a task file
constexpr std::size_t kMostAssumptions = 64;

constexpr std::array<std::pair<Extent, const char*>, 3> kExtents{{
    {Extent::kBusyPeriod, "busy_period"},
    {Extent::kHyperperiod, "hyperperiod"},
    {Extent::kLoad, "load"},
}};

const char* name_of(Extent extent) {
  for (const auto& [known, name] : kExtents) {
    if (known == extent) return name;
  }
  return "invalid";
}

// The members of both directions, once: `io(name, member)` writes or reads it.
template <class Options, class Io>
void each_duration_of_options(Options& options, Io&& io) {
  io("best_effort_ns", options.blocking.best_effort);
  io("release_overhead_ns", options.overheads.release);
  io("dispatch_overhead_ns", options.overheads.dispatch);
  io("completion_overhead_ns", options.overheads.completion);
  io("clock_error_ns", options.overheads.clock_error);
  io("supply_lost_ns", options.supply.lost);
  io("supply_window_ns", options.supply.window);
}

template <class Task, class Io>
void each_duration_of_task(Task& task, Io&& io) {
  io("response_time_ns", task.response_time);
  io("slack_ns", task.slack);
  io("blocking_ns", task.blocking);
  io("blocking_tolerance_ns", task.blocking_tolerance);
}

Json to_json(const AnalysisOptions& options) {
  const bool closed = options.blocking.convention == theory::Blocking::Convention::kClosed;
  Json object{{"policy", to_string(options.policy)},
              {"preemptive", options.preemption == theory::Preemption::kPreemptive},
              {"started_before", !closed},
              {"tick_ns", options.blocking.tick.ns()}};
  each_duration_of_options(options,
                           [&](const char* name, Duration time) { object[name] = time.ns(); });
  return object;
}

Json to_json(const theory::ResponseProof& proof) {
  Json steps = Json::array();
  for (const theory::ResponseStep& step : proof.steps) {
    steps.push_back({step.arrival.ns(), step.start.ns(), step.finish.ns()});
  }
  return {{"extent", name_of(proof.extent)},
          {"length_ns", proof.length.ns()},
          {"steps", std::move(steps)}};
}

Json to_json(const theory::TaskCertificate& task, const theory::TaskProof& proof) {
  Json object{{"task", task.task.value}, {"name", task.name}};
  each_duration_of_task(task, [&](const char* name, Duration time) { object[name] = time.ns(); });
  object["response"] = to_json(proof.response);
  object["tolerance"] = proof.tolerance ? to_json(*proof.tolerance) : Json(nullptr);
  return object;
}

Json to_json(const std::optional<theory::DemandProof>& proof) {
  if (!proof) return nullptr;
  Json stretches = Json::array();
  for (const theory::DemandStretch& stretch : proof->stretches) {
    stretches.push_back({stretch.from.ns(), stretch.to.ns()});
  }
  return {{"extent", name_of(proof->extent)},
          {"length_ns", proof->length.ns()},
          {"stretches", std::move(stretches)}};
}

Json to_json(const Certificate& certificate) {
  Json tasks = Json::array();
  for (std::size_t i = 0; i < certificate.tasks.size(); ++i) {
    tasks.push_back(to_json(certificate.tasks[i], certificate.proof.tasks[i]));
  }
  return {{"schema", kSchema},
          {"theorem", certificate.theorem},
          {"assumptions", certificate.assumptions},
          {"fingerprint", fmt::format("{:016x}", certificate.fingerprint)},
          {"options", to_json(certificate.options)},
          {"tasks", std::move(tasks)},
          {"demand", to_json(certificate.proof.demand)}};
}

// Reads one file; remembers the first problem.
class CertificateReader {
 public:
  Certificate read(const Json& document) {
    MemberReader read(document, "", problem);
    int schema = 0;
    read("schema", schema);
    if (!problem && schema != kSchema) {
      read.say("schema", fmt::format("{} is not what this program reads ({})", schema, kSchema));
    }
    Certificate certificate;
    read("theorem", certificate.theorem);
    certificate.assumptions = texts(document, read);
    certificate.fingerprint = fingerprint(read);
    MemberReader options = read.object("options");
    certificate.options = read_options(options);
    for (const Json* task : read.objects("tasks", kMostTasks, "a list of 1 to 10000 tasks")) {
      read_task(*task, fmt::format("tasks[{}].", certificate.tasks.size()), certificate);
      if (problem) break;
    }
    certificate.proof.demand = read_demand(document, read);
    read.finish();
    return certificate;
  }

  std::optional<Diagnostic> problem;

 private:
  std::vector<std::string> texts(const Json& document, MemberReader& read) {
    std::vector<std::string> all;
    const Json& list = read.any("assumptions", document);
    if (!list.is_array() || list.size() > kMostAssumptions) {
      read.refuse("assumptions", "a list of at most 64 texts");
      return all;
    }
    for (const Json& text : list) {
      if (!text.is_string()) read.refuse("assumptions", "a list of at most 64 texts");
      if (problem) break;
      all.push_back(text.get<std::string>());
    }
    return all;
  }

  static std::uint64_t fingerprint(MemberReader& read) {
    std::string text;
    read("fingerprint", text);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 16 || error != std::errc() || end != text.data() + text.size()) {
      read.refuse("fingerprint", "16 hexadecimal digits");
    }
    return value;
  }

  static AnalysisOptions read_options(MemberReader& read) {
    AnalysisOptions options;
    std::string policy;
    read("policy", policy);
    const auto known = theory::policy::policy_from(policy);
    if (!known) read.refuse("policy", "edf, rm, dm, static or fifo");
    options.policy = known.value_or(options.policy);
    bool preemptive = false, started_before = false;
    read("preemptive", preemptive);
    read("started_before", started_before);
    if (preemptive) options.preemption = theory::Preemption::kPreemptive;
    if (started_before) options.blocking.convention = theory::Blocking::Convention::kStartedBefore;
    read("tick_ns", options.blocking.tick);
    each_duration_of_options(options, read);
    read.finish();
    return options;
  }

  void read_task(const Json& object, const std::string& path, Certificate& certificate) {
    MemberReader read(object, path, problem);
    theory::TaskCertificate task;
    read("task", task.task.value);
    read("name", task.name);
    each_duration_of_task(task, read);
    theory::TaskProof proof{.task = task.task, .response = {}, .tolerance = {}};
    proof.response = read_response(read.any("response", object), path + "response.");
    const Json& tolerance = read.any("tolerance", object);
    if (!tolerance.is_null()) proof.tolerance = read_response(tolerance, path + "tolerance.");
    read.finish();
    certificate.tasks.push_back(std::move(task));
    certificate.proof.tasks.push_back(std::move(proof));
  }

  theory::ResponseProof read_response(const Json& object, const std::string& path) {
    theory::ResponseProof proof;
    MemberReader read(object, path, problem);
    proof.extent = read_extent(read);
    read("length_ns", proof.length);
    for (const auto& [arrival, start, finish] : read_rows<3>("steps", object, read)) {
      proof.steps.push_back({arrival, start, finish});
    }
    read.finish();
    return proof;
  }

  std::optional<theory::DemandProof> read_demand(const Json& document, MemberReader& parent) {
    const Json& object = parent.any("demand", document);
    if (object.is_null()) return std::nullopt;
    theory::DemandProof proof;
    MemberReader read(object, "demand.", problem);
    proof.extent = read_extent(read);
    read("length_ns", proof.length);
    for (const auto& [from, to] : read_rows<2>("stretches", object, read)) {
      proof.stretches.push_back({from, to});
    }
    read.finish();
    return proof;
  }

  static Extent read_extent(MemberReader& read) {
    std::string text;
    read("extent", text);
    for (const auto& [extent, name] : kExtents) {
      if (text == name) return extent;
    }
    read.refuse("extent", "busy_period, hyperperiod or load");
    return Extent::kBusyPeriod;
  }

  // A list of lists of N whole numbers, which may be negative.
  template <std::size_t N>
  std::vector<std::array<Duration, N>> read_rows(const char* name, const Json& object,
                                                 MemberReader& read) {
    std::vector<std::array<Duration, N>> rows;
    const std::string expected = fmt::format("a list of rows of {} whole numbers", N);
    const Json& list = read.any(name, object);
    if (!list.is_array()) read.refuse(name, expected);
    for (const Json& numbers : list) {
      if (problem) break;
      std::array<Duration, N> row{};
      if (!numbers.is_array() || numbers.size() != N) read.refuse(name, expected);
      for (std::size_t i = 0; !problem && i < N; ++i) {
        const auto ns = whole_number(numbers[i]);
        if (!ns) read.refuse(name, expected);
        row.at(i) = Duration::nanoseconds(ns.value_or(0));
      }
      rows.push_back(row);
    }
    return rows;
  }

  static std::optional<std::int64_t> whole_number(const Json& number) {
    if (number.is_number_unsigned()) {
      const auto value = number.get<std::uint64_t>();
      return std::in_range<std::int64_t>(value) ? std::optional(static_cast<std::int64_t>(value))
                                                : std::nullopt;
    }
    if (!number.is_number_integer()) return std::nullopt;
    return number.get<std::int64_t>();
  }
};

}  // namespace

Status save_certificate(const std::filesystem::path& file, const Certificate& certificate) {
  return write_file_atomically(
      file, to_json(certificate).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Parsed<Certificate> parse_certificate(std::string_view text, const std::filesystem::path& file) {
  std::size_t values = 0;
  const auto keep = [&values](int depth, Json::parse_event_t, const Json&) {
    return depth <= kDeepest && ++values <= kMostValues;
  };
  const Json document = Json::parse(text, keep, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    return fail(Diagnostic{.file = file, .problem = "not a certificate: expected a JSON object"});
  }
  CertificateReader reader;
  Certificate certificate = reader.read(document);
  if (!reader.problem) return certificate;
  reader.problem->file = file;
  return fail(*reader.problem);
}

Parsed<Certificate> load_certificate(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file, kLargestFile);
  if (!text) {
    return fail(Diagnostic{.file = file, .problem = text.error().with_detail("").message()});
  }
  return parse_certificate(*text, file);
}

}  // namespace aegis::service
