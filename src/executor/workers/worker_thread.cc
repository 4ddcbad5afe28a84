// SPDX-License-Identifier: Apache-2.0
#include "worker_thread.h"

#include <utility>

#include "monitor/thread_usage.h"
#include "seats.h"
#include "wait/serve.h"

namespace aegis::executor {

WorkerThread::WorkerThread(WorkerCore& core, Submitter& own, std::uint32_t scheduler,
                           const Clock& clock, SpinStrategy spin) noexcept
    : core_(core), own_(own), scheduler_(scheduler), wait_(clock, core.port().signal, spin) {}

Status WorkerThread::start(const ThreadRequest& request) {
  auto thread = RealTimeThread::start(request, [this](const ThreadGrant&) {
    Seats::take_as_worker(scheduler_, own_);
    id_.store(this_thread(), std::memory_order_release);
    Machine machine{core_, wait_};
    core_.begin();
    serve(machine, wait_);
  });
  if (!thread) return fail(thread.error());
  thread_ = std::move(*thread);
  return ok();
}

void WorkerThread::join() {
  if (thread_) thread_->join();
}

}  // namespace aegis::executor
