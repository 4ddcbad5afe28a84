// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/scheduler/condition.h"
#include "aegis/service/diagnostic.h"
#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/task.h"

namespace aegis::service {

// [[machine.lane]]: one serially used resource. Without any, there is one CPU lane on the last CPU.
struct LaneSpec {
  std::string name = "lane0";
  std::string device = "cpu";
  std::optional<int> cpu;
  int line = 0;
};

// [machine]: what the proof may assume about this machine.
struct MachineSpec {
  theory::policy::Policy policy = theory::policy::Policy::kEdf;
  theory::Overheads overheads{.release = Duration::microseconds(100),
                              .dispatch = Duration::microseconds(50),
                              .completion = Duration::microseconds(50),
                              .clock_error = Duration::microseconds(1)};
  Duration lost_supply = Duration::milliseconds(1);
  bool real_time = true;  // ask for SCHED_FIFO, pinning and locked memory
  int fifo_priority = 80;
  Duration spin = Duration::microseconds(60);
  scheduler::CoRunners co_runners = scheduler::CoRunners::kAny;  // beside which profiles must hold
  std::vector<LaneSpec> lanes;  // several on a real-time machine: each names its CPU
  // [machine.backend.<name>]: options
  std::map<std::string, std::map<std::string, std::string>> backends;
};

// [model.budget]
struct BudgetSpec {
  std::optional<std::size_t> memory_bytes;
  std::uint32_t streams = 1;
  std::optional<Duration> compute;  // per period
};

// [[model]]: one network with its timing needs.
struct ModelSpec {
  std::string name;
  std::string backend = "onnxruntime";
  // `path` (one) or `parts` (one a segment), resolved against the workload's folder; may be empty
  // for the mock backend only.
  std::vector<std::filesystem::path> parts;
  Duration period;
  Duration deadline;  // default: the period
  Duration jitter;
  std::optional<Duration> offset;
  std::int64_t priority = 0;
  theory::Overload overload;
  std::vector<Duration> wcet;  // declared, one a segment; empty: taken from the profile
  std::vector<Duration> bcet;  // declared, one a segment; empty: zero
  bool periodic = true;
  std::uint32_t batch = 1;
  std::string lane;  // empty: the first
  BudgetSpec budget;
  std::map<std::string, std::string> options;  // handed to the backend's load
  int line = 0;                                // of its [[model]] header
};

// A workload file, schema 1, as written: checked for form and sense, not for schedulability.
struct Workload {
  std::filesystem::path file;
  MachineSpec machine;
  std::vector<ModelSpec> models;
};

// Reads and checks the file: TOML, known keys only, units, ranges, unique names, lanes that exist,
// parts against wcet counts. The first problem is returned; nothing is defaulted silently that the
// file got wrong. Every key, unit and default is in docs/WORKLOAD.md.
[[nodiscard]] Parsed<Workload> load_workload(const std::filesystem::path& file);
// The same from memory; `file` names it in diagnostics and anchors relative paths.
[[nodiscard]] Parsed<Workload> parse_workload(std::string_view text,
                                              const std::filesystem::path& file);

}  // namespace aegis::service
