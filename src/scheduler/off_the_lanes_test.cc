// SPDX-License-Identifier: Apache-2.0
#include "off_the_lanes.h"

#include <gtest/gtest.h>

namespace aegis::scheduler {
namespace {

std::vector<int> allowed_cpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  EXPECT_EQ(::sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) cpus.push_back(cpu);
  }
  return cpus;
}

TEST(OffTheLanes, leaves_the_lanes_processors_and_comes_back) {
  const std::vector<int> before = allowed_cpus();
  if (before.size() < 2) GTEST_SKIP() << "one processor: there is no elsewhere";
  {
    const OffTheLanes elsewhere({before.back()});
    EXPECT_EQ(allowed_cpus(), std::vector<int>(before.begin(), before.end() - 1));
  }
  EXPECT_EQ(allowed_cpus(), before);
}

TEST(OffTheLanes, stays_where_there_is_no_elsewhere) {
  const std::vector<int> before = allowed_cpus();
  const OffTheLanes elsewhere(before);
  EXPECT_EQ(allowed_cpus(), before);
  const OffTheLanes nobody({});
  EXPECT_EQ(allowed_cpus(), before);
}

}  // namespace
}  // namespace aegis::scheduler
