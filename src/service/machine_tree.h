// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/service/doctor.h"

namespace aegis::service {

using CpuSet = std::set<int>;

// "0-3,8" as the kernel writes it; "" is the empty set. Nothing for anything else: a descending
// range, or a CPU past 8191, the most that Linux can be built for.
[[nodiscard]] std::optional<CpuSet> parse_cpu_list(std::string_view text);
[[nodiscard]] std::string format_cpu_list(const CpuSet& cpus);

// "1f", or "ffffffff,00000001" with more than 32 CPUs: as /proc/irq/default_smp_affinity takes it.
[[nodiscard]] std::string format_cpu_mask(const CpuSet& cpus);
// The same read. Nothing for what is no such mask.
[[nodiscard]] std::optional<CpuSet> parse_cpu_mask(std::string_view text);

// A decimal number and nothing else but blanks around it.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

// What stands behind "CapEff:" in a file of "Name: value" lines; blanks around it are gone. The
// first such line counts.
[[nodiscard]] std::optional<std::string_view> field_of(std::string_view text,
                                                       std::string_view name);

// The kernel's files, below roots that may be anything: every read is bounded, never waits for a
// pipe or device, and says why it failed.
class MachineTree {
 public:
  // No file of interest has more to tell in its first 256 KiB: /proc/stat of 1024 CPUs takes 100
  // KiB until its interrupts begin.
  static constexpr std::size_t kMostBytes = std::size_t{256} << 10;

  explicit MachineTree(MachineRoots roots) : roots_(std::move(roots)) {}

  // The text without blanks at its end. kNotFound, kPermissionDenied, kIo with the path.
  [[nodiscard]] Result<std::string> proc(std::string_view path) const;
  [[nodiscard]] Result<std::string> sys(std::string_view path) const;
  // A file that holds one number, or one list of CPUs; nothing if it cannot be read or is none.
  [[nodiscard]] std::optional<std::int64_t> sys_integer(std::string_view path) const;
  [[nodiscard]] std::optional<std::int64_t> proc_integer(std::string_view path) const;
  [[nodiscard]] std::optional<CpuSet> sys_cpus(std::string_view path) const;
  // Names in a folder, sorted; empty if it cannot be read.
  [[nodiscard]] std::vector<std::string> proc_names(std::string_view folder) const;
  [[nodiscard]] std::vector<std::string> sys_names(std::string_view folder) const;

  [[nodiscard]] bool device_exists(std::string_view name) const;
  // Opens it for writing and closes it at once.
  [[nodiscard]] Status device_opens(std::string_view name) const;

 private:
  MachineRoots roots_;
};

}  // namespace aegis::service
