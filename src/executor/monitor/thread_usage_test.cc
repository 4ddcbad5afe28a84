// SPDX-License-Identifier: Apache-2.0
#include "thread_usage.h"

#include <condition_variable>
#include <cstring>
#include <ctime>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

using namespace time_literals;

const char* const kStatus =
    "Name:\tlane nonvoluntary_ctxt_switches:\t99\n"
    "State:\tR (running)\n"
    "Cpus_allowed_list:\t0-1\n"
    "voluntary_ctxt_switches:\t17\n"
    "nonvoluntary_ctxt_switches:\t4\n";

// A name with blanks and brackets; minor faults 1203, major 2, user 30 ticks, system 12.
const char* const kStat =
    "4711 (lane) R 7 (0) R 1 4711 4711 0 -1 4194304 1203 0 2 0 30 12 0 0 -90 0 3 0 99 0\n";

TEST(ThreadUsage, reads_what_the_kernel_writes) {
  const auto usage = parse_thread_usage(kStatus, kStat, 10_ms);
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(usage->voluntary_switches, 17U);
  EXPECT_EQ(usage->involuntary_switches, 4U);
  EXPECT_EQ(usage->minor_faults, 1203U);
  EXPECT_EQ(usage->major_faults, 2U);
  EXPECT_EQ(usage->cpu_time, 420_ms);
}

TEST(ThreadUsage, refuses_what_lacks_a_field_or_is_no_number) {
  EXPECT_FALSE(parse_thread_usage("", kStat, 10_ms));
  EXPECT_FALSE(parse_thread_usage(kStatus, "", 10_ms));
  EXPECT_FALSE(parse_thread_usage("voluntary_ctxt_switches:\t1\n", kStat, 10_ms));
  EXPECT_FALSE(parse_thread_usage(kStatus, "1 (a) R 1 2 3 4 5 6 7 8 9\n", 10_ms));
  const std::string status = "nonvoluntary_ctxt_switches:\t4\nvoluntary_ctxt_switches:\t";
  EXPECT_TRUE(parse_thread_usage(status + "1", kStat, 10_ms));
  for (const char* const word : {"", "\t", "-1", "1x", "0x1", "18446744073709551616", "1 2"}) {
    EXPECT_FALSE(parse_thread_usage(status + word, kStat, 10_ms)) << word;
  }
  const std::string most = "9223372036854775807";
  EXPECT_FALSE(parse_thread_usage(kStatus, "1 (a) R 1 1 1 0 -1 1 1 0 2 0 " + most + " 1 0", 10_ms));
  EXPECT_FALSE(parse_thread_usage(kStatus, "1 (a) R 1 1 1 0 -1 1 1 0 2 0 " + most + " 0 0", 10_ms));
}

// Any prefix, and any text with bytes changed, is read or refused; nothing else happens (the
// sanitizers watch), and what is read of a prefix that holds all fields is what the whole says.
TEST(ThreadUsage, survives_any_text) {
  const std::string status = kStatus;
  const std::string stat = kStat;
  for (std::size_t length = 0; length <= stat.size(); ++length) {
    (void)parse_thread_usage(status, stat.substr(0, length), 10_ms);
  }
  for (std::size_t length = 0; length <= status.size(); ++length) {
    (void)parse_thread_usage(status.substr(0, length), stat, 10_ms);
  }
  std::mt19937_64 random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string changed_status = status;
    std::string changed_stat = stat;
    for (int i = 0; i < 4; ++i) {
      changed_status[random() % changed_status.size()] = static_cast<char>(random());
      changed_stat[random() % changed_stat.size()] = static_cast<char>(random());
    }
    const auto usage = parse_thread_usage(changed_status, changed_stat, 10_ms);
    EXPECT_TRUE(!usage || usage->cpu_time >= 0_ns);
  }
}

TEST(ThreadUsage, of_this_thread_only_grows_and_both_ways_agree) {
  const ThreadUsage first = this_thread_usage();
  const auto between = thread_usage_of(gettid());
  const ThreadUsage last = this_thread_usage();
  ASSERT_TRUE(between.has_value()) << between.error().message();
  EXPECT_LE(first.minor_faults, between->minor_faults);
  EXPECT_LE(between->minor_faults, last.minor_faults);
  EXPECT_LE(first.voluntary_switches, between->voluntary_switches);
  EXPECT_LE(between->voluntary_switches, last.voluntary_switches);
  EXPECT_LE(first.involuntary_switches, between->involuntary_switches);
  EXPECT_LE(between->involuntary_switches, last.involuntary_switches);
  EXPECT_LE(first.cpu_time, last.cpu_time);
}

// What a miss is put down to rests on it: processor time told late looks like time lost.
TEST(ThreadUsage, processor_time_is_exact_in_the_midst_of_a_tick) {
  const auto clock = [] {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return Duration::seconds(used.tv_sec) + Duration::nanoseconds(used.tv_nsec);
  };
  const Duration begin = clock();
  while (clock() < begin + 30_ms) {
    const Duration before = clock();
    const Duration told = this_thread_usage().cpu_time;
    ASSERT_GE(told, before);
    ASSERT_LE(told, clock());
  }
}

TEST(ThreadUsage, counts_page_faults_of_this_thread) {
  const std::uint64_t before = this_thread_usage().minor_faults;
  constexpr std::size_t kBytes = std::size_t{8} << 20;
  // From the kernel itself: malloc may have pages left that were touched before.
  void* fresh = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(fresh, MAP_FAILED);
  std::memset(fresh, 'x', kBytes);
  EXPECT_GT(this_thread_usage().minor_faults, before);
  munmap(fresh, kBytes);
}

TEST(ThreadUsage, sees_another_thread_and_refuses_what_is_none) {
  std::mutex mutex;
  std::condition_variable changed;
  pid_t id = 0;
  bool done = false;
  std::thread other([&] {
    std::unique_lock lock(mutex);
    id = gettid();
    changed.notify_all();
    changed.wait(lock, [&] { return done; });
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return id != 0; });
  }
  EXPECT_TRUE(thread_usage_of(id).has_value());
  {
    const std::lock_guard lock(mutex);
    done = true;
  }
  changed.notify_all();
  other.join();
  EXPECT_FALSE(thread_usage_of(0).has_value());
  EXPECT_FALSE(thread_usage_of(-1).has_value());
}

}  // namespace
}  // namespace aegis::executor
