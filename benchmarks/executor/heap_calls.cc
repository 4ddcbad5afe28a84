// SPDX-License-Identifier: Apache-2.0
#include "heap_calls.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace aegis::benchmarks {
namespace {

// Shared by all threads: a call to the heap costs more than the line it passes.
std::atomic<std::uint64_t> calls{0};

}  // namespace

std::uint64_t heap_calls() noexcept {
  return calls.load(std::memory_order_relaxed);
}

#if defined(__GLIBC__)
bool heap_calls_are_counted() noexcept {
  return true;
}
#else
bool heap_calls_are_counted() noexcept {
  return false;
}
#endif

namespace {
[[maybe_unused]] void count() noexcept {
  calls.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace
}  // namespace aegis::benchmarks

#if defined(__GLIBC__)
// The C library's own entries; free() stays as it is, since the memory is the library's.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  aegis::benchmarks::count();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  aegis::benchmarks::count();
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  aegis::benchmarks::count();
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  aegis::benchmarks::count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  aegis::benchmarks::count();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
#endif
