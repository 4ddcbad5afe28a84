// SPDX-License-Identifier: Apache-2.0
#include "machine_tree.h"

#include <fstream>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::service {
namespace {

using testing::ElementsAre;

TEST(CpuList, reads_what_the_kernel_writes) {
  EXPECT_EQ(parse_cpu_list("0-3,8\n"), (CpuSet{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("7"), CpuSet{7});
  EXPECT_EQ(parse_cpu_list("\n"), CpuSet{});
}

TEST(CpuList, refuses_everything_else) {
  for (const char* text : {"x", "1-", "-1", "3-1", "0-999999999", "8192", "1;2", "1-2-3", "0x1",
                           "99999999999999999999", "(null)", "\xff\xfe"}) {
    EXPECT_EQ(parse_cpu_list(text), std::nullopt) << text;
  }
}

TEST(CpuList, writes_what_it_reads) {
  for (const char* text : {"", "0", "0-3,8", "1,3,5-8191"}) {
    EXPECT_EQ(format_cpu_list(*parse_cpu_list(text)), text);
  }
}

TEST(CpuMask, has_words_of_32_the_highest_first) {
  EXPECT_EQ(format_cpu_mask({0, 1, 4}), "13");
  EXPECT_EQ(format_cpu_mask({32}), "1,00000000");
  EXPECT_EQ(format_cpu_mask({}), "0");
  EXPECT_EQ(parse_cpu_mask("1,00000000\n"), CpuSet{32});
  EXPECT_EQ(parse_cpu_mask("00000013"), (CpuSet{0, 1, 4}));
  for (const char* text : {"", "zz", "1;2", "123456789"}) {
    EXPECT_EQ(parse_cpu_mask(text), std::nullopt) << text;
  }
}

TEST(Fields, are_found_by_their_whole_name) {
  EXPECT_EQ(field_of("CapEffX:\t1\nCapEff:\t00ff \nCapEff:\t2\n", "CapEff"), "00ff");
  EXPECT_EQ(field_of("CapEff 1\n", "CapEff"), std::nullopt);
  EXPECT_EQ(field_of("", "CapEff"), std::nullopt);
}

class MachineTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    root_ = std::filesystem::path(testing::TempDir()) / ("machine_tree_" + name);
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ / "folder");
    tree_ = MachineTree({.proc = root_, .sys = root_, .dev = root_});
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(const char* name, const std::string& content) {
    std::ofstream(root_ / name) << content;
  }

  std::filesystem::path root_;
  MachineTree tree_{MachineRoots{}};
};

TEST_F(MachineTreeTest, reads_without_the_newline) {
  write("file", "42\n");
  EXPECT_EQ(*tree_.proc("file"), "42");
  EXPECT_EQ(tree_.sys_integer("file"), 42);
  EXPECT_THAT(tree_.proc_names(""), ElementsAre("file", "folder"));
}

TEST_F(MachineTreeTest, says_why_it_cannot_read) {
  EXPECT_EQ(tree_.proc("absent").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(tree_.proc("folder"));
  EXPECT_FALSE(tree_.device_opens("absent"));
  EXPECT_TRUE(tree_.proc_names("absent").empty());
}

TEST_F(MachineTreeTest, reads_no_more_than_its_bound) {
  write("large", std::string(3 * MachineTree::kMostBytes, 'x'));
  EXPECT_EQ(tree_.proc("large")->size(), MachineTree::kMostBytes);
}

TEST_F(MachineTreeTest, waits_for_no_pipe) {
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(*tree_.proc("pipe"), "");
  EXPECT_FALSE(tree_.device_opens("pipe"));
}

}  // namespace
}  // namespace aegis::service
