// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace aegis::executor {

// Fetches a line to be written, taking it from whichever processor had it, without waiting. A
// prefetch for reading would leave the write to ask again: 60 to 250 ns between processors. x86-64
// processors without the instruction take it for a no-op.
inline void prefetch_for_write(const void* address) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw (%0)" : : "r"(address));
#else
  __builtin_prefetch(address, 1);
#endif
}

}  // namespace aegis::executor
