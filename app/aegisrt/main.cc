// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdio>
#include <exception>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>

#include "command.h"

namespace {

using aegis::app::ExitCode;

// The first word, where a command belongs and none of that name is; empty: something else is wrong.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word.empty() || word.starts_with('-')) return "";
  const auto named = [&](const CLI::App* command) { return command->get_name() == word; };
  return app.get_subcommands(named).empty() ? word : "";
}

ExitCode run(int argc, char** argv) {
  CLI::App app{
      "AegisRT runs many AI models on one machine and keeps its word about time: it proves before "
      "a\n"
      "model is admitted that every deadline holds, and explains afterwards every decision it "
      "took.",
      "aegisrt"};
  app.set_version_flag("--version", "aegisrt " AEGISRT_VERSION);
  app.require_subcommand(1);
  app.footer(
      "\nExit codes: 0 yes or done, 1 no (refused, misses, audit failed), 2 bad usage or input,\n"
      "3 undecided, 4 environment or internal failure.");
  ExitCode ended = ExitCode::kYes;
  aegis::app::add_doctor_command(app, ended);
  aegis::app::add_profile_command(app, ended);
  aegis::app::add_admit_command(app, ended);
  aegis::app::add_run_command(app, ended);
  aegis::app::add_explain_command(app, ended);
  aegis::app::add_audit_command(app, ended);
  aegis::app::add_export_command(app, ended);
  aegis::app::add_analyze_command(app, ended);
  aegis::app::add_validate_command(app, ended);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      std::ostringstream text;
      app.exit(error, text, text);
      return aegis::app::print(text.str(), ExitCode::kYes);
    }
    if (const std::string unknown = unknown_command(app, argc, argv); !unknown.empty()) {
      std::fprintf(stderr, "aegisrt: unknown command '%s' (see aegisrt --help)\n", unknown.c_str());
      return ExitCode::kInput;
    }
    std::fprintf(stderr, "aegisrt: %s (see aegisrt --help)\n", error.what());
    return ExitCode::kInput;
  }
  return ended;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is reported by print(), not by dying mid-run
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is a full disk, reported as one
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {  // memory exhausted, or a bug: never a bare crash
    std::fprintf(stderr, "aegisrt: internal failure: %s\n", error.what());
    return static_cast<int>(ExitCode::kEnvironment);
  }
}
