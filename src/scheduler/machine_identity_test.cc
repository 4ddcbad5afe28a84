// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/machine_identity.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ParseCpuList, reads_what_the_kernel_writes) {
  EXPECT_THAT(parse_cpu_list("0-2,5,8-9"), ElementsAre(0, 1, 2, 5, 8, 9));
  EXPECT_THAT(parse_cpu_list("7"), ElementsAre(7));
}

TEST(ParseCpuList, of_anything_else_is_empty) {
  for (const char* text :
       {"", "(null)", "1-", "-1", "a", "1,,2", "0-4000000000", "1 2", "0-1024"}) {
    EXPECT_THAT(parse_cpu_list(text), IsEmpty()) << text;
  }
}

// A folder like /sys/devices/system/cpu.
class CpusOfAnotherMachine : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    cpus_ = std::filesystem::path(testing::TempDir()) / ("cpus_" + name);
    std::filesystem::remove_all(cpus_);
    std::filesystem::create_directories(cpus_);
  }
  void write(const std::string& file, const std::string& line) const {
    std::filesystem::create_directories((cpus_ / file).parent_path());
    std::ofstream(cpus_ / file) << line << "\n";
  }
  std::filesystem::path cpus_;
};

TEST_F(CpusOfAnotherMachine, isolation_is_of_that_cpu) {
  write("isolated", "2-3");
  write("nohz_full", "3");
  EXPECT_EQ(isolation_of(1, cpus_), "shared");
  EXPECT_EQ(isolation_of(2, cpus_), "isolated");
  EXPECT_EQ(isolation_of(3, cpus_), "isolated, nohz_full");
}

TEST_F(CpusOfAnotherMachine, the_last_level_cache_is_the_largest) {
  write("cpu1/cache/index0/size", "48K");
  write("cpu1/cache/index2/size", "1024K");
  write("cpu1/cache/index3/size", "96M");
  EXPECT_EQ(last_level_cache_bytes(1, cpus_), std::size_t{96} << 20);
}

TEST_F(CpusOfAnotherMachine, that_tells_of_no_cache_has_a_usual_one) {
  EXPECT_EQ(last_level_cache_bytes(0, cpus_), std::size_t{32} << 20);
  write("cpu0/cache/index3/size", "unknown");
  EXPECT_EQ(last_level_cache_bytes(0, cpus_), std::size_t{32} << 20);
}

TEST(IdentifyMachine, knows_this_one) {
  const MachineIdentity machine = identify_machine(0);
  EXPECT_FALSE(machine.kernel.empty());
  EXPECT_FALSE(machine.isolation.empty());
  EXPECT_GE(machine.cpu_count, 1);
}

}  // namespace
}  // namespace aegis::scheduler
