// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/tensor_memory.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/mman.h>

#include "aegis/context/runtime_backend.h"

namespace aegis::context {

namespace {

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

}  // namespace

Result<TensorMemory> TensorMemory::create(std::span<const std::size_t> sizes_bytes) {
  TensorMemory memory;
  std::size_t total = 0;
  for (const std::size_t size : sizes_bytes) total += aligned(size);
  if (total == 0) {
    memory.tensors_.resize(sizes_bytes.size());
    return memory;
  }
  void* region = ::mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) return fail(Error::system("cannot get memory", "tensors", errno));
  memory.region_ = {static_cast<std::byte*>(region), total};
  memory.page_locked_ = ::mlock(region, total) == 0;
  std::memset(region, 0, total);
  std::size_t at = 0;
  for (const std::size_t size : sizes_bytes) {
    memory.tensors_.push_back(memory.region_.subspan(at, size));
    at += aligned(size);
  }
  return memory;
}

TensorMemory::TensorMemory(TensorMemory&& other) noexcept
    : region_(std::exchange(other.region_, {})),
      tensors_(std::move(other.tensors_)),
      page_locked_(other.page_locked_) {}

TensorMemory& TensorMemory::operator=(TensorMemory&& other) noexcept {
  std::swap(region_, other.region_);
  std::swap(tensors_, other.tensors_);
  std::swap(page_locked_, other.page_locked_);
  return *this;
}

TensorMemory::~TensorMemory() {
  if (!region_.empty()) ::munmap(region_.data(), region_.size());
}

}  // namespace aegis::context
