// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/context/backend_registry.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/service/problem.h"

namespace aegis::service {

// Where the machine shows itself. Tests put a tree of their own in its place.
struct MachineRoots {
  std::filesystem::path proc = "/proc";
  std::filesystem::path sys = "/sys";
  std::filesystem::path dev = "/dev";
};

// Starts a thread as a lane would and says what it got. Nothing else tells for certain: a limit, a
// capability, a control group or a sandbox may each refuse.
using ThreadQuestion = std::function<Result<executor::ThreadGrant>(const executor::ThreadRequest&)>;
[[nodiscard]] Result<executor::ThreadGrant> ask_kernel(const executor::ThreadRequest& request);

// `aegisrt doctor`: what to look for, and where to look.
struct DoctorRequest {
  // The workload whose lanes, priority and backends count. Nothing: one lane as an empty [machine]
  // gives it, and ONNX Runtime.
  std::optional<std::filesystem::path> workload;
  std::optional<int> lane_cpu;  // instead of the workload's; nothing at all: the last CPU allowed
  MachineRoots roots;
  ThreadQuestion ask_thread = ask_kernel;
  context::BackendRegistry backends = context::builtin_backends();
};

// How a property of the machine stands to real-time work.
enum class FindingStatus {
  kOk,
  kWarning,        // works, with a loss that the finding names
  kLacking,        // the guarantee needs it
  kNotKnown,       // the machine does not let it be seen
  kNotApplicable,  // nothing here asks for it
};
[[nodiscard]] std::string_view to_string(FindingStatus status);  // "not_known"

// One way to mend it.
struct Mend {
  std::string command;  // for a shell, or a parameter of the kernel's command line; complete
  std::string remark;   // "in a container", "kernel command line, then restart"; may be empty
};

// One property of the machine, from what was found to what mends it.
struct Finding {
  std::string id;          // "fifo", for scripts; stays the same from release to release
  std::string title;       // "real-time class"
  bool essential = false;  // as long as it is not known, the verdict is open
  FindingStatus status = FindingStatus::kNotKnown;
  std::string found;       // on this machine, one printable line
  std::string why;         // it matters to a deadline
  std::vector<Mend> mend;  // alternatives; empty when nothing is to be mended, or nothing can
  std::string without;     // what AegisRT does without it
};

// All findings, and what they were judged for.
struct DoctorReport {
  std::vector<int> lane_cpus;        // examined, ascending
  std::optional<int> fifo_priority;  // nothing: the workload asks for no real time
  std::string kernel;                // "6.12.9-amd64", or "not known"
  std::vector<Finding> findings;     // in the catalogue's order
  // kNo when anything is lacking; kUndecided when nothing is, but something essential is not known.
  [[nodiscard]] ExitCode exit_code() const;
};

// What this machine lacks for real-time. Changes nothing and needs no rights: what cannot be read
// is "not known". A Problem is a workload that cannot be used (kInput), or a machine without a
// readable /proc and any CPU named (kEnvironment). Starts and ends a few threads and loads the
// backends' libraries; takes milliseconds; not for a real-time thread.
//
//   const auto report = examine_machine({.workload = "robot.toml"});
//   if (report) fmt::print("{}", to_text(*report));
[[nodiscard]] Outcome<DoctorReport> examine_machine(const DoctorRequest& request);

// A verdict in one line, then what is lacking, what costs something, what is in order. At most 96
// columns, except that a command is never broken.
[[nodiscard]] std::string to_text(const DoctorReport& report);
// One object, `schema` 1: keys are added, never changed.
[[nodiscard]] std::string to_json(const DoctorReport& report);

}  // namespace aegis::service
