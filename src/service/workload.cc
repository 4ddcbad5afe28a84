// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/workload.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "aegis/base/atomic_file.h"

#include "plain_text.h"
#include "table_reader.h"
#include "workload_sections.h"

namespace aegis::service {

namespace {

constexpr std::size_t kLargestFile = 1U << 20;  // 256 models of 4 KiB each
constexpr std::size_t kMostModels = 256;
constexpr std::int64_t kSchema = 1;

// Reads the models; rules that concern several of them, or a model and the machine, stand here.
class Models {
 public:
  explicit Models(Workload& workload) : workload_(workload) {}

  void read(TableReader model) {
    ModelSpec spec = read_model(model);
    refuse_duplicate(model, spec.name);
    refuse_unknown_lane(model, spec.lane);
    for (std::filesystem::path& part : spec.parts) part = resolved(part);
    workload_.models.push_back(std::move(spec));
  }

 private:
  void refuse_duplicate(TableReader& model, const std::string& name) {
    const auto [first, is_new] = lines_.emplace(name, model.line_of("name"));
    if (is_new || name.empty()) return;
    model.report("name", fmt::format("\"{}\" is the name of the model at line {} already", name,
                                     first->second));
  }

  void refuse_unknown_lane(TableReader& model, const std::string& lane) {
    std::vector<std::string> known;
    known.reserve(workload_.machine.lanes.size());
    for (const LaneSpec& spec : workload_.machine.lanes) known.push_back(spec.name);
    if (known.empty()) known.push_back(LaneSpec{}.name);
    if (lane.empty() || std::ranges::find(known, lane) != known.end()) return;
    const auto nearest = nearest_word(lane, known);
    model.report("lane", nearest ? fmt::format("no lane is named \"{}\"; did you mean \"{}\"?",
                                               lane, *nearest)
                                 : fmt::format("no lane is named \"{}\"", lane));
  }

  [[nodiscard]] std::filesystem::path resolved(const std::filesystem::path& part) const {
    return (workload_.file.parent_path() / part).lexically_normal();
  }

  Workload& workload_;
  std::map<std::string, int> lines_;  // of each name's first use
};

// Options for a backend that no model uses are most likely a misspelt name, and would be ignored
// silently.
void refuse_unused_backends(TableReader& root, const Workload& workload) {
  auto machine = root.table("machine");
  auto backends = machine ? machine->table("backend") : std::nullopt;
  if (!backends) return;
  std::set<std::string_view> used;
  for (const ModelSpec& model : workload.models) used.insert(model.backend);
  for (const auto& [name, options] : workload.machine.backends) {
    if (used.contains(name)) continue;
    backends->report(name, fmt::format("no model uses the backend {}", in_quotes(name)));
  }
}

void read_models(TableReader& root, Workload& workload) {
  root.require("model", "a workload has at least one [[model]]");
  Models models(workload);
  for (TableReader& model : root.tables("model")) {
    if (workload.models.size() == kMostModels) {
      model.report("", fmt::format("more than {} models", kMostModels));
      return;
    }
    models.read(model);
  }
}

}  // namespace

Parsed<Workload> parse_workload(std::string_view text, const std::filesystem::path& file) {
  if (text.size() > kLargestFile) return fail(Diagnostic{file, 0, "", "larger than 1 MiB"});
  const Parsed<TomlTable> document = parse_toml(text, file);
  if (!document) return fail(document.error());
  DiagnosticLog problems(file);
  TableReader root(*document, {"", 1}, problems);
  root.schema(kSchema);
  // A file of a newer schema may use keys this program does not know: nothing else is looked at.
  if (problems.first()) return fail(*problems.first());

  Workload workload;
  workload.file = file;
  if (const auto machine = root.table("machine")) workload.machine = read_machine(*machine);
  read_models(root, workload);
  root.finish();
  if (!problems.first()) refuse_unused_backends(root, workload);
  if (problems.first()) return fail(*problems.first());
  return workload;
}

Parsed<Workload> load_workload(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file, kLargestFile);
  if (text) return parse_workload(*text, file);
  if (text.error().code == ErrorCode::kOutOfRange) {
    return fail(Diagnostic{file, 0, "", "larger than 1 MiB"});
  }
  return fail(Diagnostic{file, 0, "", text.error().with_detail("").message()});
}

}  // namespace aegis::service
