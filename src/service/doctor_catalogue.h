// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "doctor_probes.h"

namespace aegis::service {

// One thing that a machine can lack. In commands, <lane> stands for the first lane's CPU, <lanes>
// for all of them as a list, <each> for all as the shell expands them, <others> and <others-mask>
// for the rest, <allowed> for the last CPU that this process may use.
struct CatalogueEntry {
  struct Command {
    const char* command = nullptr;
    const char* remark = "";
  };
  const char* id;
  const char* title;
  const char* why;
  std::array<Command, 3> mend;
  const char* without;
  bool essential = false;       // as long as it is not known, nothing is promised
  bool real_time_only = false;  // nothing to a workload that asks for no real time
  Probe probe;
};

// What is essential comes first.
[[nodiscard]] std::span<const CatalogueEntry> doctor_catalogue();

// The finding that a probe's observation makes, with its words and commands.
[[nodiscard]] Finding finding_of(const CatalogueEntry& entry, const Patient& patient);

// Where the catalogue's figures come from.
inline constexpr const char* kDoctorFigures =
    "Figures were measured on a shared virtual machine with 2 CPUs, Linux 6.18; yours will differ.";

}  // namespace aegis::service
