// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "aegis/base/clock.h"
#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/executor/real_time_thread.h"

namespace aegis::scheduler {

// Something that works on other CPUs while a job is measured: from when it is made until it is
// destroyed, which waits for its threads.
class CoRunner {
 public:
  CoRunner() = default;
  CoRunner(const CoRunner&) = delete;
  CoRunner& operator=(const CoRunner&) = delete;
  virtual ~CoRunner() = default;
  // A failure when it ended by itself, with the first reason: what was measured since was not
  // measured beside it. May lock; any thread.
  [[nodiscard]] virtual Status running() const = 0;
};

// Anonymous memory of the process that was written once, so that each page is a page of its own (a
// page never written is the kernel's one page of zeros, and no cache is too small for that).
class Buffer {
 public:
  // kResourceExhausted when the system does not give it. Some 0.3 s a GiB.
  [[nodiscard]] static Result<Buffer> take(std::size_t bytes);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) = delete;
  ~Buffer();
  [[nodiscard]] std::span<std::uint64_t> words() const noexcept { return words_; }

 private:
  explicit Buffer(std::span<std::uint64_t> words) : words_(words) {}
  std::span<std::uint64_t> words_;
};

// Writes one word of each cache line, in order.
void write_through(std::span<std::uint64_t> words) noexcept;

// What they press on: the last-level cache, or the way to memory behind it.
enum class Pressure : std::uint8_t { kCache, kBandwidth };

// Who presses, on what and for how long at most.
struct AntagonistRequest {
  Pressure pressure = Pressure::kCache;
  std::vector<int> cpus;        // one thread each, pinned, of the normal class; at least one
  std::size_t cache_bytes = 0;  // of the last-level cache that they press on
  // They end by themselves after this long, should whoever owns them never come back.
  Duration longest = Duration::seconds(600);
};

// Presses on the memory system from other CPUs.
//
//   auto antagonist = start_antagonist({.pressure = Pressure::kBandwidth, .cpus = {0},
//                                       .cache_bytes = 32U << 20}, clock);
//   ... measure ...
//   antagonist->reset();
//
// Together the threads write at random through one last-level cache's worth of memory (kCache), or
// copy through twice as much (kBandwidth). Returns once every thread is at work. Allocates and
// sleeps: not for a thread whose time matters.
[[nodiscard]] Result<std::unique_ptr<CoRunner>> start_antagonist(const AntagonistRequest& request,
                                                                 const Clock& clock);

// Where co-runners may be: every CPU that this process may use but the lane's, or, when the lane is
// not pinned, all but one. At most 64: what presses on a cache is its size, not its users.
[[nodiscard]] std::vector<int> co_runner_cpus(std::vector<int> allowed,
                                              std::optional<int> lane_cpu);

}  // namespace aegis::scheduler
