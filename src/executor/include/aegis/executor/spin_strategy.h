// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/time.h"

namespace aegis::executor {

// When a waiting thread spins instead of sleeping: punctuality bought with processor time.
// Whatever is set here, the wait rests (HybridWait): no value fills a processor.
struct SpinStrategy {
  // How long before an instant it is waiting for it stops sleeping. At a release every millisecond
  // 60 µs cost about 6 % of a core and give 0.04-0.08 µs of lateness on a quiet machine; 200 µs
  // cost 20 % and still do on a less quiet one; zero leaves the lateness of a timer, 20-40 µs.
  // Leave it alone unless the reported lateness shows wake-ups that come later than this before the
  // instant.
  Duration before_release = Duration::microseconds(60);
  // How long it keeps looking for work after the last work before it parks. Work that comes
  // meanwhile starts within 0.1-0.3 µs instead of a wake-up of 2-25 µs, and who submits it is
  // spared the system call of some 0.4-6 µs. Set it to the usual distance of two submissions when
  // that is below a few hundred microseconds and the core has nothing else to do; leave it at zero
  // where releases are periodic or the core is shared.
  Duration after_work = Duration::zero();
};

}  // namespace aegis::executor
