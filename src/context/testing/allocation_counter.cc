// SPDX-License-Identifier: Apache-2.0
#include "testing/allocation_counter.h"

#include <cstdint>
#include <cstdlib>
#include <new>

// The linker's own marks around the executable's code.
extern "C" const char
    __executable_start;  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming):
                         // its name
extern "C" const char etext;

namespace {

thread_local std::size_t allocations_of_ours = 0;

bool is_ours(const void* caller) {
  const auto at = reinterpret_cast<std::uintptr_t>(caller);
  return at >= reinterpret_cast<std::uintptr_t>(&__executable_start) &&
         at < reinterpret_cast<std::uintptr_t>(&etext);
}

void* allocate(std::size_t size, const void* caller) noexcept {
  if (is_ours(caller)) ++allocations_of_ours;
  return std::malloc(size != 0 ? size : 1);
}

void* allocate_or_throw(std::size_t size, const void* caller) {
  if (void* memory = allocate(size, caller); memory != nullptr) return memory;
  throw std::bad_alloc();
}

}  // namespace

// The aligned forms stay the library's own: they come in pairs with their own delete.
void* operator new(std::size_t size) {
  return allocate_or_throw(size, __builtin_return_address(0));
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size, __builtin_return_address(0));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, __builtin_return_address(0));
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, __builtin_return_address(0));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace aegis::context {

AllocationCounter::AllocationCounter() : before_(allocations_of_ours) {}
std::size_t AllocationCounter::count() const {
  return allocations_of_ours - before_;
}

}  // namespace aegis::context
