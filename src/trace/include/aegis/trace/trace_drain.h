// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include <pthread.h>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/trace/recorder.h"
#include "aegis/trace/trace_file.h"

namespace aegis::trace {

// When the drain works.
struct TraceDrainConfig {
  // How often the rings are emptied and the file flushed: what a SIGKILL can cost. At the default a
  // ring of 65,536 events overflows beyond 3.2 million events per second; raise it only where
  // waking 50 times a second hurts.
  Duration interval = Duration::milliseconds(20);
};

// An ordinary background thread between a recorder and its file.
//
// The thread puts itself into the normal class with every CPU allowed: threads inherit their
// creator's SCHED_FIFO and pinning, and a drain that shares a lane's CPU in its class would be
// interference that no proof knows of.
//
//   auto drain = TraceDrain::start(recorder, "run.aegis");
//   ...
//   Status written = (*drain)->stop();
class TraceDrain {
 public:
  // The recorder outlives the drain, and is drained by nobody else.
  [[nodiscard]] static Result<std::unique_ptr<TraceDrain>> start(Recorder& recorder,
                                                                 const std::filesystem::path& path,
                                                                 TraceDrainConfig config = {});
  ~TraceDrain();  // as stop()
  TraceDrain(const TraceDrain&) = delete;
  TraceDrain& operator=(const TraceDrain&) = delete;

  // Takes what the rings still hold, writes the footer, ends the thread. The first error of the
  // whole trace, if any. Repeated calls return the same.
  Status stop();
  // The first error so far: a disk that filled up during the run. Any thread.
  [[nodiscard]] Status status() const;

 private:
  TraceDrain(Recorder& recorder, std::unique_ptr<TraceFileWriter> writer, Duration interval);
  Status start_thread();
  void serve();
  [[nodiscard]] Status write_what_there_is();

  Recorder& recorder_;
  std::unique_ptr<TraceFileWriter> writer_;  // of the thread's own, until it is joined
  Duration interval_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  Status status_;
  std::optional<pthread_t> thread_;  // std::thread cannot refuse to inherit
};

}  // namespace aegis::trace
