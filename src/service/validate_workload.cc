// SPDX-License-Identifier: Apache-2.0
#include "validate_workload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace aegis::service {

namespace {

constexpr const char* kHeader = R"(# Written by aegisrt validate.
schema = 1

[machine]
policy = "edf"
overheads = { release = "150us", dispatch = "30us", completion = "30us", clock_error = "1us" }
lost_supply = "1ms"
)";

// A TOML basic string: any path that a file system allows.
std::string quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    if (static_cast<unsigned char>(letter) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(letter));
    } else {
      quoted += letter;
    }
  }
  return quoted + "\"";
}

std::string in_ns(Duration duration) {
  return fmt::format("{}ns", duration.ns());
}

}  // namespace

std::string render_workload(const std::vector<ScenarioModel>& models) {
  std::string text = kHeader;
  for (const ScenarioModel& model : models) {
    text += fmt::format("\n[[model]]\nname = \"{}\"\n", model.name);
    text +=
        model.file.empty()
            ? fmt::format("backend = \"mock\"\noptions = {{ segments = \"{}\" }}\n",
                          model.mock_segments)
            : fmt::format("path = {}\n", quoted(std::filesystem::absolute(model.file).string()));
    text += fmt::format("period = \"{}\"\ndeadline = \"{}\"\n", in_ns(model.period),
                        in_ns(model.deadline));
    if (model.wcets.empty()) continue;
    std::vector<std::string> wcets;
    for (const Duration wcet : model.wcets) wcets.push_back("\"" + in_ns(wcet) + "\"");
    text += fmt::format("wcet = [{}]\n", fmt::join(wcets, ", "));
  }
  return text;
}

std::vector<ScenarioModel> three_orders() {
  const auto ms = [](std::int64_t count) { return Duration::milliseconds(count); };
  return {mock_model("z", 1, ms(1), ms(14), ms(14)), mock_model("x", 5, ms(3), ms(40), ms(40)),
          mock_model("y", 26, ms(1), ms(56), ms(56))};
}

ScenarioModel mock_model(const std::string& name, std::size_t count, Duration wcet, Duration period,
                         Duration deadline) {
  const std::vector<std::string> times(count, in_ns(Duration::nanoseconds(wcet.ns() / 100 * 98)));
  return {.name = name,
          .mock_segments = fmt::format("{}", fmt::join(times, ",")),
          .wcets = std::vector<Duration>(count, wcet),
          .period = period,
          .deadline = deadline};
}

}  // namespace aegis::service
