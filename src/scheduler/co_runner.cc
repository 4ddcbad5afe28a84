// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/co_runner.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <sys/mman.h>

namespace aegis::scheduler {

namespace {

constexpr std::size_t kWordsPerLine =
    8;  // 64 bytes; on a machine with 128 twice as dense as needed
// Beyond the private caches of today's cores (2 to 4 MiB), which the lane does not share.
constexpr std::size_t kLeastBytes = std::size_t{4} << 20;
constexpr std::size_t kMostCoRunners = 64;
// A few microseconds of work: how late a thread notices that it should end.
constexpr int kWritesBetweenLooks = 1'000;
constexpr std::size_t kWordsBetweenLooks = std::size_t{8} << 10;  // 64 KiB

// Marsaglia's xorshift64: full period, three shifts; the walk must not be predictable, not random.
std::uint64_t next_random(std::uint64_t state) {
  state ^= state << 13U;
  state ^= state >> 7U;
  return state ^ (state << 17U);
}

class Antagonist final : public CoRunner {
 public:
  Antagonist(const AntagonistRequest& request, const Clock& clock)
      : pressure_(request.pressure), clock_(clock), until_(clock.now() + request.longest) {}
  Antagonist(const Antagonist&) = delete;
  Antagonist& operator=(const Antagonist&) = delete;
  ~Antagonist() override { stop_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] Status add(int cpu, std::size_t bytes) {
    auto buffer = Buffer::take(bytes);
    if (!buffer) return fail(buffer.error());
    const std::span<std::uint64_t> words = buffers_.emplace_back(std::move(*buffer)).words();
    auto thread = executor::RealTimeThread::start(
        {.name = "aegis-antagon", .cpu = cpu},
        [this, words](const executor::ThreadGrant&) { work(words); });
    if (!thread) return fail(thread.error());
    if (!thread->grant().pinned) {
      stop_.store(true, std::memory_order_relaxed);
      return fail(Error::permanent(ErrorCode::kPermissionDenied,
                                   "a co-runner cannot be kept off the lane's CPU")
                      .with_detail(thread->grant().note));
    }
    threads_.push_back(std::move(*thread));
    return ok();
  }

  void wait_until_at_work() const {
    while (at_work_.load() < threads_.size() && running()) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
  [[nodiscard]] Status running() const override {
    if (!over_.load(std::memory_order_relaxed)) return ok();
    return fail(Error::transient(ErrorCode::kFailedPrecondition,
                                 "the co-runners ended before the measurement"));
  }

 private:
  [[nodiscard]] bool goes_on() {
    if (stop_.load(std::memory_order_relaxed)) return false;
    if (clock_.now() < until_) return true;
    over_.store(true, std::memory_order_relaxed);
    return false;
  }

  void work(std::span<std::uint64_t> words) {
    ++at_work_;
    if (pressure_ == Pressure::kCache) {
      walk(words);
    } else {
      stream(words);
    }
  }

  void walk(std::span<std::uint64_t> words) {
    for (std::uint64_t state = words.size(); goes_on();) {
      for (int i = 0; i < kWritesBetweenLooks; ++i) {
        state = next_random(state);
        ++words[state % words.size()];
      }
    }
  }

  void stream(std::span<std::uint64_t> words) {
    const auto from = words.first(words.size() / 2);
    const auto to = words.last(from.size());
    for (std::size_t at = 0; goes_on();
         at = at + kWordsBetweenLooks < from.size() ? at + kWordsBetweenLooks : 0) {
      const std::size_t count = std::min(kWordsBetweenLooks, from.size() - at);
      std::memcpy(&to[at], &from[at], count * sizeof(std::uint64_t));
    }
  }

  const Pressure pressure_;
  const Clock& clock_;
  const TimePoint until_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> over_{false};
  std::atomic<std::size_t> at_work_{0};
  std::vector<Buffer> buffers_;
  std::vector<executor::RealTimeThread> threads_;  // end before what they use
};

}  // namespace

Result<Buffer> Buffer::take(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return fail(
        Error::permanent(ErrorCode::kResourceExhausted, "no memory to press on the caches with")
            .with_detail(std::to_string(bytes >> 20U) +
                         " MiB; is the limit of locked memory too small?"));
  }
  Buffer buffer({static_cast<std::uint64_t*>(memory), bytes / sizeof(std::uint64_t)});
  write_through(buffer.words());
  return buffer;
}

Buffer::Buffer(Buffer&& other) noexcept : words_(std::exchange(other.words_, {})) {}

Buffer::~Buffer() {
  if (!words_.empty()) ::munmap(words_.data(), words_.size_bytes());
}

void write_through(std::span<std::uint64_t> words) noexcept {
  for (std::size_t at = 0; at < words.size(); at += kWordsPerLine) ++words[at];
}

Result<std::unique_ptr<CoRunner>> start_antagonist(const AntagonistRequest& request,
                                                   const Clock& clock) {
  if (request.cpus.empty()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "a co-runner needs a CPU"));
  }
  const std::size_t together =
      request.pressure == Pressure::kCache ? request.cache_bytes : request.cache_bytes * 2;
  const std::size_t each = std::max(together / request.cpus.size(), kLeastBytes);
  auto antagonist = std::make_unique<Antagonist>(request, clock);
  for (const int cpu : request.cpus) {
    if (Status added = antagonist->add(cpu, each); !added) return fail(added.error());
  }
  antagonist->wait_until_at_work();
  return std::unique_ptr<CoRunner>(std::move(antagonist));
}

std::vector<int> co_runner_cpus(std::vector<int> allowed, std::optional<int> lane_cpu) {
  if (lane_cpu) {
    std::erase(allowed, *lane_cpu);
  } else if (!allowed.empty()) {
    allowed.pop_back();
  }
  if (allowed.size() > kMostCoRunners) allowed.resize(kMostCoRunners);
  return allowed;
}

}  // namespace aegis::scheduler
