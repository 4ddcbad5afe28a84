// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/miss_cause.h"

#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;

struct Case {
  const char* name;
  MissEvidence seen;
  MissCause named;
};

const Case kCases[] = {
    {"a job turned away needs no other cause",
     {.tardiness = 2_ms, .skipped = true, .lost = 5_ms},
     MissCause::kSkipped},
    {"a gap that is enough is asked before an overrun",
     {.tardiness = 2_ms, .proven = true, .lost = 3_ms, .overrun_excess = 5_ms},
     MissCause::kLostSupply},
    {"a gap that is not enough leaves it to the overrun",
     {.tardiness = 2_ms, .proven = true, .lost = 1_ms, .overrun_excess = 5_ms},
     MissCause::kOverrun},
    {"exactly the tardiness is enough",
     {.tardiness = 2_ms, .proven = true, .lost = 2_ms, .overrun_excess = 5_ms},
     MissCause::kLostSupply},
    {"none is enough: the largest",
     {.tardiness = 9_ms, .proven = true, .lost = 1_ms, .overrun_excess = 5_ms},
     MissCause::kOverrun},
    {"none is enough, two are equal: the earlier",
     {.tardiness = 9_ms, .proven = true, .lost = 5_ms, .overrun_excess = 5_ms},
     MissCause::kLostSupply},
    {"a gap with an involuntary switch is a preemption",
     {.tardiness = 2_ms, .lost = 3_ms, .involuntary_switches = 1},
     MissCause::kPreempted},
    {"of a gap, what the hypervisor owns up to is its own",
     {.tardiness = 2_ms, .lost = 3_ms, .stolen = 2_ms, .involuntary_switches = 1},
     MissCause::kLostSupply},
    {"and the rest the kernel's",
     {.tardiness = 2_ms, .lost = 3_ms, .stolen = 1_ms, .involuntary_switches = 1},
     MissCause::kPreempted},
    {"a gap with a major fault",
     {.tardiness = 2_ms, .lost = 3_ms, .major_faults = 1},
     MissCause::kPageFault},
    {"a short gap with minor faults",
     {.tardiness = 5_us, .lost = 15_us, .minor_faults = 2},
     MissCause::kPageFault},
    {"minor faults do not take milliseconds",
     {.tardiness = 2_ms, .lost = 3_ms, .minor_faults = 2},
     MissCause::kLostSupply},
    {"switches and faults without lost time explain nothing",
     {.tardiness = 2_ms, .proven = true, .involuntary_switches = 3, .minor_faults = 4},
     MissCause::kUnattributed},
    {"a timer beyond its bound",
     {.tardiness = 50_us, .proven = true, .late_release = 80_us},
     MissCause::kLateRelease},
    {"best effort held the worker",
     {.tardiness = 1_ms, .proven = true, .blocking_excess = 4_ms},
     MissCause::kBlocking},
    {"queueing in a proven set follows from something unseen",
     {.tardiness = 2_ms, .proven = true, .queueing = 40_ms},
     MissCause::kUnattributed},
    {"queueing without a proof", {.tardiness = 2_ms, .queueing = 40_ms}, MissCause::kOverload},
    {"no proof, nothing seen: nobody had promised it", {.tardiness = 2_ms}, MissCause::kOverload},
    {"a proof, nothing seen", {.tardiness = 2_ms, .proven = true}, MissCause::kUnattributed},
    {"lengths below zero are none",
     {.tardiness = 2_ms,
      .proven = true,
      .lost = -(3_ms),
      .stolen = -(1_ms),
      .late_release = -(9_ms),
      .overrun_excess = 3_ms},
     MissCause::kOverrun},
    {"a miss by nothing at all is not explained by nothing at all",
     {.tardiness = 0_ns, .proven = true},
     MissCause::kUnattributed},
};

TEST(MissCause, cases) {
  for (const Case& each : kCases) {
    EXPECT_EQ(diagnose(each.seen), each.named)
        << each.name << ": " << to_string(diagnose(each.seen));
  }
}

TEST(MissCause, each_has_a_word_of_its_own) {
  std::set<std::string> words;
  for (std::size_t i = 0; i < kMissCauseCount; ++i) {
    words.emplace(to_string(static_cast<MissCause>(i)));
  }
  EXPECT_EQ(words.size(), kMissCauseCount);
  EXPECT_FALSE(words.contains("unknown"));
  EXPECT_EQ(to_string(static_cast<MissCause>(kMissCauseCount)), "unknown");
}

// Whatever is seen: a cause is named that contributed, unless nothing did; and kUnattributed is
// said of proven sets only.
TEST(MissCause, names_only_what_was_seen) {
  std::mt19937_64 random(3);
  const auto length = [&] {
    if (random() % 3 == 0) return Duration::zero();
    if (random() % 50 == 0) return Duration::max();
    return Duration::nanoseconds(static_cast<std::int64_t>(random() % 5'000'000) - 100'000);
  };
  for (int round = 0; round < 20'000; ++round) {
    MissEvidence seen{.tardiness = length(), .proven = random() % 2 == 0};
    seen.lost = length();
    seen.stolen = length();
    seen.involuntary_switches = random() % 3;
    seen.minor_faults = random() % 3;
    seen.major_faults = random() % 2;
    seen.late_release = length();
    seen.overrun_excess = length();
    seen.blocking_excess = length();
    seen.queueing = length();
    const bool gap = seen.lost > 0_ns || seen.stolen > 0_ns;
    switch (diagnose(seen)) {
      case MissCause::kLostSupply:
        ASSERT_TRUE(gap);
        break;
      case MissCause::kPreempted:
        ASSERT_TRUE(gap && seen.involuntary_switches > 0);
        break;
      case MissCause::kPageFault:
        ASSERT_TRUE(gap && seen.minor_faults + seen.major_faults > 0);
        break;
      case MissCause::kLateRelease:
        ASSERT_GT(seen.late_release, 0_ns);
        break;
      case MissCause::kOverrun:
        ASSERT_GT(seen.overrun_excess, 0_ns);
        break;
      case MissCause::kBlocking:
        ASSERT_GT(seen.blocking_excess, 0_ns);
        break;
      case MissCause::kOverload:
        ASSERT_FALSE(seen.proven);
        break;
      case MissCause::kUnattributed:
        ASSERT_TRUE(seen.proven && !gap && seen.late_release <= 0_ns &&
                    seen.overrun_excess <= 0_ns && seen.blocking_excess <= 0_ns);
        break;
      case MissCause::kSkipped:
        FAIL();
    }
  }
}

}  // namespace
}  // namespace aegis::executor
