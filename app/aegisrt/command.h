// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aegis/base/time.h"
#include "aegis/service/exit_code.h"
#include "aegis/service/problem.h"

namespace CLI {
class App;
}

namespace aegis::app {

using service::ExitCode;

// Each adds one subcommand, which leaves what the process ends with in `ended`. One file a command.
void add_doctor_command(CLI::App& app, ExitCode& ended);
void add_profile_command(CLI::App& app, ExitCode& ended);
void add_admit_command(CLI::App& app, ExitCode& ended);
void add_run_command(CLI::App& app, ExitCode& ended);
void add_explain_command(CLI::App& app, ExitCode& ended);
void add_audit_command(CLI::App& app, ExitCode& ended);
void add_export_command(CLI::App& app, ExitCode& ended);
void add_analyze_command(CLI::App& app, ExitCode& ended);
void add_validate_command(CLI::App& app, ExitCode& ended);

// The result to stdout, whole; kEnvironment if stdout does not take it (a full disk, a closed
// pipe), else `code`.
[[nodiscard]] ExitCode print(const std::string& text, ExitCode code);

// One line to stderr: "aegisrt: <message>". Returns the problem's exit code.
[[nodiscard]] ExitCode complain(const service::Problem& problem);

// Adds an option that takes a duration ("20ms"); a malformed one ends the command with kInput and
// its reason.
void add_duration_option(CLI::App& command, const std::string& names, Duration& value,
                         const std::string& description);

}  // namespace aegis::app
