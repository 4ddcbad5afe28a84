// SPDX-License-Identifier: Apache-2.0
//
// What AegisRT's own code adds to a segment between the lane and the backend: finding the context,
// its fault boundary, the backend's order of segments. The mock's segment takes no time and writes
// one byte; its one reading of the monotonic clock (about 20 ns) is in the figure.
#include <benchmark/benchmark.h>

#include "aegis/context/context_driver.h"
#include "aegis/context/mock_backend.h"

namespace aegis::context {
namespace {

void start_and_poll_a_segment(benchmark::State& state) {
  const auto tasks = static_cast<std::uint32_t>(state.range(0));
  ManualClock clock;
  MockBackend backend = MockBackend::advancing(clock);
  backend.script(
      "empty",
      {.segments = {MockSegment::exactly(Duration::zero())}, .input_bytes = 1, .output_bytes = 1});
  memory::LaneArena arena = memory::LaneArena::reserve().value();
  ContextDriver driver(64);
  std::vector<std::unique_ptr<ExecutionContext>> contexts;
  for (std::uint32_t task = 0; task < tasks; ++task) {
    auto context = ExecutionContext::create(ContextId{task}, backend, {.name = "empty"}, arena);
    check(context.has_value(), "the mock loads");
    contexts.push_back(std::move(*context));
    check(driver.add(TaskId{task}, *contexts.back()).has_value(), "the table has room");
  }
  std::uint64_t job = 0;
  for (auto _ : state) {
    const TaskId task{static_cast<std::uint32_t>(job) % tasks};
    benchmark::DoNotOptimize(driver.start_segment({task, job}, 0, 0));
    benchmark::DoNotOptimize(driver.poll());
    ++job;
  }
}
BENCHMARK(start_and_poll_a_segment)->Arg(1)->Arg(10)->Arg(64);

}  // namespace
}  // namespace aegis::context
