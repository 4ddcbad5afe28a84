// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/export.h"

#include <fstream>
#include <iostream>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "aegis/trace/export_csv.h"
#include "aegis/trace/export_json.h"
#include "aegis/trace/export_perfetto.h"

#include "output_path.h"
#include "trace_input.h"

namespace aegis::service {

namespace {

Status write(const trace::Trace& trace, ExportFormat format, std::ostream& out) {
  switch (format) {
    case ExportFormat::kPerfetto:
      return trace::export_perfetto(trace, out);
    case ExportFormat::kJson:
      return trace::export_json(trace, out);
    case ExportFormat::kCsv:
      return trace::export_csv(trace, out);
  }
  return fail(Error::permanent(ErrorCode::kInvalidArgument, "no such format"));
}

// Streams into a file beside the target and renames it, since an export may be larger than memory.
Status write_file(const trace::Trace& trace, const ExportRequest& request) {
  std::error_code absent;
  const bool special = std::filesystem::exists(request.output, absent) &&
                       !std::filesystem::is_regular_file(request.output, absent);
  std::filesystem::path temporary = request.output;  // a device is written to, never replaced
  if (!special) temporary += "." + std::to_string(::getpid()) + ".part";
  Status written = ok();
  {
    std::ofstream file(temporary, std::ios::binary);
    if (!file) return fail(Error::system("cannot write", request.output.string(), errno));
    written = write(trace, request.format, file);
    file.close();
    if (written && !file)
      written = fail(Error::system("cannot write", request.output.string(), errno));
  }
  if (!written) written = fail(written.error().with_detail(request.output.string()));
  std::error_code renamed;
  if (written && !special) std::filesystem::rename(temporary, request.output, renamed);
  if (written && renamed) {
    written = fail(Error::system("cannot write", request.output.string(), renamed.value()));
  }
  if (!written && !special) ::unlink(temporary.c_str());
  return written;
}

}  // namespace

std::optional<ExportFormat> export_format_from(std::string_view name) {
  if (name == "perfetto") return ExportFormat::kPerfetto;
  if (name == "json") return ExportFormat::kJson;
  if (name == "csv") return ExportFormat::kCsv;
  return std::nullopt;
}

Outcome<ExportReport> export_trace(const ExportRequest& request) {
  if (auto problem = refuse_overwriting(request.output, {request.trace})) return fail(*problem);
  const Outcome<trace::Trace> trace = read_trace_input(request.trace);
  if (!trace) return fail(trace.error());
  const Status written = request.output.empty() ? write(*trace, request.format, std::cout)
                                                : write_file(*trace, request);
  if (!written) return fail(Problem{ExitCode::kEnvironment, written.error().message()});
  return ExportReport{.events = trace->events.size(), .output = request.output};
}

std::string to_json(const ExportReport& report) {
  const nlohmann::ordered_json object{{"events", report.events},
                                      {"output", report.output.string()}};
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace aegis::service
