// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/model_content.h"

#include <gtest/gtest.h>

#include "aegis/base/atomic_file.h"

namespace aegis::scheduler {
namespace {

class ModelContent : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& bytes) {
    // Tests of one fixture run at the same time: each has files of its own.
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    const auto path = std::filesystem::path(testing::TempDir()) / (test + "_" + name);
    EXPECT_TRUE(write_file_atomically(path, bytes));
    return path;
  }
};

TEST_F(ModelContent, follows_bytes_order_and_options_only) {
  const auto a = file("a", "first"), b = file("b", "second"), twin = file("twin", "first");
  const auto hash = [](context::LoadRequest request) { return content_hash(request).value(); };
  const std::string whole = hash({.name = "m", .parts = {a, b}});
  EXPECT_EQ(whole, hash({.name = "other name", .parts = {twin, b}}));
  EXPECT_NE(whole, hash({.name = "m", .parts = {b, a}}));
  EXPECT_NE(whole, hash({.name = "m", .parts = {a}}));
  EXPECT_NE(whole, hash({.name = "m", .parts = {a, b}, .options = {{"optimization", "none"}}}));
}

TEST_F(ModelContent, a_border_between_parts_is_part_of_the_content) {
  const auto hash = [](context::LoadRequest request) { return content_hash(request).value(); };
  EXPECT_NE(hash({.parts = {file("1", "ab"), file("2", "c")}}),
            hash({.parts = {file("3", "a"), file("4", "bc")}}));
}

TEST_F(ModelContent, a_missing_part_is_named) {
  const auto missing = content_hash({.parts = {"/nowhere/x.onnx"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message().find("/nowhere/x.onnx"), std::string::npos);
}

}  // namespace
}  // namespace aegis::scheduler
