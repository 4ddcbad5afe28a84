// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/fault_boundary.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::context {
namespace {

TEST(FaultBoundary, a_transient_error_fails_only_the_job) {
  FaultBoundary faults;
  faults.note(Error::transient(ErrorCode::kBackend, "busy"));
  faults.note(Error::transient(ErrorCode::kCancelled, "cancelled"));
  EXPECT_TRUE(faults.admit());
  EXPECT_EQ(faults.transient_errors(), 2U);
  EXPECT_FALSE(faults.first_error().has_value());
}

TEST(FaultBoundary, a_permanent_or_fatal_error_closes_and_the_first_is_kept) {
  for (const Error& first : {Error::permanent(ErrorCode::kBackend, "first"),
                             Error::fatal(ErrorCode::kBackend, "first")}) {
    FaultBoundary faults;
    faults.note(first);
    faults.note(Error::fatal(ErrorCode::kBackend, "second"));
    const Status refused = faults.admit();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_EQ(refused.error().detail_view(), "first");
    EXPECT_EQ(std::string(faults.first_error()->text), "first");
  }
}

TEST(FaultBoundary, close_is_for_reasons_from_outside_whatever_their_category) {
  FaultBoundary faults;
  faults.close(Error::transient(ErrorCode::kCancelled, "cancelled by the watchdog"));
  EXPECT_TRUE(faults.closed());
  EXPECT_EQ(faults.transient_errors(), 0U);
}

// Property: whoever closes it, every reader sees nothing or one and the same whole error.
TEST(FaultBoundary, readers_see_one_whole_error_while_many_threads_close) {
  for (int round = 0; round < 50; ++round) {
    FaultBoundary faults;
    std::atomic<bool> torn{false};
    std::vector<std::thread> threads;
    for (const char* text : {"a", "b", "c"}) {
      threads.emplace_back([&faults, text] {
        faults.note(Error::permanent(ErrorCode::kBackend, text).with_detail(text));
      });
    }
    threads.emplace_back([&] {
      std::string seen;
      for (int i = 0; i < 1000; ++i) {
        const std::optional<Error> error = faults.first_error();
        if (!error.has_value()) {
          if (!seen.empty()) torn = true;
          continue;
        }
        if (error->detail_view() != error->text) torn = true;
        if (!seen.empty() && seen != error->text) torn = true;
        seen = error->text;
      }
    });
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(torn);
    EXPECT_TRUE(faults.first_error().has_value());
  }
}

}  // namespace
}  // namespace aegis::context
