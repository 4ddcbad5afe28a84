// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/real_time_thread.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <system_error>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sched.h>

#include <fmt/format.h>

#include "platform/thread_setup.h"

namespace aegis::executor {
namespace {

// Deeper than our own frames and a runtime's kernels go in practice; beyond it a fault costs some
// microseconds, once.
constexpr std::size_t kPrefaultBytes = std::size_t{512} << 10;
// Twice what is touched at the start.
constexpr std::size_t kSmallestStack = 2 * kPrefaultBytes;
// The kernel's resolution of a runtime (DL_SCALE).
constexpr Duration kShortestRuntime = Duration::nanoseconds(1024);

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
  const int error = platform::run_on(cpu);
  grant.pinned = error == 0;
  if (error != 0) {
    add_note(grant.note,
             fmt::format("pinning to CPU {} refused: {} (not among the CPUs of this process)", cpu,
                         std::generic_category().message(error)));
  }
}

void reserve(const DeadlineReservation& reservation, ThreadGrant& grant) {
  const int error = platform::reserve(reservation);
  grant.real_time = error == 0;
  if (error == 0) return;
  const char* hint = "";
  if (error == EPERM) hint = " (needs CAP_SYS_NICE and all CPUs that are scheduled together)";
  if (error == EBUSY) hint = " (more than the kernel admits)";
  add_note(grant.note,
           fmt::format("SCHED_DEADLINE of {} ns in {} ns refused: {}{}", reservation.runtime.ns(),
                       reservation.period.ns(), std::generic_category().message(error), hint));
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

Status refuse(const char* text, const std::string& name) {
  return fail(Error::permanent(ErrorCode::kInvalidArgument, text).with_detail(name));
}

Status check_reservation(const ThreadRequest& request) {
  if (!request.reservation) return ok();
  if (request.cpu || request.avoid_cpu) {
    return refuse("SCHED_DEADLINE is for threads that may use all CPUs: the kernel refuses others",
                  request.name);
  }
  if (request.fifo_priority) {
    return refuse("a thread is SCHED_DEADLINE or SCHED_FIFO, not both", request.name);
  }
  const DeadlineReservation& asked = *request.reservation;
  const bool ordered = kShortestRuntime <= asked.runtime && asked.runtime <= asked.deadline &&
                       asked.deadline <= asked.period;
  if (!ordered) {
    return refuse("a reservation is 1.024 us <= runtime <= deadline <= period", request.name);
  }
  return ok();
}

std::string fifo_refusal(int priority, int error) {
  const char* hint = error == EPERM ? " (needs CAP_SYS_NICE or an rtprio limit)" : "";
  return fmt::format("SCHED_FIFO {} refused: {}{}", priority,
                     std::generic_category().message(error), hint);
}

}  // namespace

Result<std::vector<int>> cpus_of_this_process() {
  std::vector<int> cpus;
  auto thread = RealTimeThread::start(
      {.name = "aegis-cpus"}, [&](const ThreadGrant&) { cpus = platform::cpus_of_this_thread(); });
  if (!thread) return fail(thread.error());
  thread->join();
  return cpus;
}

Status validate(const ThreadRequest& request) {
  if (Status sound = check_reservation(request); !sound) return sound;
  if (request.fifo_priority && (*request.fifo_priority < 1 || *request.fifo_priority > 98)) {
    return refuse("a SCHED_FIFO priority is 1 to 98", request.name);
  }
  if (request.stack_bytes < kSmallestStack) {
    return refuse("a thread's stack is at least 1 MiB", request.name);
  }
  if (!request.cpu) return ok();
  const auto cpus = cpus_of_this_process();
  if (!cpus) return fail(cpus.error());
  if (std::ranges::find(*cpus, *request.cpu) != cpus->end()) return ok();
  return fail(Error::permanent(ErrorCode::kNotFound, "no such CPU, or not one of this process")
                  .with_detail(fmt::format("{}: CPU {}", request.name, *request.cpu)));
}

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
  platform::name_this_thread(state.request.name);
  platform::sleep_exactly();
  if (state.request.cpu) {
    pin(*state.request.cpu, state.grant);
  } else {
    platform::run_anywhere(state.request.avoid_cpu);
  }
  if (state.request.fifo_priority || state.request.reservation) touch_stack();
  if (state.request.reservation) reserve(*state.request.reservation, state.grant);
  state.ready.set_value();
  state.body(state.grant);
  return nullptr;
}

Result<RealTimeThread> RealTimeThread::start(const ThreadRequest& request,
                                             std::function<void(const ThreadGrant&)> body) {
  if (Status sound = check_reservation(request); !sound) return fail(sound.error());
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
  const int error = platform::lock_all_memory();
  if (error == 0) return {};
  const char* hint =
      error == EPERM || error == ENOMEM ? " (needs CAP_IPC_LOCK or a larger memlock limit)" : "";
  return fmt::format("locking memory refused: {}{}", std::generic_category().message(error), hint);
}

}  // namespace aegis::executor
