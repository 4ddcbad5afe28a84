// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/rehearsal.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "plausible_data.h"

namespace aegis::context {

namespace {

// In its first run a session observes the sizes of its activations, in the second it takes one
// block for all of them (ORT's memory pattern); from then on nothing changes. A planned session has
// settled after one.
constexpr int kWarmUpRuns = 2;

// One on zeros and two on data: what depends on the data shows up in the second, what settles late
// in the third.
constexpr std::uint64_t kObservedRuns = 3;

std::vector<std::span<std::byte>> all_tensors(const TensorMemory& memory) {
  std::vector<std::span<std::byte>> tensors;
  tensors.reserve(memory.count());
  for (std::size_t i = 0; i < memory.count(); ++i) tensors.push_back(memory.tensor(i));
  return tensors;
}

// Inputs and outputs that go away after the rehearsal.
class Stage {
 public:
  static Result<Stage> set_up(LoadedParts& parts) {
    Result<TensorMemory> inputs = TensorMemory::create(sizes_of(parts.chain().inputs));
    if (!inputs) return fail(inputs.error());
    Result<TensorMemory> outputs = TensorMemory::create(sizes_of(parts.chain().outputs));
    if (!outputs) return fail(outputs.error());
    Stage stage(parts, std::move(*inputs), std::move(*outputs));
    if (const Status bound = stage.bind({}); !bound) return fail(bound.error());
    return stage;
  }

  Status bind(std::span<std::byte> arena) {
    return parts_->bind({all_tensors(inputs_), all_tensors(outputs_), arena});
  }
  // So that what a run does not write cannot pass for what it should have written.
  void spoil_outputs() {
    for (const std::span<std::byte> output : all_tensors(outputs_)) {
      std::ranges::fill(output, std::byte{0xee});
    }
  }
  // Run 0 is on zeros, later ones on data that differs from run to run.
  void fill_inputs(std::uint64_t run) {
    const auto& inputs = parts_->chain().inputs;
    for (std::size_t i = 0; run > 0 && i < inputs.size(); ++i) {
      fill_with_plausible_data(inputs[i].type, inputs_.tensor(i), run + i);
    }
  }
  [[nodiscard]] std::vector<std::byte> outputs() const {
    std::vector<std::byte> all;
    for (const std::span<std::byte> output : all_tensors(outputs_)) {
      all.insert(all.end(), output.begin(), output.end());
    }
    return all;
  }

 private:
  Stage(LoadedParts& parts, TensorMemory inputs, TensorMemory outputs)
      : parts_(&parts), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {}
  LoadedParts* parts_;
  TensorMemory inputs_;
  TensorMemory outputs_;
};

using Logs = std::vector<memory::AllocationLog>;  // by part

Result<Logs> observe_run(LoadedParts& parts) {
  Logs logs;
  for (std::size_t part = 0; part < parts.count(); ++part) {
    parts.memory(part).begin_observed_run();
    const Status ran = parts.run(part);
    Result<memory::AllocationLog> log = parts.memory(part).end_observed_run();
    if (!ran) return fail(ran.error());
    if (!log) return fail(log.error());
    logs.push_back(std::move(*log));
  }
  return logs;
}

Error depends_on_data(std::string_view model) {
  return Error::permanent(ErrorCode::kUnsupported,
                          "model's memory differs from run to run, so it cannot be planned; "
                          "[machine.backend.onnxruntime] memory = \"runtime\" runs it all the same")
      .with_detail(model);
}

// What no lane can be asked for: the same inputs, other outputs (random operators, for instance).
Error not_deterministic(std::string_view model) {
  return Error::permanent(ErrorCode::kUnsupported,
                          "model gives different outputs for the same inputs, so no plan of its "
                          "memory can be proved; [machine.backend.onnxruntime] memory = "
                          "\"runtime\" runs it all the same")
      .with_detail(model);
}

Status plan_parts(LoadedParts& parts, Logs logs) {
  for (std::size_t part = 0; part < parts.count(); ++part) {
    parts.memory(part).settle();
    if (Status planned = parts.memory(part).plan(std::move(logs[part])); !planned) return planned;
  }
  return ok();
}

Status prove_plan(LoadedParts& parts, Stage& stage, const std::vector<std::byte>& expected) {
  const Result<memory::HostRegion> arena = memory::HostRegion::create(parts.account().activations);
  if (!arena) return fail(arena.error());
  if (Status bound = stage.bind(arena->bytes()); !bound) return bound;
  std::ranges::fill(arena->bytes(), std::byte{0xff});
  stage.spoil_outputs();
  const Status ran = parts.run_all();
  for (std::size_t part = 0; part < parts.count(); ++part) parts.memory(part).withdraw_arena();
  if (!ran) return ran;
  if (stage.outputs() == expected) return ok();
  return fail(
      Error::permanent(ErrorCode::kInternal, "model computes otherwise over its planned memory"));
}

}  // namespace

Status warm_up(LoadedParts& parts) {
  Result<Stage> stage = Stage::set_up(parts);
  if (!stage) return fail(stage.error());
  for (int run = 0; run < kWarmUpRuns; ++run) {
    if (Status ran = parts.run_all(); !ran) return ran;
  }
  return ok();
}

Status plan_activations(LoadedParts& parts, std::string_view model) {
  Result<Stage> stage = Stage::set_up(parts);
  if (!stage) return fail(stage.error());
  if (Status ran = parts.run_all(); !ran) return ran;
  std::optional<Logs> logs;
  for (std::uint64_t run = 0; run < kObservedRuns; ++run) {
    stage->fill_inputs(run);
    Result<Logs> observed = observe_run(parts);
    if (!observed) return fail(observed.error());
    if (logs && *logs != *observed) return fail(depends_on_data(model));
    logs = std::move(*observed);
  }
  const std::vector<std::byte> expected = stage->outputs();
  stage->spoil_outputs();
  if (Status again = parts.run_all(); !again) return again;
  if (stage->outputs() != expected) return fail(not_deterministic(model));
  if (Status planned = plan_parts(parts, std::move(*logs)); !planned) return planned;
  return prove_plan(parts, *stage, expected);
}

}  // namespace aegis::context
