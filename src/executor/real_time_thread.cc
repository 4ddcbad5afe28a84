// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/real_time_thread.h"

#include <array>
#include <cerrno>
#include <future>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <fmt/format.h>

namespace aegis::executor {
namespace {

// Deeper than our own frames and a runtime's kernels go in practice; beyond it a fault costs some
// microseconds, once.
constexpr std::size_t kPrefaultBytes = std::size_t{512} << 10;

void add_note(std::string& note, const std::string& words) {
  if (!note.empty()) note += "; ";
  note += words;
}

__attribute__((noinline)) void touch_stack() {
  std::array<unsigned char, kPrefaultBytes> frame;
  volatile unsigned char* bytes = frame.data();
  for (std::size_t i = 0; i < kPrefaultBytes; i += 4096) bytes[i] = 0;
}

void pin(int cpu, ThreadGrant& grant) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<unsigned>(cpu), &set);
  const int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  grant.pinned = error == 0;
  if (error != 0) {
    add_note(grant.note,
             fmt::format("pinning to CPU {} refused: {} (not among the CPUs of this process)", cpu,
                         std::generic_category().message(error)));
  }
}

// The kernel cuts the set down to what the process may use, so asking for everything undoes an
// inherited pin. With `avoided` the only CPU there is, that request fails and the second one
// stands.
void spread(std::optional<int> avoided) {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) CPU_SET(cpu, &all);
  cpu_set_t set = all;
  if (avoided && *avoided >= 0 && *avoided < CPU_SETSIZE) {
    CPU_CLR(static_cast<unsigned>(*avoided), &set);
  }
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    pthread_setaffinity_np(pthread_self(), sizeof all, &all);
  }
}

// An attribute object that names class and priority and forbids inheriting them.
class Attributes {
 public:
  Attributes(std::optional<int> fifo_priority, std::size_t stack_bytes) {
    pthread_attr_init(&attributes_);
    pthread_attr_setstacksize(&attributes_, stack_bytes);
    pthread_attr_setinheritsched(&attributes_, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes_, fifo_priority ? SCHED_FIFO : SCHED_OTHER);
    const sched_param parameters{.sched_priority = fifo_priority.value_or(0)};
    error_ = pthread_attr_setschedparam(&attributes_, &parameters);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { pthread_attr_destroy(&attributes_); }
  [[nodiscard]] const pthread_attr_t* get() const { return &attributes_; }
  // EINVAL for a priority out of range: a thread made all the same would get its creator's.
  [[nodiscard]] int error() const { return error_; }

 private:
  pthread_attr_t attributes_{};
  int error_ = 0;
};

std::string fifo_refusal(int priority, int error) {
  const char* hint = error == EPERM ? " (needs CAP_SYS_NICE or an rtprio limit)" : "";
  return fmt::format("SCHED_FIFO {} refused: {}{}", priority,
                     std::generic_category().message(error), hint);
}

}  // namespace

struct RealTimeThread::State {
  ThreadRequest request;
  std::function<void(const ThreadGrant&)> body;
  ThreadGrant grant;
  std::promise<void> ready;
  pthread_t thread{};
  bool joined = false;
};

void* RealTimeThread::enter(void* argument) {
  auto& state = *static_cast<State*>(argument);
  pthread_setname_np(pthread_self(), state.request.name.substr(0, 15).c_str());
  // 1 ns: sleeps end when asked, not up to 50 µs later. Real-time classes have none anyway.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  if (state.request.cpu) {
    pin(*state.request.cpu, state.grant);
  } else {
    spread(state.request.avoid_cpu);
  }
  if (state.request.fifo_priority) touch_stack();
  state.ready.set_value();
  state.body(state.grant);
  return nullptr;
}

Result<RealTimeThread> RealTimeThread::start(const ThreadRequest& request,
                                             std::function<void(const ThreadGrant&)> body) {
  auto state = std::make_unique<State>();
  state->request = request;
  state->body = std::move(body);
  State& shared = *state;
  const auto create = [&](std::optional<int> fifo_priority) {
    const Attributes attributes(fifo_priority, request.stack_bytes);
    if (attributes.error() != 0) return attributes.error();
    shared.grant.real_time = fifo_priority.has_value();
    return pthread_create(&shared.thread, attributes.get(), &RealTimeThread::enter, &shared);
  };
  int error = create(request.fifo_priority);
  if (error != 0 && request.fifo_priority) {
    add_note(shared.grant.note, fifo_refusal(*request.fifo_priority, error));
    error = create(std::nullopt);
  }
  if (error != 0) return fail(Error::system("cannot start a thread", request.name, error));
  shared.ready.get_future().wait();
  return RealTimeThread(std::move(state));
}

RealTimeThread::RealTimeThread(std::unique_ptr<State> state) : state_(std::move(state)) {}
RealTimeThread::RealTimeThread(RealTimeThread&&) noexcept = default;

RealTimeThread& RealTimeThread::operator=(RealTimeThread&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

RealTimeThread::~RealTimeThread() {
  join();
}

const ThreadGrant& RealTimeThread::grant() const {
  return state_->grant;
}

void RealTimeThread::join() {
  if (!state_ || state_->joined) return;
  pthread_join(state_->thread, nullptr);
  state_->joined = true;
}

std::string lock_memory() {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return {};
  const int error = errno;
  const char* hint =
      error == EPERM || error == ENOMEM ? " (needs CAP_IPC_LOCK or a larger memlock limit)" : "";
  return fmt::format("locking memory refused: {}{}", std::generic_category().message(error), hint);
}

}  // namespace aegis::executor
