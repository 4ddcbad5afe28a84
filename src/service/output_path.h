// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <initializer_list>
#include <optional>

#include "aegis/service/problem.h"

namespace aegis::service {

// Refuses an output that is one of the inputs, under whatever name: writing it would destroy what
// was asked about. An empty output is fine.
[[nodiscard]] std::optional<Problem> refuse_overwriting(
    const std::filesystem::path& output, std::initializer_list<std::filesystem::path> inputs);

}  // namespace aegis::service
