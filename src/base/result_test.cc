// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/result.h"

#include <cerrno>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace aegis {
namespace {

Result<int> half_of(int number) {
  if (number % 2 != 0)
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "number must be even"));
  return number / 2;
}

TEST(Result, carries_a_value_or_the_reason_there_is_none) {
  EXPECT_EQ(half_of(8).value(), 4);
  const Result<int> odd = half_of(7);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(odd.value_or(-1), -1);
}

TEST(Result, moves_values_that_cannot_be_copied) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 3);
}

TEST(Result, of_an_own_error_type) {
  const Result<int, std::string> refused = fail(std::string("line 3: unknown key"));
  EXPECT_EQ(refused.error(), "line 3: unknown key");
}

TEST(ResultDeathTest, value_of_a_failure_ends_the_process) {
  EXPECT_DEATH(
      { [[maybe_unused]] const int value = half_of(7).value(); }, "called on a success only");
}

TEST(Status, is_ok_or_fails) {
  EXPECT_TRUE(ok());
  const Status refused = fail(Error::transient(ErrorCode::kResourceExhausted, "inbox is full"));
  EXPECT_FALSE(refused);
  EXPECT_EQ(refused.error().category, ErrorCategory::kTransient);
}

TEST(Error, message_is_one_line_with_text_detail_and_errno) {
  EXPECT_EQ(Error::system("cannot open trace", "/x/y", ENOENT).message(),
            "cannot open trace: /x/y: No such file or directory");
  EXPECT_EQ(Error::fatal(ErrorCode::kBackend, "run failed")
                .with_native(11)
                .with_detail("bad node\nstack")
                .message(),
            "run failed: bad node");
}

TEST(Error, detail_longer_than_its_room_is_cut_not_overrun) {
  const Error error =
      Error::permanent(ErrorCode::kBackend, "t").with_detail(std::string(1000, 'x'));
  EXPECT_EQ(error.detail_view(), std::string(Error::kDetailCapacity - 1, 'x'));
}

TEST(Error, remembers_where_it_was_made) {
  EXPECT_NE(std::string(half_of(7).error().where.file_name()).find("result_test"),
            std::string::npos);
}

TEST(Error, every_code_and_category_has_a_name) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    EXPECT_NE(to_string(static_cast<ErrorCode>(code)), "unknown") << code;
  }
  for (int category = 0; category <= static_cast<int>(ErrorCategory::kFatal); ++category) {
    EXPECT_NE(to_string(static_cast<ErrorCategory>(category)), "unknown") << category;
  }
}

}  // namespace
}  // namespace aegis
