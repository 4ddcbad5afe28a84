// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/allocation_log.h"

#include <gtest/gtest.h>

#include "aegis/memory/lifetime.h"

namespace aegis::memory {
namespace {

// What the runs below pretend to have got from an allocator.
const char addresses[4] = {};
const void* const a = &addresses[0];
const void* const b = &addresses[1];
const void* const c = &addresses[2];

//   step   0   1   2   3   4   5
//   a      [===========)            512 bytes
//   b          [===)                 64, scratch: nothing is allocated before it goes
//   c                  [===...)     256 (allocated at 3, released at 5)
AllocationLog example() {
  AllocationRecorder recorder;
  recorder.begin();
  recorder.allocated(a, 512);
  recorder.allocated(b, 64);
  recorder.released(b);
  recorder.allocated(c, 256);
  recorder.released(a);
  recorder.released(c);
  return recorder.end().value();
}

TEST(AllocationLog, does_not_depend_on_addresses) {
  AllocationRecorder recorder;
  recorder.begin();
  for (const auto& [address, bytes] : {std::pair{c, 512}, std::pair{a, 64}}) {
    recorder.allocated(address, static_cast<std::size_t>(bytes));
  }
  recorder.released(a);
  recorder.allocated(a, 256);  // an address used again is another buffer
  recorder.released(c);
  recorder.released(a);
  EXPECT_EQ(recorder.end().value(), example());
}

TEST(AllocationLog, differs_by_size_and_by_order) {
  AllocationRecorder recorder;
  recorder.begin();
  recorder.allocated(a, 512);
  recorder.allocated(b, 65);
  recorder.released(b);
  recorder.released(a);
  const AllocationLog one = recorder.end().value();
  recorder.begin();
  recorder.allocated(a, 512);
  recorder.allocated(b, 65);
  recorder.released(a);
  recorder.released(b);
  EXPECT_NE(recorder.end().value(), one);
}

TEST(AllocationLog, a_run_that_keeps_memory_has_none) {
  AllocationRecorder recorder;
  recorder.begin();
  recorder.allocated(a, 512);
  EXPECT_EQ(recorder.end().error().message(), "a run kept memory beyond its end: 1 buffers");
  recorder.begin();
  EXPECT_TRUE(recorder.end()) << "the next run starts afresh";
  recorder.begin();
  recorder.released(b);
  EXPECT_EQ(recorder.end().error().message(), "a run released memory that it had not allocated");
}

TEST(Lifetimes, are_half_open_and_in_steps) {
  const std::vector<Buffer> expected{{.lower = 0, .upper = 4, .bytes = 512, .scratch = false},
                                     {.lower = 1, .upper = 2, .bytes = 64, .scratch = true},
                                     {.lower = 3, .upper = 5, .bytes = 256, .scratch = true}};
  EXPECT_EQ(lifetimes_of(example()), expected);
}

TEST(Lifetimes, the_peak_counts_what_is_alive_together) {
  EXPECT_EQ(peak_bytes(lifetimes_of(example())), 512U + 256U);
  EXPECT_EQ(
      peak_bytes({{.lower = 0, .upper = 2, .bytes = 1}, {.lower = 2, .upper = 3, .bytes = 65}}),
      128U)
      << "one ends where the other begins; sizes count as aligned";
  EXPECT_EQ(peak_bytes({}), 0U);
}

}  // namespace
}  // namespace aegis::memory
