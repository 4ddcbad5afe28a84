// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>

namespace aegis {

// Ends the process with one line on stderr. For broken invariants of AegisRT itself, never for bad
// input and never for a negative verdict. Async-signal-safe; allocates nothing.
[[noreturn]] void check_failed(const char* invariant, std::source_location where) noexcept;

// States an invariant that must hold: `check(next > last, "sequence numbers increase")`. Always
// compiled in. Real-time: one predictable branch.
constexpr void check(bool holds, const char* invariant,
                     std::source_location where = std::source_location::current()) noexcept {
  if (!holds) [[unlikely]]
    check_failed(invariant, where);
}

}  // namespace aegis
