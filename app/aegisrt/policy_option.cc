// SPDX-License-Identifier: Apache-2.0
#include "policy_option.h"

#include <CLI/CLI.hpp>

namespace aegis::app {

CLI::Option* add_policy_option(CLI::App& command, std::optional<theory::policy::Policy>& policy) {
  return command
      .add_option_function<std::string>(
          "--policy",
          [&policy](const std::string& name) {
            policy = theory::policy::policy_from(name);
            if (!policy)
              throw CLI::ValidationError("--policy: expected edf, rm, dm, static or fifo; found " +
                                         name);
          },
          "edf, rm, dm, static or fifo, instead of the workload's own")
      ->type_name("POLICY");
}

}  // namespace aegis::app
