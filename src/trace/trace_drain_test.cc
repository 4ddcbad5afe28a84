// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/trace_drain.h"

#include <csignal>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "aegis/trace/trace.h"

#include "temporary_path.h"

namespace aegis::trace {
namespace {

TEST(TraceDrain, everything_recorded_is_in_the_file_after_stop) {
  const TemporaryPath path;
  Recorder recorder;
  auto drain = TraceDrain::start(recorder, path, {.interval = Duration::milliseconds(1)});
  ASSERT_TRUE(drain) << drain.error().message();
  std::thread lane([writer = recorder.add_thread("lane0")]() mutable {
    for (std::int64_t i = 0; i < 20'000; ++i) {
      writer.record({.time_ns = i, .type = EventType::kIdleEnd});
    }
  });
  lane.join();
  EXPECT_TRUE((*drain)->stop());
  EXPECT_TRUE((*drain)->stop()) << "stopping twice is harmless";
  const Result<Trace> trace = read_trace(path);
  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_FALSE(trace->truncated);
  EXPECT_EQ(trace->events.size() + trace->dropped, 20'000U);
}

TEST(TraceDrain, an_unwritable_path_or_an_absurd_interval_is_refused_before_the_run) {
  Recorder recorder;
  EXPECT_FALSE(TraceDrain::start(recorder, "/nonexistent/run.aegis"));
  EXPECT_FALSE(TraceDrain::start(recorder, "/tmp/x", {.interval = Duration::zero()}));
}

#if !defined( \
    __SANITIZE_THREAD__)  // ThreadSanitizer does not follow a fork of a process with threads
// The property: SIGKILL at any instant leaves a trace that opens, as `truncated`, with what was
// flushed.
TEST(TraceDrain, a_sigkill_leaves_a_trace_that_opens) {
  const TemporaryPath path;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Recorder recorder;
    Writer lane = recorder.add_thread("lane0");
    auto drain = TraceDrain::start(recorder, path, {.interval = Duration::milliseconds(1)});
    for (std::int64_t i = 0;; ++i) lane.record({.time_ns = i, .type = EventType::kIdleEnd});
  }
  // Until a few whole blocks were flushed; on a slow machine that takes as long as it takes.
  while (std::filesystem::file_size(path) < 4 * 65536) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const Result<Trace> trace = read_trace(path);
  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_TRUE(trace->truncated);
  EXPECT_FALSE(trace->events.empty());
}
#endif

}  // namespace
}  // namespace aegis::trace
