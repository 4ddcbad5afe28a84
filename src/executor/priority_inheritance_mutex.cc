// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/priority_inheritance_mutex.h"

#include <cerrno>
#include <utility>

#include <pthread.h>

#include "aegis/base/check.h"

namespace aegis::executor {

struct PriorityInheritanceMutex::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (alive) pthread_mutex_destroy(&mutex);
  }
  // 0, or what was refused.
  int open() {
    pthread_mutexattr_t attributes;
    if (const int error = pthread_mutexattr_init(&attributes); error != 0) return error;
    int error = pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    // Without it a second lock by the holder would sleep for ever.
    if (error == 0) error = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    if (error == 0) error = pthread_mutex_init(&mutex, &attributes);
    alive = error == 0;
    pthread_mutexattr_destroy(&attributes);
    return error;
  }

  pthread_mutex_t mutex{};
  bool alive = false;
};

Result<PriorityInheritanceMutex> PriorityInheritanceMutex::create() {
  auto state = std::make_unique<State>();
  const int error = state->open();
  if (error == 0) return PriorityInheritanceMutex(std::move(state));
  const bool memory = error == ENOMEM || error == EAGAIN;
  return fail(
      Error::permanent(memory ? ErrorCode::kResourceExhausted : ErrorCode::kUnsupported,
                       memory ? "no memory for a mutex" : "no mutex with priority inheritance here")
          .with_native(error));
}

PriorityInheritanceMutex::PriorityInheritanceMutex(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
PriorityInheritanceMutex::PriorityInheritanceMutex(PriorityInheritanceMutex&&) noexcept = default;
PriorityInheritanceMutex& PriorityInheritanceMutex::operator=(PriorityInheritanceMutex&&) noexcept =
    default;
PriorityInheritanceMutex::~PriorityInheritanceMutex() = default;

void PriorityInheritanceMutex::lock() noexcept {
  check(pthread_mutex_lock(&state_->mutex) == 0, "a thread does not lock a mutex it holds");
}

bool PriorityInheritanceMutex::try_lock() noexcept {
  return pthread_mutex_trylock(&state_->mutex) == 0;
}

void PriorityInheritanceMutex::unlock() noexcept {
  check(pthread_mutex_unlock(&state_->mutex) == 0, "a thread unlocks only what it holds");
}

}  // namespace aegis::executor
