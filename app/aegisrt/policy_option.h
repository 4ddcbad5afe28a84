// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "aegis/theory/policy/ordering.h"

namespace CLI {
class App;
}

namespace aegis::app {

// --policy edf|rm|dm|static|fifo, instead of the workload's own.
void add_policy_option(CLI::App& command, std::optional<theory::policy::Policy>& policy);

}  // namespace aegis::app
