// SPDX-License-Identifier: Apache-2.0
#include "output_path.h"

namespace aegis::service {

std::optional<Problem> refuse_overwriting(const std::filesystem::path& output,
                                          std::initializer_list<std::filesystem::path> inputs) {
  for (const std::filesystem::path& input : inputs) {
    std::error_code none_of_them;
    if (output.empty() || !std::filesystem::equivalent(output, input, none_of_them)) continue;
    return Problem{ExitCode::kInput,
                   output.string() + ": is read by this command: write to another file"};
  }
  return std::nullopt;
}

}  // namespace aegis::service
