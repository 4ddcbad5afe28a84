// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/scheduler_config.h"

#include <algorithm>
#include <bit>
#include <string>

#include "aegis/executor/real_time_thread.h"

namespace aegis::executor {
namespace {

Status invalid(const char* text, const std::string& field) {
  return fail(Error::permanent(ErrorCode::kInvalidArgument, text).with_detail(field));
}

// Of one group; more would be a machine of more CPUs than a worker's number can name.
constexpr std::size_t kMostWorkers = 64;
// With the workers, all threads that submit have a slab of their own: 256 of them (SlotDirectory).
constexpr std::size_t kMostSubmitters = 200;
// A slot's number has 20 bits (task_slot.h), and a worker has one slot more than this, rounded up
// to a power of two: twice as many.
constexpr std::size_t kMostSlots = std::size_t{1} << 19U;
constexpr std::size_t kMostRecurrent = 4096;
constexpr std::size_t kMostKinds = 4096;

Status check_cpus(const std::vector<int>& cpus, const std::vector<int>& allowed,
                  const std::string& field) {
  for (const int cpu : cpus) {
    if (std::find(allowed.begin(), allowed.end(), cpu) != allowed.end()) continue;
    return fail(Error::permanent(ErrorCode::kNotFound, "this process may not use the CPU")
                    .with_detail(field + ": CPU " + std::to_string(cpu)));
  }
  return ok();
}

Status check_spin(const SpinStrategy& spin, const std::string& field) {
  if (spin.before_release < Duration::zero() || spin.after_work < Duration::zero()) {
    return invalid("a spin is not negative", field);
  }
  return ok();
}

Status check_policy(WorkerPolicy policy, const std::string& field) {
  if (worker_policy_from(to_string(policy))) return ok();
  return invalid("there is no such policy", field);
}

Status check_group(const SchedulerConfig& config, const GroupConfig& group,
                   const std::vector<int>& allowed, const std::string& name) {
  const std::size_t workers = group.workers.value_or(config.workers);
  if (workers < 1 || workers > kMostWorkers) {
    return invalid("a group has 1 to 64 workers, or is not enabled", name + ".workers");
  }
  if (group.fifo_priority && (*group.fifo_priority < 1 || *group.fifo_priority > 98)) {
    return invalid("a real-time priority is 1 to 98 (99 is the kernel's)", name + ".fifo_priority");
  }
  if (group.reservation) {
    const ThreadRequest request{.name = name, .reservation = group.reservation};
    if (Status sound = validate(request); !sound) return sound;
    if (group.cpus && !group.cpus->empty()) {
      return invalid("the kernel refuses pinned threads a reservation", name + ".cpus");
    }
  }
  if (group.policy) {
    if (Status known = check_policy(*group.policy, name + ".policy"); !known) return known;
  }
  if (group.cpus) {
    if (Status known = check_cpus(*group.cpus, allowed, name + ".cpus"); !known) return known;
  }
  const theory::Overheads& overheads = group.admission.overheads;
  const auto negative = {overheads.release, overheads.dispatch, overheads.completion,
                         overheads.clock_error, group.admission.longest_plain_task};
  if (std::min(negative) < Duration::zero()) {
    return invalid("what a proof charges is not negative", name + ".admission");
  }
  if (Status sound = theory::validate(group.admission.supply); !sound) return sound;
  return group.spin ? check_spin(*group.spin, name + ".spin") : ok();
}

Status check_sizes(const SchedulerConfig& config) {
  const std::size_t slots = config.queue_capacity;
  if (slots < 2 || slots > kMostSlots || !std::has_single_bit(slots)) {
    return invalid("a power of two from 2 to 524288", "queue_capacity");
  }
  if (config.max_submitters < 1 || config.max_submitters > kMostSubmitters) {
    return invalid("1 to 200", "max_submitters");
  }
  if (config.max_recurrent > kMostRecurrent) return invalid("at most 4096", "max_recurrent");
  if (config.max_kinds < 1 || config.max_kinds > kMostKinds) {
    return invalid("1 to 4096", "max_kinds");
  }
  if (config.hang_factor < 1 || config.hang_factor > 1000)
    return invalid("1 to 1000", "hang_factor");
  if (config.hang_limit <= Duration::zero()) return invalid("longer than nothing", "hang_limit");
  if (config.latency_budget <= Duration::zero()) {
    return invalid("longer than nothing", "latency_budget");
  }
  return ok();
}

}  // namespace

Status validate(const SchedulerConfig& config) {
  if (Status sound = check_sizes(config); !sound) return sound;
  if (Status sound = check_spin(config.spin, "spin"); !sound) return sound;
  if (Status known = check_policy(config.policy, "policy"); !known) return known;
  const auto allowed = cpus_of_this_process();
  if (!allowed) return fail(allowed.error());
  if (Status known = check_cpus(config.cpus, *allowed, "cpus"); !known) return known;
  std::size_t workers = 0;
  for (std::size_t g = 0; g < kPriorities; ++g) {
    const GroupConfig& group = config.groups[g];
    if (!group.enabled) continue;
    const std::string name(to_string(static_cast<Priority>(g)));
    if (Status sound = check_group(config, group, *allowed, name); !sound) return sound;
    workers += group.workers.value_or(config.workers);
  }
  if (workers == 0) return invalid("at least one group is enabled", "groups");
  if (1 + workers + config.max_submitters > 256) {
    return invalid("workers and max_submitters together are at most 255", "max_submitters");
  }
  return ok();
}

}  // namespace aegis::executor
