// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "aegis/base/result.h"
#include "aegis/service/diagnostic.h"
#include "aegis/theory/certificate.h"

namespace aegis::service {

// A certificate as a file: JSON, schema 1, all times in whole nanoseconds.
//
//   {"schema": 1, "theorem": "...", "assumptions": ["...", ...], "fingerprint": "0123456789abcdef",
//    "options": {"policy": "edf", "preemptive": false, "started_before_tick_ns": 0, ...},
//    "tasks": [{"task": 0, "name": "A", "response_time_ns": N, "slack_ns": N, "blocking_ns": N,
//               "blocking_tolerance_ns": N,
//               "response": {"extent": "busy_period", "length_ns": N,
//                            "steps": [[arrival, start, finish], ...]},
//               "tolerance": null | as response}, ...],
//    "demand": null | {"extent": "load", "length_ns": N, "stretches": [[from, to], ...]}}
//
// What the numbers mean, and why few of them are a proof: theory/proof.h. A file says nothing until
// theory::check_certificate has believed it. Written whole or not at all.
[[nodiscard]] Status save_certificate(const std::filesystem::path& file,
                                      const theory::Certificate& certificate);

// Refused by the name of the member: another schema, a missing, ill-typed or unknown member, a
// number out of range. Never crashes on hostile input; at most 64 MiB are read.
[[nodiscard]] Parsed<theory::Certificate> load_certificate(const std::filesystem::path& file);
// The same from memory; `file` names it in diagnostics.
[[nodiscard]] Parsed<theory::Certificate> parse_certificate(std::string_view text,
                                                            const std::filesystem::path& file);

}  // namespace aegis::service
