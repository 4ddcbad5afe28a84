// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/trace_drain.h"

#include <chrono>
#include <new>
#include <utility>

#include <pthread.h>
#include <sched.h>

namespace aegis::trace {

namespace {

// Explicitly normal, on every CPU. Set before the thread exists: one that started with its
// creator's FIFO priority on its creator's CPU might never run far enough to give them up.
class OrdinaryThread {
 public:
  OrdinaryThread() {
    ::pthread_attr_init(&attributes_);
    const sched_param normal{};
    ::pthread_attr_setinheritsched(&attributes_, PTHREAD_EXPLICIT_SCHED);
    ::pthread_attr_setschedpolicy(&attributes_, SCHED_OTHER);
    ::pthread_attr_setschedparam(&attributes_, &normal);
    cpu_set_t every;
    CPU_ZERO(&every);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) CPU_SET(cpu, &every);
    ::pthread_attr_setaffinity_np(&attributes_, sizeof(every), &every);
  }
  OrdinaryThread(const OrdinaryThread&) = delete;
  OrdinaryThread& operator=(const OrdinaryThread&) = delete;
  ~OrdinaryThread() { ::pthread_attr_destroy(&attributes_); }
  [[nodiscard]] const pthread_attr_t* attributes() const { return &attributes_; }

 private:
  pthread_attr_t attributes_{};
};

}  // namespace

Result<std::unique_ptr<TraceDrain>> TraceDrain::start(Recorder& recorder,
                                                      const std::filesystem::path& path,
                                                      TraceDrainConfig config) {
  if (config.interval <= Duration::zero()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "drain interval must be positive"));
  }
  auto writer = TraceFileWriter::create(path);
  if (!writer) return fail(writer.error());
  std::unique_ptr<TraceDrain> drain(
      new TraceDrain(recorder, std::move(writer).value(), config.interval));
  if (Status started = drain->start_thread(); !started) return fail(started.error());
  return drain;
}

TraceDrain::TraceDrain(Recorder& recorder, std::unique_ptr<TraceFileWriter> writer,
                       Duration interval)
    : recorder_(recorder), writer_(std::move(writer)), interval_(interval) {}

Status TraceDrain::start_thread() {
  const OrdinaryThread ordinary;
  pthread_t thread{};
  const int error = ::pthread_create(
      &thread, ordinary.attributes(),
      [](void* self) -> void* {
        static_cast<TraceDrain*>(self)->serve();
        return nullptr;
      },
      this);
  if (error != 0) return fail(Error::system("cannot start thread", "aegis-trace", error));
  ::pthread_setname_np(thread, "aegis-trace");
  thread_ = thread;
  return ok();
}

TraceDrain::~TraceDrain() {
  static_cast<void>(stop());
}

void TraceDrain::serve() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, std::chrono::nanoseconds(interval_.ns()), [this] { return stopping_; });
    lock.unlock();
    Status written = write_what_there_is();
    lock.lock();
    status_ = written;
  }
}

// Without memory the trace ends, in the middle of a block perhaps; the run does not.
Status TraceDrain::write_what_there_is() {
  try {
    recorder_.drain(*writer_);
  } catch (const std::bad_alloc&) {
    writer_->give_up(Error::permanent(ErrorCode::kResourceExhausted, "no memory for the trace"));
  }
  return writer_->flush();
}

Status TraceDrain::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (!thread_) return status();
  ::pthread_join(*std::exchange(thread_, std::nullopt), nullptr);
  static_cast<void>(write_what_there_is());
  Status finished = writer_->finish(recorder_);
  const std::lock_guard lock(mutex_);
  status_ = finished;
  return status_;
}

Status TraceDrain::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace aegis::trace
