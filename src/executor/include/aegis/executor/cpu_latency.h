// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/result.h"

namespace aegis::executor {

// Keeps every CPU of the machine out of deep idle states while it lives, by holding
// /dev/cpu_dma_latency at 0 µs: waking a parked lane then takes about 2 µs instead of 10-25. Costs
// power on the whole machine; needs root or the device's permission. The kernel takes the request
// back when the file closes, also when the process dies.
class CpuLatencyRequest {
 public:
  // kPermissionDenied or kNotFound with errno when the machine does not grant it.
  [[nodiscard]] static Result<CpuLatencyRequest> hold();

  CpuLatencyRequest(CpuLatencyRequest&& other) noexcept;
  CpuLatencyRequest& operator=(CpuLatencyRequest&& other) noexcept;
  ~CpuLatencyRequest();

 private:
  explicit CpuLatencyRequest(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace aegis::executor
