// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"

namespace aegis::theory {

// Is told what happens in a simulated lane, in order of time, so that a layer above can record a
// trace. It sees copies only: a schedule is the same with and without one.
class ScheduleObserver {
 public:
  virtual ~ScheduleObserver() = default;

  // The job becomes eligible. `dropped`: its overload rule refused it; it never runs.
  virtual void on_release(JobId /*job*/, TimePoint /*at*/, bool /*dropped*/) {}
  // The policy chose `chosen` among all that could run, itself included, best first.
  virtual void on_select(JobId /*chosen*/, std::span<const JobId> /*candidates*/,
                         TimePoint /*at*/) {}
  // A segment (or, preemptive, a stretch of one) begins and ends; outages may lie between.
  virtual void on_start(JobId /*job*/, std::uint32_t /*segment*/, TimePoint /*at*/) {}
  virtual void on_end(JobId /*job*/, std::uint32_t /*segment*/, TimePoint /*at*/) {}
  // The job completed after its deadline, or was dropped.
  virtual void on_miss(JobId /*job*/, TimePoint /*at*/) {}
  // The lane loses [begin, end); told when it begins, and not after the last job ended.
  virtual void on_outage(TimePoint /*begin*/, TimePoint /*end*/) {}
};

}  // namespace aegis::theory
