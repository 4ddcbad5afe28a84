// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "aegis/base/clock.h"
#include "aegis/context/mock_script.h"
#include "aegis/context/runtime_backend.h"

#include "segment_order.h"

namespace aegis::context {

// One mock model. `running_` and `cancel_asked_` are what cancel() shares with the lane; everything
// else is the lane's.
class MockModel final : public LoadedModel {
 public:
  // `clock` null: a monotonic clock of its own; `manual` null: the clock moves by itself.
  MockModel(std::string name, MockScript script, const Clock* clock, ManualClock* manual);

  [[nodiscard]] const ModelDescription& describe() const noexcept override { return description_; }
  [[nodiscard]] Status bind(const Binding& binding) override;
  [[nodiscard]] Status start_segment(std::uint32_t segment) noexcept override;
  [[nodiscard]] Result<Progress> poll() noexcept override;
  void cancel() noexcept override;

 private:
  [[nodiscard]] const MockFault* fault_at(MockFault::Where where) const noexcept;
  [[nodiscard]] bool hangs() const noexcept;
  [[nodiscard]] bool cancelled() const noexcept {
    return cancel_asked_.load(std::memory_order_acquire);
  }
  [[nodiscard]] Duration time_of_segment() const noexcept;
  [[nodiscard]] bool pass_time_until(TimePoint end) noexcept;
  void execute_here() noexcept;
  [[nodiscard]] std::optional<Error> error_at_end() const noexcept;
  [[nodiscard]] Result<Progress> finish() noexcept;
  [[nodiscard]] Result<Progress> end_with(const Error& error) noexcept;
  void write_output() noexcept;

  MockScript script_;
  MonotonicClock wall_;
  const Clock& clock_;
  ManualClock* manual_;
  ModelDescription description_;
  std::optional<Binding> binding_;

  SegmentOrder order_;
  std::uint64_t jobs_started_ = 0;
  std::uint32_t polls_left_ = 0;
  TimePoint end_;                  // of the running segment, on clock_
  TimePoint give_up_;              // of a hang, on wall_
  std::optional<TimePoint> obey_;  // when a noticed cancel takes effect, on clock_
  std::atomic<bool> running_{false};
  std::atomic<bool> cancel_asked_{false};
};

}  // namespace aegis::context
