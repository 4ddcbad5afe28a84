// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace aegis::benchmarks {

// What else ran on the machine while this program measured: figures of a busy machine are figures
// of that machine. From /proc/stat, so it advances in steps of the kernel's tick (10 ms).
class OtherLoad {
 public:
  OtherLoad() : at_start_(now()) {}

  struct Share {
    double others = 0;  // processors' worth of work that was not this process nor its children's
    double stolen = 0;  // processors' worth that the hypervisor gave to other machines, if it tells
  };
  // Since construction.
  [[nodiscard]] Share share() const;

 private:
  struct Reading {
    double wall = 0;  // all in seconds
    double busy = 0;
    double stolen = 0;
    double own = 0;
  };
  static Reading now();
  Reading at_start_;
};

}  // namespace aegis::benchmarks
