// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "plain_text.h"
#include "workload_sections.h"

namespace aegis::service {

namespace {

// Shorter than a microsecond is less than any lane's own overheads: somebody mistook the unit.
constexpr DurationRange kRecurrence{Duration::microseconds(1), kLongestTime};
constexpr DurationRange kExecution{Duration::nanoseconds(1), kLongestTime};
constexpr DurationRange kFromZero{Duration::zero(), kLongestTime};
constexpr IntegerRange kPriority{std::numeric_limits<std::int32_t>::min(),
                                 std::numeric_limits<std::int32_t>::max()};
constexpr IntegerRange kBatch{1, 65'536};
constexpr IntegerRange kStreams{1, 128};  // hardware queues of today's devices
constexpr std::uint32_t kDeepestQueue =
    1024;  // 16 models of such depth fill a lane's 16384 inbox slots
constexpr std::size_t kMostSegments = 256;  // a model of 256 kernels cut at every one
// The one backend that executes no file: it does as its options say.
constexpr std::string_view kBackendWithoutFile = "mock";

std::optional<theory::Overload> overload_from(std::string_view text) {
  if (text == "reject") return theory::Overload{theory::OverloadRule::kReject, 0};
  if (text == "skip") return theory::Overload{theory::OverloadRule::kSkip, 0};
  if (!text.starts_with("queue(") || !text.ends_with(")")) return std::nullopt;
  text.remove_prefix(6);
  text.remove_suffix(1);
  std::uint32_t depth = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), depth);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (depth == 0 || depth > kDeepestQueue) return std::nullopt;
  return theory::Overload{theory::OverloadRule::kQueue, depth};
}

void read_overload(TableReader& read, theory::Overload& into) {
  std::string text = "skip";
  read.text("overload", text);
  if (const auto overload = overload_from(text)) {
    into = *overload;
  } else {
    read.report("overload",
                fmt::format("expected \"reject\", \"skip\" or \"queue(n)\" with n from 1 to {}; "
                            "found {}",
                            kDeepestQueue, in_quotes(text)));
  }
}

void read_parts(TableReader& read, ModelSpec& model) {
  std::string path;
  std::vector<std::string> parts;
  read.text("path", path);
  read.texts("parts", parts);
  if (read.has("path") && read.has("parts")) {
    read.report("parts", fmt::format("path at line {} names the model already: give one of them",
                                     read.line_of("path")));
  }
  if (!read.has("path") && !read.has("parts") && model.backend != kBackendWithoutFile) {
    read.require("path", "it is required (or parts, one file a segment)");
  }
  if (read.has("path")) parts = {path};
  model.parts.assign(parts.begin(), parts.end());
}

void read_timing(TableReader& read, ModelSpec& model) {
  read.require("period");
  read.duration("period", kRecurrence, model.period);
  model.deadline = model.period;
  read.duration("deadline", kRecurrence, model.deadline);
  read.duration("jitter", kFromZero, model.jitter);
  read.duration("offset", kFromZero, model.offset);
  read.boolean("periodic", model.periodic);
  if (model.jitter > model.period && model.period > Duration::zero()) {
    read.report("jitter", "longer than the period: two releases would change places");
  }
  if (model.offset && !model.periodic) {
    read.report("offset", "an offset is for models with periodic = true");
  }
}

void read_execution_times(TableReader& read, ModelSpec& model) {
  read.durations("wcet", kExecution, model.wcet);
  read.durations("bcet", kFromZero, model.bcet);
  if (model.wcet.size() > kMostSegments) {
    read.report("wcet", fmt::format("more than {} segments", kMostSegments));
  }
  if (!model.wcet.empty() && !model.parts.empty() && model.wcet.size() != model.parts.size()) {
    read.report("wcet", fmt::format("expected one a segment: {} for {} file{}; found {}",
                                    model.parts.size(), model.parts.size(),
                                    model.parts.size() == 1 ? "" : "s", model.wcet.size()));
  }
  if (read.has("bcet") && !read.has("wcet")) {
    read.report("bcet", "needs wcet, segment by segment");
  } else if (model.bcet.size() != model.wcet.size() && read.has("bcet")) {
    read.report("bcet", fmt::format("expected one for each of the {} in wcet; found {}",
                                    model.wcet.size(), model.bcet.size()));
  }
  for (std::size_t k = 0; k < std::min(model.bcet.size(), model.wcet.size()); ++k) {
    if (model.bcet[k] > model.wcet[k]) {
      read.report("bcet", fmt::format("segment {} is longer than its wcet", k + 1));
    }
  }
}

BudgetSpec read_budget(TableReader read) {
  BudgetSpec budget;
  read.byte_size("memory", budget.memory_bytes);
  read.integer("streams", kStreams, budget.streams);
  read.duration("compute", kExecution, budget.compute);
  read.finish();
  return budget;
}

}  // namespace

ModelSpec read_model(TableReader read) {
  ModelSpec model;
  model.line = read.line();
  read.require("name");
  read.name("name", model.name);
  read.name("backend", model.backend);
  read_parts(read, model);
  read_timing(read, model);
  read.integer("priority", kPriority, model.priority);
  read_overload(read, model.overload);
  read_execution_times(read, model);
  read.integer("batch", kBatch, model.batch);
  read.name("lane", model.lane);
  if (const auto budget = read.table("budget")) model.budget = read_budget(*budget);
  read.options("options", model.options);
  read.finish();
  return model;
}

}  // namespace aegis::service
