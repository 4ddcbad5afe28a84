// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/cpu_latency.h"

#include <cerrno>
#include <cstdint>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace aegis::executor {
namespace {

constexpr const char* kDevice = "/dev/cpu_dma_latency";

}  // namespace

Result<CpuLatencyRequest> CpuLatencyRequest::hold() {
  const int file = ::open(kDevice, O_WRONLY | O_CLOEXEC);
  if (file < 0) return fail(Error::system("shallow idle refused", kDevice, errno));
  CpuLatencyRequest request(file);
  const std::int32_t microseconds = 0;
  if (::write(file, &microseconds, sizeof microseconds) != sizeof microseconds) {
    return fail(Error::system("shallow idle refused", kDevice, errno));
  }
  return request;
}

CpuLatencyRequest::CpuLatencyRequest(CpuLatencyRequest&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

CpuLatencyRequest& CpuLatencyRequest::operator=(CpuLatencyRequest&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

CpuLatencyRequest::~CpuLatencyRequest() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace aegis::executor
