// SPDX-License-Identifier: Apache-2.0
#include "doctor_probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "good_machine.h"

namespace aegis::service {
namespace {

using enum FindingStatus;
using executor::ThreadGrant;
using executor::ThreadRequest;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class DoctorProbeTest : public DoctorTest {};

TEST_F(DoctorProbeTest, a_refused_class_is_lacking_with_the_kernels_words) {
  forbid("SCHED_FIFO 80 refused: Operation not permitted");
  write("proc/self/status", "CapEff:\t0\nCpus_allowed_list:\t0-3\n");
  const Finding fifo = find("fifo");
  EXPECT_EQ(fifo.status, kLacking);
  EXPECT_THAT(fifo.found, HasSubstr("Operation not permitted; CAP_SYS_NICE: no; rtprio limit: 0"));
  ASSERT_THAT(fifo.mend, Not(IsEmpty()));
  EXPECT_THAT(fifo.mend.front().command, HasSubstr("setcap cap_sys_nice"));
  EXPECT_EQ(examine().exit_code(), ExitCode::kNo);
}

TEST_F(DoctorProbeTest, a_class_refused_in_spite_of_the_right_blames_the_control_group) {
  forbid("SCHED_FIFO 80 refused: Operation not permitted");
  write("proc/self/cgroup", "3:cpuset:/x\n2:cpuacct,cpu:/jobs/a\n0::/\n");
  write("sys/fs/cgroup/cpu/jobs/a/cpu.rt_runtime_us", "0\n");
  const Finding fifo = find("fifo");
  ASSERT_EQ(fifo.mend.size(), 2U);
  EXPECT_EQ(fifo.mend[0].command,
            "echo 950000 | sudo tee /sys/fs/cgroup/cpu/jobs/a/cpu.rt_runtime_us");
  // Of version 2 only the root group has a share.
  write("proc/self/cgroup", "0::/user.slice\n");
  EXPECT_EQ(find("fifo").mend.at(0).command, "echo $$ | sudo tee /sys/fs/cgroup/cgroup.procs");
  // Nobody's name for a group becomes a command.
  write("proc/self/cgroup", "2:cpu:/$(reboot)\n");
  write("sys/fs/cgroup/cpu/$(reboot)/cpu.rt_runtime_us", "0\n");
  for (const Mend& mend : find("fifo").mend) {
    EXPECT_THAT(mend.command, Not(HasSubstr("reboot")));
  }
}

TEST_F(DoctorProbeTest, locked_memory) {
  EXPECT_EQ(find("memlock").found, "no limit (CAP_IPC_LOCK)");
  write("proc/self/status", "CapEff:\t0\nCpus_allowed_list:\t0-3\n");
  EXPECT_EQ(find("memlock").status, kLacking);
  EXPECT_EQ(
      find_with("memlock", "proc/self/limits", "Max locked memory  unlimited  unlimited\n").status,
      kOk);
  EXPECT_EQ(
      find_with("memlock", "proc/self/limits", "Max locked memory  8589934592  unlimited\n").status,
      kWarning);
  const Finding tight =
      find_with("memlock", "proc/self/limits", "Max locked memory  4294967296  unlimited\n");
  EXPECT_EQ(tight.status, kLacking) << "the lane's arena alone reserves as much";
  EXPECT_THAT(tight.found, HasSubstr("a run maps up to 5 GiB"));
  EXPECT_EQ(find_with("memlock", "proc/self/limits", "Max locked memory  lots\n").status,
            kNotKnown);
  EXPECT_EQ(examine().exit_code(), ExitCode::kUndecided);  // it is essential
}

TEST_F(DoctorProbeTest, a_cpu_that_is_not_there_or_not_given) {
  request_.lane_cpu = 9;
  request_.ask_thread = [](const ThreadRequest& asked) -> Result<ThreadGrant> {
    return ThreadGrant{.real_time = true, .pinned = asked.cpu != 9, .note = "refused"};
  };
  EXPECT_EQ(find("pinning").status, kLacking);
  EXPECT_THAT(find("pinning").found, HasSubstr("there is no CPU 9"));
  // As isolcpus leaves it: the CPU can be had, but no process starts with it.
  request_.lane_cpu = 3;
  write("proc/self/status", "CapEff:\t000001ffffffffff\nCpus_allowed_list:\t0-2\n");
  EXPECT_EQ(find("pinning").status, kOk);
  EXPECT_THAT(find("pinning").found, HasSubstr("though this process starts on CPUs 0-2"));
}

TEST_F(DoctorProbeTest, isolation) {
  EXPECT_EQ(find_with("isolation", "sys/devices/system/cpu/nohz_full", "(null)\n").status,
            kWarning);
  const Finding none = find_with("isolation", "sys/devices/system/cpu/isolated", "\n");
  EXPECT_EQ(none.status, kWarning);
  EXPECT_EQ(none.mend.at(0).command, "isolcpus=domain,managed_irq,3 nohz_full=3 rcu_nocbs=3");
  const Finding by_cpuset = find_with("isolation", "sys/fs/cgroup/cpuset.cpus.isolated", "3\n");
  EXPECT_THAT(by_cpuset.found, HasSubstr("isolated: CPU 3"));
  remove("sys/devices/system/cpu/isolated");
  EXPECT_EQ(find("isolation").status, kNotKnown);
}

TEST_F(DoctorProbeTest, interrupts) {
  const Finding here = find_with("interrupts", "proc/irq/25/smp_affinity_list", "0-3\n");
  EXPECT_EQ(here.status, kWarning);
  EXPECT_THAT(here.found, HasSubstr("1 of 2 interrupts may come to CPU 3"));
  EXPECT_THAT(here.mend.at(0).command, HasSubstr("echo 0-2 >$f"));
  EXPECT_THAT(here.mend.at(1).command, HasSubstr("echo 7 |"));
  write("proc/irq/25/smp_affinity_list", "0\n");
  EXPECT_EQ(find_with("interrupts", "proc/irq/default_smp_affinity", "f\n").status, kWarning);
  remove("proc/irq");
  EXPECT_EQ(find("interrupts").status, kNotKnown);
}

TEST_F(DoctorProbeTest, sharing_the_cpu) {
  const Finding sibling =
      find_with("siblings", "sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "1,3\n");
  EXPECT_EQ(sibling.status, kWarning);
  EXPECT_THAT(sibling.found, HasSubstr("CPU 1"));
  const Finding quota = find_with("quota", "sys/fs/cgroup/user.slice/cpu.max", "50000 100000\n");
  EXPECT_EQ(quota.status, kWarning);  // of a group around this one
  EXPECT_THAT(quota.found, HasSubstr("50000 us in each 100000 us"));
  write("proc/self/status", "CapEff:\t000001ffffffffff\nCpus_allowed_list:\t3\n");
  EXPECT_EQ(find("cpus").status, kWarning);
}

TEST_F(DoctorProbeTest, frequency_and_idle_states) {
  const std::string cpu3 = "sys/devices/system/cpu/cpu3/";
  EXPECT_EQ(find_with("governor", cpu3 + "cpufreq/scaling_governor", "powersave\n").found,
            "powersave (driver intel_pstate)");
  EXPECT_EQ(find("governor").status, kWarning);
  EXPECT_EQ(find_with("turbo", "sys/devices/system/cpu/intel_pstate/no_turbo", "0\n").status,
            kWarning);
  remove("dev/cpu_dma_latency");
  EXPECT_EQ(find("idle-states").status, kWarning);
  EXPECT_THAT(find("idle-states").found, HasSubstr("133 us"));
  EXPECT_EQ(find_with("idle-states", cpu3 + "cpuidle/state1/latency", "1\n").status, kOk);
}

TEST_F(DoctorProbeTest, the_kernels_share) {
  EXPECT_EQ(find("fair-server").status, kOk);  // nobody is on an isolated CPU to be served
  EXPECT_EQ(find_with("fair-server", "sys/devices/system/cpu/isolated", "\n").status, kWarning);
  EXPECT_THAT(find("fair-server").found, HasSubstr("50 ms"));
  EXPECT_EQ(
      find_with("fair-server", "sys/kernel/debug/sched/fair_server/cpu3/runtime", "0\n").status,
      kOk);
  remove("sys/kernel/debug");
  EXPECT_THAT(find("fair-server").found, HasSubstr("cannot be read"));
  EXPECT_EQ(find("throttling").status, kOk);
  write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  EXPECT_EQ(find("fair-server").status, kNotApplicable);
  EXPECT_EQ(find("throttling").status, kWarning);
  EXPECT_EQ(find_with("throttling", "proc/sys/kernel/sched_rt_runtime_us", "0\n").status, kLacking);
  EXPECT_EQ(find_with("throttling", "proc/sys/kernel/sched_rt_runtime_us", "-1\n").status, kOk);
}

TEST_F(DoctorProbeTest, preemption) {
  const auto with_version = [&](const std::string& words) {
    return find_with("preemption", "proc/version", "Linux version 6.12 #1 SMP " + words).status;
  };
  EXPECT_EQ(with_version("PREEMPT now"), kOk);
  EXPECT_EQ(with_version("now"), kWarning);
  EXPECT_EQ(with_version("PREEMPT_DYNAMIC now"), kNotKnown);
  write("proc/cmdline", "preempt=none quiet\n");
  EXPECT_EQ(find("preemption").status, kWarning);
  write("sys/kernel/debug/sched/preempt", "none voluntary (full) lazy\n");
  EXPECT_EQ(find("preemption").status, kOk);
}

TEST_F(DoctorProbeTest, clock_and_memory) {
  const std::string source = "sys/devices/system/clocksource/clocksource0/current_clocksource";
  EXPECT_EQ(find_with("clock", source, "kvm-clock\n").status, kOk);
  EXPECT_EQ(find_with("clock", source, "hpet\n").status, kWarning);
  EXPECT_EQ(find_with("clock", source, "jiffies\n").status, kLacking);
  const Finding swap = find_with("swap", "proc/swaps", "Filename Type\n/dev/sda2 partition\n");
  EXPECT_EQ(swap.status, kOk);  // memory can be locked
  write("proc/self/status", "CapEff:\t0\nCpus_allowed_list:\t0-3\n");
  EXPECT_EQ(find("swap").status, kWarning);
  const std::string pages = "sys/kernel/mm/transparent_hugepage/enabled";
  EXPECT_EQ(find_with("huge-pages", pages, "[always] madvise never\n").status, kWarning);
  EXPECT_EQ(find_with("huge-pages", pages, "garbage\n").status, kNotKnown);
}

TEST_F(DoctorProbeTest, a_virtual_machine_tells_what_its_host_took) {
  const Finding stolen =
      find_with("virtualisation", "proc/cpuinfo", "flags : fpu hypervisor tsc\n");
  EXPECT_EQ(stolen.status, kWarning);
  EXPECT_THAT(stolen.found, HasSubstr("took 5 % of CPU 3"));
  EXPECT_THAT(find_with("virtualisation", "proc/stat", "cpu3 1 1 1 1 1 1 1 0\n").found,
              HasSubstr("no stolen time"));
  EXPECT_THAT(find_with("virtualisation", "proc/stat", "cpu3 x\n").found, HasSubstr("not known"));
}

TEST_F(DoctorProbeTest, a_backend_that_does_not_load_is_lacking_with_its_words) {
  request_.backends = {};
  const Finding backends = find("backends");
  EXPECT_EQ(backends.status, kLacking);
  EXPECT_THAT(backends.found, testing::StartsWith("onnxruntime: "));
}

TEST_F(DoctorProbeTest, a_gpu_is_named_and_not_yet_used) {
  write("dev/nvidia0", "");
  write("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64  580.1\nGCC version: 13\n");
  const Finding gpu = find("gpu");
  EXPECT_EQ(gpu.status, kNotApplicable);
  EXPECT_THAT(gpu.found,
              HasSubstr("/dev/nvidia0, driver 580.1; CUDA lanes come with the GPU layer"));
}

}  // namespace
}  // namespace aegis::service
