// SPDX-License-Identifier: Apache-2.0
#include "platform/thread_setup.h"

#include <cerrno>
#include <cstdint>

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace aegis::executor::platform {
namespace {

// sched_setattr(2) as of its first version; glibc 2.36 has neither the call nor the structure.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(SchedulingAttributes) == 48, "SCHED_ATTR_SIZE_VER0");
constexpr std::uint32_t kSchedDeadline = 6;
// Without it the kernel forbids a SCHED_DEADLINE thread to create threads.
constexpr std::uint64_t kResetOnFork = 1;

// No larger set is asked for: 1024 CPUs.
void add(cpu_set_t& set, int cpu) noexcept {
  if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<unsigned>(cpu), &set);
}

}  // namespace

void name_this_thread(const std::string& name) noexcept {
  char cut[16] = {};
  name.copy(cut, sizeof cut - 1);
  pthread_setname_np(pthread_self(), cut);
}

void sleep_exactly() noexcept {
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

int run_on(int cpu) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  add(set, cpu);
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

// The kernel cuts the set down to what the process may use, so asking for everything undoes an
// inherited pin. With `avoided` the only CPU there is, that request fails and the second one
// stands.
void run_anywhere(std::optional<int> avoided) noexcept {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) add(all, cpu);
  cpu_set_t set = all;
  if (avoided && *avoided >= 0 && *avoided < CPU_SETSIZE) {
    CPU_CLR(static_cast<unsigned>(*avoided), &set);
  }
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    pthread_setaffinity_np(pthread_self(), sizeof all, &all);
  }
}

std::vector<int> cpus_of_this_thread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

int reserve(const DeadlineReservation& reservation) noexcept {
  SchedulingAttributes attributes;
  attributes.policy = kSchedDeadline;
  attributes.flags = kResetOnFork;
  attributes.runtime_ns = static_cast<std::uint64_t>(reservation.runtime.ns());
  attributes.deadline_ns = static_cast<std::uint64_t>(reservation.deadline.ns());
  attributes.period_ns = static_cast<std::uint64_t>(reservation.period.ns());
  return syscall(SYS_sched_setattr, 0, &attributes, 0U) == 0 ? 0 : errno;
}

int lock_all_memory() noexcept {
  return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : errno;
}

}  // namespace aegis::executor::platform
