// SPDX-License-Identifier: Apache-2.0
#include "segment_order.h"

#include <gtest/gtest.h>

namespace aegis::context {
namespace {

TEST(SegmentOrder, goes_round_the_segments) {
  SegmentOrder order(2);
  for (int job = 0; job < 3; ++job) {
    ASSERT_TRUE(order.begin(0));
    EXPECT_FALSE(order.is_last());
    order.done();
    ASSERT_TRUE(order.begin(1));
    EXPECT_TRUE(order.is_last());
    order.done();
  }
}

TEST(SegmentOrder, a_refused_start_changes_nothing) {
  SegmentOrder order(3);
  ASSERT_TRUE(order.begin(0));
  EXPECT_EQ(order.begin(1).error().code, ErrorCode::kFailedPrecondition);
  order.done();
  EXPECT_FALSE(order.begin(2));
  EXPECT_TRUE(order.begin(1));
  EXPECT_EQ(order.segment(), 1U);
}

TEST(SegmentOrder, only_a_fatal_failure_closes) {
  SegmentOrder order(2);
  for (const auto category : {ErrorCategory::kTransient, ErrorCategory::kPermanent}) {
    ASSERT_TRUE(order.begin(0));
    order.failed(category);
    EXPECT_FALSE(order.begin(1));
  }
  ASSERT_TRUE(order.begin(0));
  order.failed(ErrorCategory::kFatal);
  EXPECT_FALSE(order.running());
  EXPECT_EQ(order.begin(0).error().code, ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace aegis::context
