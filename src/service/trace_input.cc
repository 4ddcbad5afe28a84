// SPDX-License-Identifier: Apache-2.0
#include "trace_input.h"

namespace aegis::service {

Outcome<trace::Trace> read_trace_input(const std::filesystem::path& file) {
  std::error_code absent;
  if (std::filesystem::exists(file, absent) && !std::filesystem::is_regular_file(file, absent)) {
    return fail(Problem{ExitCode::kInput, file.string() + ": not a regular file"});
  }
  Result<trace::Trace> trace = trace::read_trace(file);
  if (trace) return std::move(*trace);
  std::string message = trace.error().message();
  if (message.find(file.string()) == std::string::npos) message = file.string() + ": " + message;
  return fail(Problem{exit_code_of(trace.error()), std::move(message)});
}

}  // namespace aegis::service
