// SPDX-License-Identifier: Apache-2.0
#include "backends/mock/mock_model.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace aegis::context {

namespace {

using What = MockFault::What;
using Where = MockFault::Where;

// Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014: one step and
// its finaliser.
constexpr std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Error error_of(What what) noexcept {
  constexpr auto kCode = ErrorCode::kBackend;
  switch (what) {
    case What::kTransient:
      return Error::transient(kCode, "scripted transient error");
    case What::kFatal:
      return Error::fatal(kCode, "scripted fatal error");
    case What::kWrongOutput:
      return Error::permanent(ErrorCode::kMismatch, "output has a wrong size");
    case What::kDeviation:
      return Error::permanent(ErrorCode::kDeviation, "scripted deviation from the memory plan");
    case What::kPermanent:
    case What::kHang:
    case What::kCrash:
      break;
  }
  return Error::permanent(kCode, "scripted permanent error");
}

TensorDescription bytes_named(const char* name, std::size_t count) {
  return {name, ElementType::kUint8, {static_cast<std::int64_t>(count)}};
}

}  // namespace

MockModel::MockModel(std::string name, MockScript script, const Clock* clock, ManualClock* manual)
    : script_(std::move(script)),
      clock_(clock != nullptr ? *clock : wall_),
      manual_(manual),
      order_(static_cast<std::uint32_t>(script_.segments.size())) {
  description_ = {
      .name = std::move(name),
      .backend = "mock",
      .backend_version = "1",
      .inputs = {bytes_named("input", script_.input_bytes)},
      .outputs = {bytes_named("output", script_.output_bytes)},
      .segment_count = static_cast<std::uint32_t>(script_.segments.size()),
      .memory = {.weights = script_.memory_bytes, .activations = script_.activation_bytes}};
}

Status MockModel::bind(const Binding& binding) {
  if (binding_.has_value()) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition, "model is bound already"));
  }
  if (Status checked = check_binding(description_, binding); !checked) return checked;
  binding_ = binding;
  return ok();
}

Status MockModel::start_segment(std::uint32_t segment) noexcept {
  if (!binding_.has_value()) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition, "model is not bound"));
  }
  if (Status in_order = order_.begin(segment); !in_order) return in_order;
  if (segment == 0) ++jobs_started_;
  if (const MockFault* fault = fault_at(Where::kStart); fault != nullptr && !hangs()) {
    if (fault->what == What::kCrash) std::abort();
    const Error error = error_of(fault->what);
    order_.failed(error.category);
    return fail(error);
  }
  polls_left_ = script_.polls;
  end_ = clock_.now() + time_of_segment();
  give_up_ = wall_.now() + script_.hang_limit;
  obey_.reset();
  // In this order: a cancel that came before this start must not reach it (line 4 of the contract).
  cancel_asked_.store(false, std::memory_order_relaxed);
  running_.store(true, std::memory_order_release);
  std::ranges::fill(binding_->arena.first(script_.activation_bytes), std::byte{0x5a});
  if (script_.polls == 0) execute_here();
  return ok();
}

void MockModel::execute_here() noexcept {
  if (hangs()) {
    while (!cancelled() && wall_.now() < give_up_) std::this_thread::yield();
  } else {
    while (!cancelled() && !pass_time_until(end_)) {
    }
  }
  if (!cancelled()) return;
  obey_ = clock_.now() + script_.cancel_delay;
  while (!pass_time_until(*obey_)) {
  }
}

// Whether that instant has come; on a manual clock it always has, afterwards.
bool MockModel::pass_time_until(TimePoint end) noexcept {
  if (manual_ != nullptr) manual_->set(std::max(manual_->now(), end));
  return clock_.now() >= end;
}

Result<Progress> MockModel::poll() noexcept {
  if (!order_.running()) {
    return fail(Error::permanent(ErrorCode::kFailedPrecondition, "no segment is running"));
  }
  if (cancelled()) {
    if (!obey_.has_value()) obey_ = clock_.now() + script_.cancel_delay;
    if (!pass_time_until(*obey_)) return Progress::kRunning;
    return end_with(Error::transient(ErrorCode::kCancelled, "segment was cancelled"));
  }
  if (hangs()) {
    if (wall_.now() < give_up_) return Progress::kRunning;
    return end_with(
        Error::permanent(ErrorCode::kTimeout, "scripted hang reached its safety limit"));
  }
  if (polls_left_ > 0) {
    --polls_left_;
    return Progress::kRunning;
  }
  if (!pass_time_until(end_)) return Progress::kRunning;
  return finish();
}

Result<Progress> MockModel::finish() noexcept {
  if (const MockFault* fault = fault_at(Where::kPoll); fault != nullptr) {
    if (fault->what == What::kCrash) std::abort();
    return end_with(error_of(fault->what));
  }
  if (order_.is_last()) write_output();
  running_.store(false, std::memory_order_release);
  order_.done();
  return Progress::kDone;
}

Result<Progress> MockModel::end_with(const Error& error) noexcept {
  running_.store(false, std::memory_order_release);
  order_.failed(error.category);
  return fail(error);
}

// One that read running_ just before the segment ended may reach the next one: the two overlap in
// time, so it may as well have come a moment later.
void MockModel::cancel() noexcept {
  if (running_.load(std::memory_order_acquire)) {
    cancel_asked_.store(true, std::memory_order_release);
  }
}

const MockFault* MockModel::fault_at(Where where) const noexcept {
  for (const MockFault& fault : script_.faults) {
    if (fault.where == where && fault.segment == order_.segment() &&
        fault.job.value_or(jobs_started_ - 1) == jobs_started_ - 1) {
      return &fault;
    }
  }
  return nullptr;
}

bool MockModel::hangs() const noexcept {
  for (const Where where : {Where::kStart, Where::kPoll}) {
    const MockFault* fault = fault_at(where);
    if (fault != nullptr && fault->what == What::kHang) return true;
  }
  return false;
}

Duration MockModel::time_of_segment() const noexcept {
  const MockSegment& segment = script_.segments[order_.segment()];
  const auto width = static_cast<std::uint64_t>((segment.longest - segment.shortest).ns());
  if (width == 0) return segment.longest;
  std::uint64_t state = script_.seed ^ (jobs_started_ << 16) ^ order_.segment();
  // The remainder's bias is below width / 2^64: nothing for any time below a century.
  const auto drawn = static_cast<std::int64_t>(split_mix(state) % (width + 1));
  return segment.shortest + Duration::nanoseconds(drawn);
}

void MockModel::write_output() noexcept {
  std::uint64_t state = script_.input_bytes;
  for (const std::byte value : binding_->inputs[0]) {
    state = (state ^ std::to_integer<std::uint64_t>(value)) * 0x100000001b3ULL;  // FNV-1a's prime
  }
  for (std::byte& value : binding_->outputs[0]) value = std::byte(split_mix(state) & 0xff);
}

}  // namespace aegis::context
