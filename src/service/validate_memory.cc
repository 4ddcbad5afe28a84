// SPDX-License-Identifier: Apache-2.0
#include "validate_memory.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "aegis/context/backend_registry.h"
#include "aegis/context/execution_context.h"
#include "aegis/context/probe.h"
#include "aegis/memory/lane_arena.h"

namespace aegis::service {

namespace {

using context::ExecutionContext;
using context::RuntimeBackend;
using Contexts = std::vector<std::unique_ptr<ExecutionContext>>;

constexpr int kRuns = 3;

Outcome<std::unique_ptr<ExecutionContext>> load_and_run(RuntimeBackend& runtime,
                                                        const std::filesystem::path& file,
                                                        memory::LaneArena& arena) {
  auto context = ExecutionContext::create(ContextId{0}, runtime,
                                          {.name = file.stem().string(), .parts = {file}}, arena);
  if (!context) return fail(Problem::of(file.string(), context.error()));
  (*context)->fill_inputs(1);
  for (int run = 0; run < kRuns; ++run) {
    for (std::uint32_t segment = 0; segment < (*context)->model().segment_count; ++segment) {
      if (const Status ran = (*context)->start_segment(segment); !ran) {
        return fail(Problem::of(file.string(), ran.error()));
      }
      if (const auto done = (*context)->poll(); !done) {
        return fail(Problem::of(file.string(), done.error()));
      }
    }
  }
  return std::move(*context);
}

Outcome<memory::MemoryAccount> account_alone(RuntimeBackend& runtime,
                                             const std::filesystem::path& file) {
  Result<memory::LaneArena> arena = memory::LaneArena::reserve();
  if (!arena) return fail(Problem::of(arena.error()));
  const auto context = load_and_run(runtime, file, *arena);
  if (!context) return fail(context.error());
  return (*context)->memory();
}

Outcome<bool> measure_alone(RuntimeBackend& planned, RuntimeBackend& by_default,
                            const std::filesystem::path& file, MemoryFindings& findings) {
  const auto ours = account_alone(planned, file);
  if (!ours) return fail(ours.error());
  const auto theirs = account_alone(by_default, file);
  if (!theirs) return fail(theirs.error());
  findings.default_arenas +=
      theirs->held() - std::min(theirs->held(), ours->held());  // what is left is activations
  findings.isolated_plans += ours->activations;
  findings.largest = std::max(findings.largest, ours->activations);
  return true;
}

}  // namespace

UsableModels usable_models(const std::vector<std::filesystem::path>& files) {
  UsableModels usable;
  for (const std::filesystem::path& file : files) {
    const Status tried =
        context::probe_in_child([] { return context::builtin_backends().create("onnxruntime"); },
                                {.name = file.filename().string(), .parts = {file}});
    if (tried) {
      usable.files.push_back(file);
    } else {
      usable.left_out.push_back(file.filename().string() + ": " + tried.error().message());
    }
  }
  return usable;
}

Outcome<MemoryFindings> validate_memory(const std::vector<std::filesystem::path>& models) {
  const context::BackendRegistry registry = context::builtin_backends();
  const auto planned = registry.create("onnxruntime", {{"memory", "planned"}});
  const auto by_default = registry.create("onnxruntime", {{"memory", "runtime"}});
  if (!planned) return fail(Problem::of(planned.error()));
  if (!by_default) return fail(Problem::of(by_default.error()));
  MemoryFindings findings;
  for (const std::filesystem::path& file : models) {
    const auto measured = measure_alone(**planned, **by_default, file, findings);
    if (!measured) return fail(measured.error());
  }
  Result<memory::LaneArena> arena = memory::LaneArena::reserve();
  if (!arena) return fail(Problem::of(arena.error()));
  {
    Contexts together;
    for (const std::filesystem::path& file : models) {
      auto context = load_and_run(**planned, file, *arena);
      if (!context) return fail(context.error());
      together.push_back(std::move(*context));
    }
    findings.shared_arena = arena->size_bytes();
    for (const auto& context : together) {
      findings.unplanned_allocations += context->unplanned_allocations();
    }
  }
  findings.leaks = (*planned)->leaks().size();
  return findings;
}

}  // namespace aegis::service
