// SPDX-License-Identifier: Apache-2.0
//
// Ours, and the peers that this machine has, each in its best use. Absent ones still have a row.
#pragma once

#include "executor.h"
#include "mutex_queue.h"
#include "nanosecond_worker.h"
#if AEGIS_BENCHMARK_TBB
#include "one_tbb.h"
#endif
#if AEGIS_BENCHMARK_ASIO
#include "boost_asio.h"
#endif
#if AEGIS_BENCHMARK_MOODYCAMEL
#include "moodycamel.h"
#endif

namespace aegis::benchmarks {

// Calls present.template operator()<Peer>() for each peer there is, absent(name, why) for the
// others.
template <class Present, class Absent>
void for_each_peer([[maybe_unused]] Idle idle, Present present, [[maybe_unused]] Absent absent) {
  present.template operator()<NanosecondWorker>();
  present.template operator()<MutexQueue>();
#if AEGIS_BENCHMARK_TBB
  present.template operator()<OneTbb>();
#else
  absent("oneTBB task_arena::enqueue", "not installed when this was built");
#endif
#if AEGIS_BENCHMARK_ASIO
  present.template operator()<BoostAsio>();
#else
  absent("Boost.Asio post", "not installed when this was built");
#endif
#if AEGIS_BENCHMARK_MOODYCAMEL
  if (idle == Idle::kParks) {
    present.template operator()<MoodycamelParking>();
  } else {
    present.template operator()<MoodycamelSpinning>();
  }
#else
  absent("moodycamel::ConcurrentQueue", "not installed when this was built");
#endif
}

}  // namespace aegis::benchmarks
