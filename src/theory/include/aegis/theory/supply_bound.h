// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/result.h"
#include "aegis/base/time.h"

namespace aegis::theory {

// What a lane may lose to others: at most `lost` in any window of length `window`, wherever the
// window lies. Interrupts, time stolen by a hypervisor, the kernel's share for ordinary threads.
//
//   literature   here
//   sigma        lost
//   pi           window
//
// The default loses nothing.
struct Supply {
  Duration lost;                               // 0 <= lost < window
  Duration window = Duration::nanoseconds(1);  // > 0
  constexpr auto operator<=>(const Supply&) const = default;
  // Whether anything is lost at all.
  [[nodiscard]] constexpr bool is_full() const { return lost == Duration::zero(); }
};

// Whether the numbers are such: 0 <= lost < window <= 2^60 ns; kInvalidArgument otherwise.
[[nodiscard]] Status validate(const Supply& supply);

// The most a lane can lose in an interval of length t >= 0:
//
//   lost(t) = floor(t / pi) sigma + min(sigma, t mod pi)
//
// the interval cut into whole windows and a rest. Attained for every t at once by losing the first
// sigma of each window, so that tests with it stay exact; and sub-additive, lost(a + b) <= lost(a)
// + lost(b), which is what busy periods need.
//
//   2 ms in any 10 ms:     t       1   2   9  10  11  12  30 ms
//                          lost    1   2   2   2   3   4   6
//
// Preconditions: validate(supply), 0 <= t <= 2^62 ns. O(1).
[[nodiscard]] Duration lost_supply(const Supply& supply, Duration t);

// The supply bound function: the least work a lane does in an interval of length t >= 0 in which
// something waits, sbf(t) = t - lost(t).
//
//   M. Spuri, G. Buttazzo, "Scheduling aperiodic tasks in dynamic priority systems", Real-Time
//     Systems 10(2), 1996, and A. Mok, X. Feng, D. Chen, "Resource partition for real-time
//     systems", RTAS 2001, have the idea for servers and partitions; here the loss is not
//     scheduled by anyone, and any placement that keeps to the bound must be survived.
[[nodiscard]] Duration supply_bound(const Supply& supply, Duration t);

// The least t with supply_bound(t) >= work, for work >= 0:
//
//   work + ceil(work / (pi - sigma)) sigma
//
// Precondition: as above, and the result is at most 2^62 ns.
[[nodiscard]] Duration time_to_serve(const Supply& supply, Duration work);

}  // namespace aegis::theory
