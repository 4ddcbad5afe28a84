// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "aegis/service/problem.h"

namespace aegis::service {

// For ui.perfetto.dev; every event as a JSON object; one event a line for a spreadsheet.
enum class ExportFormat : std::uint8_t { kPerfetto, kJson, kCsv };

// "perfetto", "json", "csv".
[[nodiscard]] std::optional<ExportFormat> export_format_from(std::string_view name);

// `aegisrt export`: which trace, in which format, to where.
struct ExportRequest {
  std::filesystem::path trace;
  ExportFormat format = ExportFormat::kPerfetto;
  std::filesystem::path output;  // empty: standard output
};

// What was written.
struct ExportReport {
  std::size_t events = 0;
  std::filesystem::path output;
};

// The whole trace in a format that other tools read. A file appears whole or not at all.
[[nodiscard]] Outcome<ExportReport> export_trace(const ExportRequest& request);

// For programs, one JSON object. Allocates.
[[nodiscard]] std::string to_json(const ExportReport& report);

}  // namespace aegis::service
