// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "aegis/context/mock_backend.h"
#include "aegis/service/doctor.h"

// For tests of the doctor: a machine that lacks nothing, to be spoilt file by file.

namespace aegis::service {

// A machine as one would wish it, lane on CPU 3 of 4: every file that a probe reads.
inline const std::map<std::string, std::string> kGoodMachine = {
    {"proc/self/status", "Name:\taegisrt\nCapEff:\t000001ffffffffff\nCpus_allowed_list:\t0-3\n"},
    {"proc/self/limits",
     "Limit                     Soft Limit           Hard Limit           Units     \n"
     "Max locked memory         8388608              8388608              bytes     \n"
     "Max realtime priority     0                    0                    \n"},
    {"proc/self/cgroup", "0::/user.slice/robot\n"},
    {"proc/cmdline", "quiet isolcpus=3 nohz_full=3 rcu_nocbs=3\n"},
    {"proc/version", "Linux version 6.12.9 (x@y) (gcc) #1 SMP PREEMPT_RT now\n"},
    {"proc/sys/kernel/osrelease", "6.12.9-rt\n"},
    {"proc/sys/kernel/sched_rt_runtime_us", "950000\n"},
    {"proc/sys/kernel/sched_rt_period_us", "1000000\n"},
    {"proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu tsc\n"},
    {"proc/stat", "cpu  1 1 1 1 1 1 1 1 0 0\ncpu3 100 0 50 800 0 0 0 50 0 0\nintr 5\n"},
    {"proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n"},
    {"proc/irq/24/smp_affinity_list", "0-2\n"},
    {"proc/irq/default_smp_affinity", "7\n"},
    {"sys/devices/system/cpu/isolated", "3\n"},
    {"sys/devices/system/cpu/nohz_full", "3\n"},
    {"sys/devices/system/cpu/online", "0-3\n"},
    {"sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "3\n"},
    {"sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "performance\n"},
    {"sys/devices/system/cpu/cpu3/cpufreq/scaling_driver", "intel_pstate\n"},
    {"sys/devices/system/cpu/cpu3/cpuidle/state1/latency", "133\n"},
    {"sys/devices/system/cpu/intel_pstate/no_turbo", "1\n"},
    {"sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"},
    {"sys/kernel/debug/sched/fair_server/cpu3/runtime", "50000000\n"},
    {"sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
    {"sys/fs/cgroup/user.slice/robot/cpu.max", "max 100000\n"},
    {"dev/cpu_dma_latency", ""},
};

// A runtime called like the one asked for, that needs no library.
inline context::BackendEntry stand_in_for(const char* name) {
  return {
      .name = name,
      .create = [](const context::Options&) -> Result<std::unique_ptr<context::RuntimeBackend>> {
        return std::unique_ptr<context::RuntimeBackend>(
            std::make_unique<context::MockBackend>(context::MockBackend::spinning()));
      }};
}

class DoctorTest : public testing::Test {
 protected:
  void SetUp() override {
    // Tests of one fixture run at the same time: each has a tree of its own.
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    root_ = std::filesystem::path(testing::TempDir()) / ("doctor_" + name);
    std::filesystem::remove_all(root_);
    for (const auto& [path, content] : kGoodMachine) write(path, content);
    request_.roots = {.proc = root_ / "proc", .sys = root_ / "sys", .dev = root_ / "dev"};
    request_.ask_thread =
        [](const executor::ThreadRequest& asked) -> Result<executor::ThreadGrant> {
      return executor::ThreadGrant{.real_time = asked.fifo_priority.has_value(),
                                   .pinned = asked.cpu.has_value(),
                                   .note = ""};
    };
    request_.backends = {};
    ASSERT_TRUE(request_.backends.add(stand_in_for("onnxruntime")));
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& content) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << content;
  }
  void remove(const std::string& path) { std::filesystem::remove_all(root_ / path); }
  void forbid(const std::string& note) {
    request_.ask_thread = [note](const executor::ThreadRequest&) -> Result<executor::ThreadGrant> {
      return executor::ThreadGrant{.note = note};
    };
  }

  DoctorReport examine() {
    auto report = examine_machine(request_);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : DoctorReport{};
  }
  Finding find(const std::string& id) {
    const DoctorReport report = examine();
    const auto found = std::ranges::find(report.findings, id, &Finding::id);
    EXPECT_NE(found, report.findings.end()) << id;
    return found == report.findings.end() ? Finding{} : *found;
  }
  // What one finding becomes when one file of the good machine is another.
  Finding find_with(const std::string& id, const std::string& path, const std::string& content) {
    write(path, content);
    return find(id);
  }

  std::filesystem::path root_;
  DoctorRequest request_;
};

}  // namespace aegis::service
