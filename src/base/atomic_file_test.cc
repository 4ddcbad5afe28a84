// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/atomic_file.h"

#include <filesystem>

#include <sys/stat.h>

#include <gtest/gtest.h>

namespace aegis {
namespace {

class AtomicFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(AtomicFile, appears_whole_and_replaces_the_old_one) {
  ASSERT_TRUE(write_file_atomically(folder_ / "f", "old"));
  ASSERT_TRUE(write_file_atomically(folder_ / "f", "new content"));
  EXPECT_EQ(read_file(folder_ / "f", 100).value(), "new content");
}

TEST_F(AtomicFile, leaves_nothing_behind_when_it_cannot_be_written) {
  std::filesystem::create_directories(folder_ / "taken" / "by_a_folder");
  const Status refused = write_file_atomically(folder_ / "taken", "x");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("taken"), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(AtomicFile, refuses_a_missing_folder_with_its_reason) {
  const Status refused = write_file_atomically(folder_ / "absent" / "f", "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
}

TEST_F(AtomicFile, trying_refuses_what_writing_would) {
  EXPECT_EQ(try_writing(folder_ / "absent" / "f").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(try_writing(folder_));
  EXPECT_FALSE(try_writing("/proc/nobody_writes_here"));
}

TEST_F(AtomicFile, trying_touches_nothing) {
  ASSERT_TRUE(write_file_atomically(folder_ / "f", "old"));
  EXPECT_TRUE(try_writing(folder_ / "f"));
  EXPECT_TRUE(try_writing(folder_ / "g"));
  EXPECT_TRUE(try_writing("/dev/full")) << "a device is not asked";
  EXPECT_EQ(read_file(folder_ / "f", 100).value(), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(AtomicFile, a_device_is_written_to_not_replaced) {
  ASSERT_TRUE(write_file_atomically("/dev/null", "x"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_EQ(write_file_atomically("/dev/full", "x").error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST_F(AtomicFile, what_is_not_a_regular_file_is_not_waited_for) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_file(folder_ / "pipe", 10).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(read_file(folder_, 10).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(AtomicFile, reading_stops_at_the_limit) {
  ASSERT_TRUE(write_file_atomically(folder_ / "f", std::string(1000, 'x')));
  EXPECT_EQ(read_file(folder_ / "f", 1000).value().size(), 1000U);
  EXPECT_EQ(read_file(folder_ / "f", 999).error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(read_file(folder_ / "none", 999).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace aegis
