// SPDX-License-Identifier: Apache-2.0
#include "lane_thread.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "lane_task_check.h"
#include "monitor/thread_usage.h"
#include "wait/serve.h"

namespace aegis::executor {
namespace {

// An ordinary thread that asks the lane for something looks for the answer this often.
constexpr std::chrono::microseconds kAnswerPoll{50};
// How late a callback may come, and how often its thread wakes while there are tasks that want one.
constexpr std::chrono::milliseconds kReportPoll{1};
// A hang is at least 100 ms long: noticed within a tenth of that. Also the period in which stolen
// time is sampled.
constexpr std::chrono::milliseconds kWatchPoll{10};
// While a task has limits of its own: the watchdog looks, sleeps and is awake again within the
// grain.
constexpr std::chrono::nanoseconds kLimitPoll{kLimitGrain.ns() / 2};
// 4096 reports: 0.4 s of a lane that ends 10,000 jobs a second.
constexpr std::size_t kReportCapacity = 4096;

trace::Writer writer_for(trace::Recorder* recorder, const std::string& name) {
  return recorder != nullptr ? recorder->add_thread(name) : trace::Writer{};
}

Error not_running() {
  return Error::permanent(ErrorCode::kFailedPrecondition, "the lane is not running");
}

}  // namespace

LaneThread::LaneThread(LaneConfig config, LaneDriver& driver, const Clock& clock,
                       trace::Recorder* recorder)
    : config_(std::move(config)),
      driver_(driver),
      clock_(clock),
      supply_(config_.cpu),
      reports_(kReportCapacity),
      core_(config_, driver, clock,
            {.recorder = recorder,
             .writer = writer_for(recorder, config_.name),
             .supply = &supply_,
             .reports = &reports_}),
      wait_(clock_, signal_, {.before_release = config_.wait.spin}),
      directory_(config_.max_tasks) {}

LaneThread::~LaneThread() {
  (void)abort();
}

// ---- the threads ----

void LaneThread::run(const ThreadGrant& grant) noexcept {
  thread_id_.store(this_thread(), std::memory_order_release);
  core_.open(config_.fifo_priority.has_value() && !grant.real_time);
  Machine machine{*this};
  serve(machine, wait_);
  usage_at_the_end_ = this_thread_usage();
  end_ = clock_.now();
  lane_ended_.store(true, std::memory_order_release);
}

LaneStep LaneThread::Machine::step() noexcept {
  if (!lane.core_.segment_running()) {
    lane.hand_over_.take([this](Change& change) { lane.apply(change); });
    if (!aborting && lane.abort_.load(std::memory_order_acquire)) {
      aborting = true;
      lane.core_.abort();
    }
  }
  return lane.core_.step();
}

bool LaneThread::Machine::called() const noexcept {
  return lane.core_.has_arrivals() || lane.hand_over_.pending() ||
         lane.abort_.load(std::memory_order_acquire);
}

void LaneThread::apply(Change& change) noexcept {
  switch (change.kind) {
    case Change::Kind::kAdd:
      change.result = core_.add(change.tasks);
      break;
    case Change::Kind::kRemove:
      core_.remove(*change.tasks.front());
      break;
    case Change::Kind::kDrain:
      core_.drain(change.until);
      break;
  }
}

void LaneThread::deliver_reports() {
  while (!helpers_end_.load(std::memory_order_acquire)) {
    reports_.deliver();
    const bool wanted = has_callbacks_.load(std::memory_order_relaxed);
    std::this_thread::sleep_for(wanted ? kReportPoll : kWatchPoll);
  }
  reports_.deliver();
}

void LaneThread::watch() noexcept {
  while (!helpers_end_.load(std::memory_order_acquire)) {
    core_.watch().cancel_if_overdue(clock_.now(), driver_);
    cancel_after_the_end();
    supply_.sample();
    const bool limits = has_limits_.load(std::memory_order_relaxed);
    std::this_thread::sleep_for(limits ? kLimitPoll : std::chrono::nanoseconds(kWatchPoll));
  }
}

// Again and again: the lane may have been about to start a segment at the first attempt.
void LaneThread::cancel_after_the_end() noexcept {
  const bool over = clock_.now().ns() >= drain_limit_ns_.load(std::memory_order_acquire);
  if (over || abort_.load(std::memory_order_acquire)) core_.watch().cancel_any(driver_);
}

// ---- control ----

Status LaneThread::start() {
  const std::scoped_lock lock(control_);
  if (phase_ != Phase::kNew) return fail(not_running());
  if (Status helpers = start_helpers(); !helpers) return helpers;
  since_ = clock_.now();
  auto lane = RealTimeThread::start(
      {.name = config_.name, .cpu = config_.cpu, .fifo_priority = config_.fifo_priority},
      [this](const ThreadGrant& grant) { run(grant); });
  if (!lane) {
    helpers_end_ = true;
    return fail(lane.error());
  }
  lane_ = std::move(*lane);
  grant_ = lane_->grant();
  if (config_.wait.shallow_idle) {
    if (auto held = CpuLatencyRequest::hold()) {
      shallow_idle_ = std::move(*held);
    } else {
      grant_.note += (grant_.note.empty() ? "" : "; ") + held.error().message();
    }
  }
  phase_ = Phase::kRunning;
  return ok();
}

Status LaneThread::start_helpers() {
  const auto start_one = [&](const char* name, auto body) {
    return RealTimeThread::start({.name = config_.name + name, .avoid_cpu = config_.cpu}, body);
  };
  auto watchdog = start_one("-watch", [this](const ThreadGrant&) { watch(); });
  if (!watchdog) return fail(watchdog.error());
  watchdog_ = std::move(*watchdog);
  auto callbacks = start_one("-report", [this](const ThreadGrant&) { deliver_reports(); });
  if (!callbacks) {
    helpers_end_ = true;
    return fail(callbacks.error());
  }
  callbacks_ = std::move(*callbacks);
  return ok();
}

bool LaneThread::real_time() const {
  const std::scoped_lock lock(control_);
  return grant_.real_time;
}

std::string LaneThread::real_time_note() const {
  const std::scoped_lock lock(control_);
  return grant_.note;
}

Status LaneThread::add(LaneTask task) {
  std::vector<LaneTask> one;
  one.push_back(std::move(task));
  return add_together(std::move(one));
}

Status LaneThread::add_together(std::vector<LaneTask> tasks) {
  const std::scoped_lock lock(control_);
  if (phase_ != Phase::kRunning || stopping_) return fail(not_running());
  if (Status known = refuse_known(tasks); !known) return known;
  std::vector<std::unique_ptr<TaskState>> states;
  std::vector<TaskState*> handed_over;
  for (LaneTask& task : tasks) {
    if (task.on_job_end) has_callbacks_.store(true, std::memory_order_relaxed);
    if (!task.limits.empty()) has_limits_.store(true, std::memory_order_relaxed);
    states.push_back(std::make_unique<TaskState>(std::move(task), config_.samples_per_task));
    handed_over.push_back(states.back().get());
  }
  Change change{.kind = Change::Kind::kAdd, .tasks = handed_over};
  if (Status asked = ask(change); !asked) return asked;
  for (auto& state : states) {
    directory_.insert(*state);
    states_.push_back(std::move(state));
  }
  return ok();
}

Status LaneThread::refuse_known(const std::vector<LaneTask>& tasks) const {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (Status sound = check_task(tasks[i]); !sound) return sound;
    const TaskId id = tasks[i].model.id;
    const auto same = [&](const LaneTask& other) { return other.model.id == id; };
    const auto before = tasks.begin() + static_cast<std::ptrdiff_t>(i);
    if (find(id) != nullptr || std::any_of(tasks.begin(), before, same)) {
      return fail(Error::permanent(ErrorCode::kAlreadyExists, "the lane has a task of this id")
                      .with_detail(tasks[i].model.name));
    }
  }
  return ok();
}

TaskState* LaneThread::find(TaskId task) const {
  for (const auto& state : states_) {
    if (state->id() == task && !state->closed.load(std::memory_order_relaxed)) return state.get();
  }
  return nullptr;
}

Status LaneThread::ask(Change& change) {
  hand_over_.post(change);
  signal_.notify();
  while (hand_over_.pending()) {
    if (lane_ended_.load(std::memory_order_acquire) && hand_over_.pending()) {
      hand_over_.withdraw();
      return fail(not_running());
    }
    std::this_thread::sleep_for(kAnswerPoll);
  }
  return change.result;
}

Status LaneThread::remove(TaskId id) {
  const std::scoped_lock lock(control_);
  if (phase_ != Phase::kRunning || stopping_) return fail(not_running());
  TaskState* task = find(id);
  if (task == nullptr) {
    return fail(Error::permanent(ErrorCode::kNotFound, "the lane has no such task"));
  }
  task->closed.store(true, std::memory_order_release);
  Change change{.kind = Change::Kind::kRemove, .tasks = {&task, 1}};
  if (Status asked = ask(change); !asked) return asked;
  while (!task->retired.load(std::memory_order_acquire)) std::this_thread::sleep_for(kAnswerPoll);
  former_.add(*task->monitor);
  task->monitor.reset();
  task->response.shrink();
  task->execution.shrink();
  return ok();
}

Status LaneThread::submit(TaskId id, std::uint64_t token) noexcept {
  TaskState* task = directory_.find(id);
  if (task == nullptr || task->task.periodic) {
    return fail(
        Error::permanent(ErrorCode::kNotFound, "the lane takes no submissions of this task"));
  }
  if (!task->inbox.submit({clock_.now(), token})) {
    return fail(Error::transient(ErrorCode::kResourceExhausted, "the task's inbox is full"));
  }
  signal_.notify();
  return ok();
}

void LaneThread::close_all() noexcept {
  stopping_ = true;
  for (const auto& state : states_) state->closed.store(true, std::memory_order_release);
}

Status LaneThread::drain(Duration within) {
  {
    const std::scoped_lock lock(control_);
    if (phase_ != Phase::kRunning || stopping_) return fail(not_running());
    close_all();
    const TimePoint now = clock_.now();
    const bool forever = within >= TimePoint::max() - now;
    const TimePoint until = forever ? TimePoint::max() : now + within;
    // Before asking: the lane answers only when its running segment has ended.
    drain_limit_ns_.store(until.ns(), std::memory_order_release);
    Change change{.kind = Change::Kind::kDrain, .until = until};
    if (Status asked = ask(change); !asked) return asked;
  }
  return finish();
}

Status LaneThread::abort() {
  if (phase_.load() != Phase::kRunning) return fail(not_running());
  // Before the lock, whose holder may be waiting for the very segment that is to be cancelled.
  abort_.store(true, std::memory_order_release);
  core_.watch().cancel_any(driver_);
  signal_.notify();
  {
    const std::scoped_lock lock(control_);
    close_all();
  }
  return finish();
}

Status LaneThread::finish() {
  while (!lane_ended_.load(std::memory_order_acquire)) {
    cancel_after_the_end();
    std::this_thread::sleep_for(kAnswerPoll);
  }
  const std::scoped_lock lock(control_);
  lane_->join();
  helpers_end_.store(true, std::memory_order_release);
  callbacks_->join();
  watchdog_->join();
  shallow_idle_.reset();
  phase_ = Phase::kStopped;
  return ok();
}

std::vector<TaskStatistics> LaneThread::statistics() const {
  const std::scoped_lock lock(control_);
  std::vector<TaskStatistics> all;
  all.reserve(states_.size());
  for (const auto& state : states_) all.push_back(state->statistics());
  return all;
}

std::vector<TaskStatistics> LaneThread::counters() const {
  const std::scoped_lock lock(control_);
  std::vector<TaskStatistics> all;
  all.reserve(states_.size());
  for (const auto& state : states_) all.push_back(state->counters());
  return all;
}

}  // namespace aegis::executor
