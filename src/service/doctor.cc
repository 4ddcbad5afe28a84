// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/doctor.h"

#include <algorithm>

#include <fmt/format.h>

#include "aegis/service/workload.h"

#include "doctor_catalogue.h"
#include "plain_text.h"

namespace aegis::service {

namespace {

// The lanes' CPUs: as named, else as the workload has them, else the last one allowed, which is
// where `run` puts a lane that names none.
Outcome<CpuSet> lanes_of(const DoctorRequest& request, const MachineSpec& machine,
                         const CpuSet& allowed) {
  if (request.lane_cpu) return CpuSet{*request.lane_cpu};
  CpuSet lanes;
  for (const LaneSpec& lane : machine.lanes) {
    if (lane.cpu) lanes.insert(*lane.cpu);
  }
  if (!lanes.empty()) return lanes;
  if (!allowed.empty()) return CpuSet{*allowed.rbegin()};
  return fail(Problem{
      ExitCode::kEnvironment,
      fmt::format("cannot tell which CPUs this process may use: {} has no Cpus_allowed_list; name "
                  "the lane's CPU",
                  (request.roots.proc / "self/status").string())});
}

CpuSet allowed_cpus(const MachineTree& tree) {
  const Result<std::string> status = tree.proc("self/status");
  const auto field = status ? field_of(*status, "Cpus_allowed_list") : std::nullopt;
  return field ? parse_cpu_list(*field).value_or(CpuSet{}) : CpuSet{};
}

std::map<std::string, context::Options> backends_of(const Workload& workload) {
  std::map<std::string, context::Options> needed;
  for (const ModelSpec& model : workload.models) needed[model.backend];
  if (workload.models.empty()) needed[ModelSpec{}.backend];
  for (auto& [name, options] : needed) {
    const auto given = workload.machine.backends.find(name);
    if (given != workload.machine.backends.end()) options = given->second;
  }
  return needed;
}

Outcome<Patient> receive(const DoctorRequest& request) {
  Workload workload;
  if (request.workload) {
    Parsed<Workload> loaded = load_workload(*request.workload);
    if (!loaded) return fail(Problem::of(loaded.error()));
    workload = std::move(*loaded);
  }
  const MachineTree tree(request.roots);
  const CpuSet allowed = allowed_cpus(tree);
  Outcome<CpuSet> lanes = lanes_of(request, workload.machine, allowed);
  if (!lanes) return fail(lanes.error());
  Patient patient{.tree = tree,
                  .lanes = std::move(*lanes),
                  .allowed = allowed,
                  .fifo_priority = std::nullopt,
                  .kernel = tree.proc("sys/kernel/osrelease").value_or(""),
                  .ask_thread = request.ask_thread,
                  .backends = request.backends,
                  .backends_needed = backends_of(workload)};
  if (workload.machine.real_time) patient.fifo_priority = workload.machine.fifo_priority;
  return patient;
}

}  // namespace

std::string_view to_string(FindingStatus status) {
  switch (status) {
    case FindingStatus::kOk:
      return "ok";
    case FindingStatus::kWarning:
      return "warning";
    case FindingStatus::kLacking:
      return "lacking";
    case FindingStatus::kNotKnown:
      return "not_known";
    case FindingStatus::kNotApplicable:
      return "not_applicable";
  }
  return "not_known";
}

Result<executor::ThreadGrant> ask_kernel(const executor::ThreadRequest& request) {
  auto thread = executor::RealTimeThread::start(request, [](const executor::ThreadGrant&) {});
  if (!thread) return fail(thread.error());
  return thread->grant();
}

ExitCode DoctorReport::exit_code() const {
  const auto lacks = [](const Finding& each) { return each.status == FindingStatus::kLacking; };
  const auto hides = [](const Finding& each) {
    return each.essential && each.status == FindingStatus::kNotKnown;
  };
  if (std::ranges::any_of(findings, lacks)) return ExitCode::kNo;
  return std::ranges::any_of(findings, hides) ? ExitCode::kUndecided : ExitCode::kYes;
}

Outcome<DoctorReport> examine_machine(const DoctorRequest& request) {
  const Outcome<Patient> patient = receive(request);
  if (!patient) return fail(patient.error());
  DoctorReport report{
      .lane_cpus = {patient->lanes.begin(), patient->lanes.end()},
      .fifo_priority = patient->fifo_priority,
      .kernel = patient->kernel.empty() ? "not known" : one_line(patient->kernel.substr(0, 80)),
      .findings = {}};
  for (const CatalogueEntry& entry : doctor_catalogue()) {
    report.findings.push_back(finding_of(entry, *patient));
  }
  return report;
}

}  // namespace aegis::service
