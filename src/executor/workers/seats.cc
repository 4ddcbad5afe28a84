// SPDX-License-Identifier: Apache-2.0
#include "seats.h"

#include <utility>
#include <vector>

namespace aegis::executor {
namespace {

struct Seat {
  std::uint32_t scheduler = 0;
  Submitter* submitter = nullptr;
  std::weak_ptr<void> keeper;
};

// The seat used last. Plain data, so that reading it needs no check whether it was constructed, and
// that it can be read after the destructors of the thread have run.
struct LastSeat {
  std::uint32_t scheduler = 0;
  Submitter* submitter = nullptr;
};
constinit thread_local LastSeat last;
constinit thread_local LastSeat at_work;  // of a worker: its own
constinit thread_local std::uint32_t helper_of = 0;
constinit thread_local bool all_given_back = false;

class SeatsOfThread {
 public:
  SeatsOfThread() = default;
  SeatsOfThread(const SeatsOfThread&) = delete;
  SeatsOfThread& operator=(const SeatsOfThread&) = delete;
  ~SeatsOfThread() {
    all_given_back = true;
    last = {};
    for (const Seat& seat : seats_) give_back(seat);
  }

  void add(Seat seat) {
    // Of schedulers that are gone: a thread that outlives many does not keep them all.
    std::erase_if(seats_, [](const Seat& old) { return old.keeper.expired(); });
    seats_.push_back(std::move(seat));
  }
  [[nodiscard]] Submitter* find(std::uint32_t scheduler) const noexcept {
    for (const Seat& seat : seats_) {
      if (seat.scheduler == scheduler) return seat.submitter;
    }
    return nullptr;
  }

 private:
  static void give_back(const Seat& seat) noexcept {
    const std::shared_ptr<void> alive = seat.keeper.lock();
    if (alive) seat.submitter->in_use.store(false, std::memory_order_release);
  }
  std::vector<Seat> seats_;
};

thread_local SeatsOfThread seats;

}  // namespace

Submitter* Seats::sitting(std::uint32_t scheduler) noexcept {
  if (last.scheduler == scheduler) [[likely]]
    return last.submitter;
  if (all_given_back) return nullptr;
  Submitter* found = at_work.scheduler == scheduler ? at_work.submitter : seats.find(scheduler);
  if (found != nullptr) last = {scheduler, found};
  return found;
}

void Seats::take(std::uint32_t scheduler, Submitter& submitter, std::weak_ptr<void> keeper) {
  seats.add({scheduler, &submitter, std::move(keeper)});
  last = {scheduler, &submitter};
}

bool Seats::given_back() noexcept {
  return all_given_back;
}

void Seats::take_as_worker(std::uint32_t scheduler, Submitter& submitter) {
  at_work = last = {scheduler, &submitter};
}

bool Seats::is_worker_of(std::uint32_t scheduler) noexcept {
  return at_work.scheduler == scheduler;
}

void Seats::mark_as_helper(std::uint32_t scheduler) noexcept {
  helper_of = scheduler;
}

bool Seats::is_helper_of(std::uint32_t scheduler) noexcept {
  return helper_of == scheduler;
}

}  // namespace aegis::executor
