// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "aegis/base/duration_text.h"

namespace aegis::app {

ExitCode print(const std::string& text, ExitCode code) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return code;
  return complain({ExitCode::kEnvironment, "cannot write the result to standard output"});
}

ExitCode complain(const service::Problem& problem) {
  std::fprintf(stderr, "aegisrt: %s\n", problem.message.c_str());
  return problem.code;
}

void add_duration_option(CLI::App& command, const std::string& names, Duration& value,
                         const std::string& description) {
  command
      .add_option_function<std::string>(
          names,
          [&value](const std::string& text) {
            const Result<Duration> parsed = parse_duration(text);
            if (!parsed) throw CLI::ValidationError(parsed.error().message());
            value = *parsed;
          },
          description)
      ->type_name("DURATION")
      ->default_str(format_duration(value));
}

}  // namespace aegis::app
