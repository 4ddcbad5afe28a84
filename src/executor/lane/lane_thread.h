// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aegis/executor/cpu_latency.h"
#include "aegis/executor/hybrid_wait.h"
#include "aegis/executor/lane.h"
#include "aegis/executor/real_time_thread.h"
#include "aegis/executor/wake_signal.h"

#include "former_tasks.h"
#include "hand_over.h"
#include "job_reports.h"
#include "lane_core.h"
#include "supply_probe.h"
#include "task_directory.h"

namespace aegis::executor {

// LaneCore on a thread of its own, and the two ordinary threads around it:
//
//   submitters --inboxes--> lane thread --reports--> callback thread --> on_job_end
//   control ----hand-over------^   ^------cancel---- watchdog (hangs; samples stolen time)
//
// What is the lane's is touched by the lane's thread alone; everybody else goes through the
// inboxes, the hand-over slot, the segment watch and single-writer counters. control_ serialises
// ordinary threads among themselves, the lane never takes it.
class LaneThread final : public Lane {
 public:
  LaneThread(LaneConfig config, LaneDriver& driver, const Clock& clock, trace::Recorder* recorder);
  ~LaneThread() override;  // aborts if still running

  [[nodiscard]] Status start() override;
  [[nodiscard]] bool real_time() const override;
  [[nodiscard]] std::string real_time_note() const override;
  [[nodiscard]] Status add(LaneTask task) override;
  [[nodiscard]] Status add_together(std::vector<LaneTask> tasks) override;
  [[nodiscard]] Status remove(TaskId task) override;
  [[nodiscard]] Status submit(TaskId task, std::uint64_t token) noexcept override;
  [[nodiscard]] Status drain(Duration within) override;
  [[nodiscard]] Status abort() override;
  [[nodiscard]] std::vector<TaskStatistics> statistics() const override;
  [[nodiscard]] std::vector<TaskStatistics> counters() const override;
  [[nodiscard]] std::uint64_t lost_windows() const override { return core_.lost_windows(); }
  [[nodiscard]] std::array<std::uint64_t, trace::kAssumptionCount> violations() const override {
    return core_.violations();
  }
  [[nodiscard]] LaneTime time() const override { return core_.time(); }
  [[nodiscard]] LatencyStats latencies() const override;
  [[nodiscard]] std::uint64_t busy_changes() const override { return core_.busy_changes(); }

 private:
  enum class Phase : std::uint8_t { kNew, kRunning, kStopped };

  // LaneCore with what only a thread of its own has: changes that others ask for, taken between two
  // segments, and reasons to look before anything is due.
  struct Machine {
    LaneThread& lane;
    bool aborting = false;
    LaneStep step() noexcept;
    [[nodiscard]] bool called() const noexcept;
    void waited(const WaitReport& report) noexcept { lane.core_.waited(report); }
    void rested(Duration slept) noexcept {
      if (lane.core_.segment_running()) lane.core_.rested(slept);  // else it is idle
    }
  };

  // The threads' bodies.
  void run(const ThreadGrant& grant) noexcept;
  void deliver_reports();
  void watch() noexcept;
  // The watchdog and whoever ends the lane: cancels what runs after an abort or a drain's limit.
  void cancel_after_the_end() noexcept;
  void apply(Change& change) noexcept;

  // With control_ held.
  [[nodiscard]] Status start_helpers();
  [[nodiscard]] Status ask(Change& change);
  [[nodiscard]] Status refuse_known(const std::vector<LaneTask>& tasks) const;
  [[nodiscard]] TaskState* find(TaskId task) const;
  [[nodiscard]] WorkerStats worker_stats(TimePoint now) const;
  [[nodiscard]] std::vector<KindStats> kinds() const;
  void close_all() noexcept;
  // Waits until the lane's thread has nothing more to do, then ends all threads.
  Status finish();

  const LaneConfig config_;
  LaneDriver& driver_;
  const Clock& clock_;
  LinuxSupplyProbe supply_;
  JobReports reports_;
  LaneCore core_;
  WakeSignal signal_;
  HybridWait wait_;
  HandOver hand_over_;
  TaskDirectory directory_;
  std::atomic<bool> abort_{false};
  std::atomic<std::int64_t> drain_limit_ns_{TimePoint::max().ns()};
  std::atomic<bool> lane_ended_{false};
  // Written by the lane's thread before it has ended.
  ThreadUsage usage_at_the_end_;
  TimePoint end_;
  std::atomic<int> thread_id_{0};
  std::atomic<bool> helpers_end_{false};
  std::atomic<bool> has_callbacks_{false};
  std::atomic<bool> has_limits_{false};

  mutable std::mutex control_;
  std::atomic<Phase> phase_{Phase::kNew};  // written with control_ held
  bool stopping_ = false;
  std::vector<std::unique_ptr<TaskState>> states_;  // of all tasks there ever were
  FormerTasks former_;
  ThreadGrant grant_;
  TimePoint since_;
  std::optional<CpuLatencyRequest> shallow_idle_;
  std::optional<RealTimeThread> watchdog_;
  std::optional<RealTimeThread> callbacks_;
  std::optional<RealTimeThread> lane_;
};

}  // namespace aegis::executor
