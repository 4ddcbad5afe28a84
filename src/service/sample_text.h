// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/scheduler/profile.h"

namespace aegis::service {

// A model's segment that takes longer is a mistaken unit.
inline constexpr Duration kLongestSample = Duration::seconds(3600);

// Raw samples as one string, about two to three bytes each, in the order of measurement. Each is a
// whole number, 2 x nanoseconds + 1 if excluded; what is kept is the difference to the one before
// (the first: to 0), zigzag-folded (0, -1, 1, -2 ... as 0, 1, 2, 3 ...), in groups of seven bits
// from the lowest, the top bit of a byte meaning that more follow; all of it compressed by zstd and
// written in Base64.
[[nodiscard]] std::string pack_samples(const std::vector<scheduler::Sample>& samples);

// The `count` samples in `text`. kCorrupt, with what was expected, for anything that is not exactly
// that many of 1 ns to kLongestSample. Takes at most 24 bytes of memory a sample expected, whatever
// the text says of its size: `count` is the caller's to bound.
[[nodiscard]] Result<std::vector<scheduler::Sample>> unpack_samples(std::string_view text,
                                                                    std::size_t count);

}  // namespace aegis::service
