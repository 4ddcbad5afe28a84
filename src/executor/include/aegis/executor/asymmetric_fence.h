// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace aegis::executor {

// Store, fence, load on two sides, where one side passes a million times as often as the other: the
// frequent side keeps the compiler from reordering and nothing else, the rare side makes the kernel
// pass a full barrier on every CPU that runs a thread of this process (Dice, Huang, Yang 2001,
// "Asymmetric Dekker synchronization"; folly's asymmetricThreadFence; membarrier(2)).
//
//   submitter                         sleeper
//     work = 1                          flag = 1
//     fence.light()                     fence.heavy()
//     if (flag) wake the sleeper        if (work) do not sleep
//
// At least one of the two reads the other's write. During heavy() the submitter's CPU passes a full
// barrier somewhere between two of its instructions (a thread that does not run passed one when it
// was switched out). If that is before `work = 1`, the load of flag comes later still and finds
// flag = 1, which heavy() made visible before it went to that CPU. If it is after `work = 1`, that
// store is visible when heavy() returns, and the sleeper finds the work. The light fence is needed
// so that the compiler does not swap the submitter's store and load: the processor's own swapping
// is what the barrier undoes.
//
// This is what spares a submit from draining its store buffer: 5 ns, and with a store in it whose
// cache line is elsewhere as long as that line takes, 60 to 400 ns. The price is paid by who parks,
// and by every other CPU on which this process runs, which is interrupted once. Measured on a
// loaded virtual machine: 0.2 µs if no other CPU is busy with this process, else 1 µs (median) to
// 20 µs (p99) for the caller and about 5 µs for the interrupted; the kernel lets one thread at a
// time through. Worth it where submits are many and sleeps are few; n threads that each
// sleep every millisecond take n - 1 interruptions a millisecond from each other (at 8 threads 3.5
// % of each), and kTwoFullFences is then the better kind.
//
// Where the kernel refuses membarrier, both sides are full fences. Which of the two is found out by
// the first object of the process; both sides must use the same object, or two made by the same
// constructor.
class AsymmetricFence {
 public:
  // How the pair is made. kTwoFullFences never asks the kernel.
  enum class Kind : bool { kTwoFullFences, kProcessBarrier };

  // The cheapest that works here. The first one in a process makes a system call.
  AsymmetricFence() noexcept;
  explicit AsymmetricFence(Kind kind) noexcept : kind_(kind) {}

  // The frequent side. Real-time: nothing at all, or one full fence.
  void light() const noexcept {
    if (kind_ == Kind::kProcessBarrier) [[likely]] {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      std::atomic_thread_fence(std::memory_order_seq_cst);
    }
  }

  // The rare side. False when the kernel refused the barrier this time (short of memory): nothing
  // is ordered then, and the caller must not rely on what it reads. Real-time: a system call that
  // does not sleep, no lock.
  [[nodiscard]] bool heavy() const noexcept {
    if (kind_ == Kind::kProcessBarrier) return heavy_by_kernel();
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return true;
  }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }

 private:
  static bool heavy_by_kernel() noexcept;

  Kind kind_;
};

}  // namespace aegis::executor
