// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "aegis/theory/policy/ordering.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace aegis::app {

// --policy edf|rm|dm|static|fifo, instead of the workload's own.
CLI::Option* add_policy_option(CLI::App& command, std::optional<theory::policy::Policy>& policy);

}  // namespace aegis::app
