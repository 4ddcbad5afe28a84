// SPDX-License-Identifier: Apache-2.0
#include "random_program.h"

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "aegis/executor/nanosecond_scheduler.h"

namespace aegis::executor {
namespace {

constexpr int kThreads = 3;
constexpr Duration kForEver = Duration::seconds(30);  // a task that takes longer does not end
constexpr std::size_t kMostTasks = 100'000;           // of one thread: bounds memory

// What is known of one body.
struct Record {
  std::atomic<int> calls{0};
  std::atomic<int> destroyed{0};
  bool accepted = false;  // written before anybody else knows of it
  bool periodic = false;
  bool endless = false;  // ends when cancelled only, or follows one that does
};

// The one token of a body: whoever destroys the body destroys it.
class Token {
 public:
  explicit Token(Record& record) : record_(&record) {}
  Token(Token&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  Token& operator=(Token&&) = delete;
  ~Token() {
    if (record_ != nullptr) record_->destroyed.fetch_add(1, std::memory_order_relaxed);
  }
  void called() const noexcept { record_->calls.fetch_add(1, std::memory_order_relaxed); }

 private:
  Record* record_;
};

struct Known {
  TaskHandle handle;
  Record* record = nullptr;
};

// What all threads of a program share.
struct Shared {
  explicit Shared(NanosecondScheduler& its) : scheduler(its) {}

  NanosecondScheduler& scheduler;
  std::atomic<bool> closing{false};  // shut down, or about to be

  std::mutex mutex;
  std::array<Known, 64> board{};  // recent tasks of anybody
  std::vector<std::string> broken;

  void complain(std::string what) {
    const std::scoped_lock lock(mutex);
    if (broken.size() < 20) broken.push_back(std::move(what));
  }
};

void spin(std::chrono::nanoseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

// One thread's part.
class Part {
 public:
  Part(Shared& shared, std::uint64_t seed) : shared_(shared), random_(seed) {}

  void run() {
    while (!over_ && records_.size() < kMostTasks) act();
  }
  // When all is over.
  void check(ProgramReport& report) const;

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  void act();

  // What a task does.
  template <class Schedule>
  void submit(bool endless, Schedule schedule);
  TaskBody body(Record& record);
  JobOptions options();
  Priority priority() { return static_cast<Priority>(below(kPriorities)); }

  void schedule_plain();
  void schedule_with_deadline();
  void follow();
  void add_periodic();
  void add_proven();
  void use_source();
  void cancel();
  void wait();
  void look();
  void define();

  Known known() {
    const std::scoped_lock lock(shared_.mutex);
    return shared_.board[below(shared_.board.size())];
  }
  void judge(const Known& task, const TaskOutcome& outcome);
  void refused(const Error& error);

  Shared& shared_;
  std::mt19937_64 random_;
  std::deque<Record> records_;
  std::vector<TaskKind> kinds_{TaskKind{}};
  std::vector<TaskKind> sources_;
  bool over_ = false;
  std::uint64_t refused_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t cancelled_ = 0;
};

void Part::act() {
  const std::uint64_t what = below(1000);
  if (what < 400) return schedule_plain();
  if (what < 500) return schedule_with_deadline();
  if (what < 650) return follow();
  if (what < 680) return add_periodic();
  if (what < 690) return add_proven();
  if (what < 730) return use_source();
  if (what < 850) return cancel();
  if (what < 985) return wait();
  if (what < 995) return define();
  return look();
}

TaskBody Part::body(Record& record) {
  switch (below(16)) {
    case 0:
      return [token = Token(record)] {
        token.called();
        throw 1;
      };
    case 1:
      return [token = Token(record), time = below(20'000)] {
        token.called();
        spin(std::chrono::nanoseconds(time));
      };
    case 2:
      return [token = Token(record), &shared = shared_] {
        token.called();
        (void)shared.scheduler.schedule([] {});
      };
    case 3:
      return [token = Token(record), &shared = shared_, task = known().handle] {
        token.called();
        (void)shared.scheduler.cancel(task);
        const auto waited = shared.scheduler.wait_for_completion(task, Duration::zero());
        if (waited) shared.complain("a task waited for its own scheduler");
      };
    case 4:
      return [token = Token(record)] {
        token.called();
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      };
    default:
      return [token = Token(record)] { token.called(); };
  }
}

JobOptions Part::options() {
  JobOptions chosen{.priority = priority(), .kind = kinds_[below(kinds_.size())]};
  if (below(4) == 0) chosen.worker = 0;
  return chosen;
}

void Part::refused(const Error& error) {
  ++refused_;
  switch (error.code) {
    case ErrorCode::kResourceExhausted:  // all places taken
    case ErrorCode::kNotFound:           // a group that is not enabled, a task long gone
    case ErrorCode::kAlreadyExists:      // a kind
      return;
    case ErrorCode::kFailedPrecondition:
      if (shared_.closing.load()) over_ = true;
      return;  // or a source withdrawn
    default:
      shared_.complain("refused: " + error.message());
  }
}

template <class Schedule>
void Part::submit(bool endless, Schedule schedule) {
  Record& record = records_.emplace_back();
  record.endless = endless;
  const Result<TaskHandle> task = schedule(body(record), record);
  if (!task) return refused(task.error());
  record.accepted = true;
  const std::scoped_lock lock(shared_.mutex);
  shared_.board[below(shared_.board.size())] = {*task, &record};
}

void Part::schedule_plain() {
  const JobOptions how = options();
  submit(false, [&](TaskBody task, Record& /*record*/) {
    return shared_.scheduler.schedule(std::move(task), how);
  });
}

void Part::schedule_with_deadline() {
  const JobOptions how = options();
  const Duration within = Duration::microseconds(static_cast<std::int64_t>(below(50)));
  submit(false, [&](TaskBody task, Record& /*record*/) {
    if (within > Duration::microseconds(25)) {
      return shared_.scheduler.schedule_with_deadline(std::move(task),
                                                      AbsoluteDeadline{TimePoint::from_ns(1)}, how);
    }
    return shared_.scheduler.schedule_with_deadline(std::move(task), RelativeDeadline{within}, how);
  });
}

void Part::follow() {
  std::vector<TaskHandle> before;
  bool endless = false;
  for (std::uint64_t i = below(4) == 0 ? 1 + below(8) : 1; i > 0; --i) {
    const Known task = known();
    if (task.record == nullptr) continue;
    before.push_back(task.handle);
    endless = endless || task.record->endless;
  }
  if (before.empty()) return;
  const JobOptions how = options();
  submit(endless, [&](TaskBody task, Record& /*record*/) {
    return before.size() == 1 ? shared_.scheduler.then(before.front(), std::move(task), how)
                              : shared_.scheduler.when_all(before, std::move(task), how);
  });
}

void Part::add_periodic() {
  PeriodicTask task{
      .name = "p", .period = Duration::microseconds(100 * static_cast<std::int64_t>(1 + below(9)))};
  task.activations = below(3) == 0 ? 0 : 1 + below(6);
  if (below(4) == 0) task.wcet = Wcet{Duration::microseconds(1)};
  if (below(2) == 0) {
    task.overload = {.rule = theory::OverloadRule::kQueue,
                     .queue_depth = 1 + static_cast<std::uint32_t>(below(4))};
  }
  if (below(4) == 0) task.deadline_class = DeadlineClass::kFirm;
  if (below(4) == 0) task.offset = Duration::microseconds(300);
  const Priority group = priority();
  submit(task.activations == 0, [&](TaskBody its, Record& record) -> Result<TaskHandle> {
    record.periodic = true;
    const auto admission = shared_.scheduler.schedule_periodic(std::move(its), task, group);
    if (!admission) return fail(admission.error());
    if (admission->admitted()) return admission->task;
    return fail(Error::transient(ErrorCode::kResourceExhausted, "not admitted"));
  });
}

void Part::add_proven() {
  const Priority group = priority();
  submit(false, [&](TaskBody task, Record& /*record*/) -> Result<TaskHandle> {
    const auto admission =
        shared_.scheduler.schedule_with_wcet(std::move(task), Wcet{Duration::microseconds(5)},
                                             RelativeDeadline{Duration::milliseconds(5)}, group);
    if (!admission) return fail(admission.error());
    if (admission->admitted()) return admission->task;
    return fail(Error::transient(ErrorCode::kResourceExhausted, "not admitted"));
  });
}

void Part::use_source() {
  if (sources_.empty() && below(4) == 0) {
    const auto admission = shared_.scheduler.admit({.name = "s",
                                                    .wcet = Wcet{Duration::microseconds(2)},
                                                    .min_inter_arrival = Duration::microseconds(50),
                                                    .deadline = {Duration::milliseconds(5)}},
                                                   priority());
    if (!admission) return refused(admission.error());
    if (admission->admitted()) sources_.push_back(admission->kind);
  }
  if (sources_.empty()) return;
  const TaskKind source = sources_.back();
  if (below(50) == 0) {
    if (!shared_.scheduler.withdraw(source)) shared_.complain("a source cannot be withdrawn");
    sources_.pop_back();
  }
  submit(false, [&](TaskBody task, Record& /*record*/) {
    return shared_.scheduler.submit(std::move(task), source);
  });
}

void Part::cancel() {
  const Known task = known();
  if (task.record == nullptr) return;
  const auto answer = shared_.scheduler.cancel(task.handle);
  if (!answer) return refused(answer.error());
  if (*answer != Cancelled::kBeforeStart) return;
  ++cancelled_;
  if (task.record->destroyed.load() != 1) shared_.complain("cancelled, and its body lives");
}

void Part::judge(const Known& task, const TaskOutcome& outcome) {
  if (outcome.end == TaskEnd::kCompleted) ++completed_;
  const int calls = task.record->calls.load();
  if (task.record->destroyed.load() != 1) shared_.complain("ended, and its body lives");
  if (task.record->periodic) {
    if (calls != static_cast<int>(outcome.activations)) {
      shared_.complain("called " + std::to_string(calls) +
                       " times, says its outcome: " + std::to_string(outcome.activations));
    }
    return;
  }
  const bool ran = outcome.end == TaskEnd::kCompleted || outcome.end == TaskEnd::kThrew;
  if (calls != (ran ? 1 : 0)) {
    shared_.complain(std::string(to_string(outcome.end)) + ", called " + std::to_string(calls));
  }
}

void Part::wait() {
  const Known task = known();
  if (task.record == nullptr) return;
  const bool to_the_end = !task.record->endless && below(8) == 0;
  const auto microseconds = static_cast<std::int64_t>(below(100));
  const auto outcome = shared_.scheduler.wait_for_completion(
      task.handle, to_the_end ? kForEver : Duration::microseconds(microseconds));
  if (outcome) return judge(task, *outcome);
  if (outcome.error().code != ErrorCode::kTimeout) return refused(outcome.error());
  if (to_the_end) shared_.complain("a task does not end");
}

void Part::define() {
  const auto which = below(6);
  const auto kind =
      shared_.scheduler.define({.name = "k" + std::to_string(which),
                                .level = static_cast<std::uint8_t>(which * 10),
                                .period = Duration::milliseconds(static_cast<std::int64_t>(which)),
                                .deadline_class = static_cast<DeadlineClass>(which % 3)});
  if (!kind) return refused(kind.error());
  if (kinds_.size() < 8) kinds_.push_back(*kind);
  (void)shared_.scheduler.estimated_wcet(*kind);
}

void Part::look() {
  const LatencyStats stats = shared_.scheduler.latency_stats();
  if (stats.workers.empty()) shared_.complain("no statistics");
  (void)shared_.scheduler.run_until_idle(Duration::microseconds(200));
  // A thread that comes and goes takes a seat that another may take after it.
  std::thread([this] { (void)shared_.scheduler.schedule([] {}); }).join();
}

void Part::check(ProgramReport& report) const {
  for (const Record& record : records_) {
    ++(record.accepted ? report.accepted : report.refused);
    const int calls = record.calls.load();
    if (record.destroyed.load() != 1) {
      report.broken.push_back("destroyed " + std::to_string(record.destroyed.load()) + " times");
    }
    if (calls > (!record.accepted ? 0 : record.periodic ? 1'000'000 : 1)) {
      report.broken.push_back("called " + std::to_string(calls) + " times");
    }
    if (report.broken.size() > 20) return;
  }
  report.completed += completed_;
  report.cancelled += cancelled_;
}

SchedulerConfig config_of(const RandomProgram& program) {
  std::mt19937_64 random(program.seed);
  const auto below = [&random](std::uint64_t limit) { return random() % limit; };
  SchedulerConfig config;
  config.shallow_idle = false;
  config.rt_scheduling = program.real_time;
  config.cpu_pinning = below(2) == 0;
  config.policy = static_cast<WorkerPolicy>(below(5));
  config.queue_capacity = std::size_t{16} << below(6);
  config.max_submitters = 5 + below(8);
  config.max_recurrent = 4 + below(32);
  config.max_kinds = 24;
  if (below(2) == 0) config.spin.after_work = Duration::microseconds(20);
  config.group(Priority::kNormal).workers = 1 + below(3);
  config.group(Priority::kHigh).workers = 1 + below(2);
  config.group(Priority::kCritical).enabled = below(2) == 0;
  const auto nothing = [](const auto&) {};
  if (below(2) == 0) config.on_miss = nothing;
  if (below(2) == 0) config.on_alert = nothing;
  if (below(4) == 0) config.emergency = nothing;
  return config;
}

// After the end: nothing is pending.
void check_board(Shared& shared) {
  for (const Known& task : shared.board) {
    if (task.record == nullptr) continue;
    const auto outcome = shared.scheduler.wait_for_completion(task.handle, Duration::zero());
    if (!outcome && outcome.error().code == ErrorCode::kTimeout) {
      shared.broken.emplace_back("shut down, and a task is pending");
    }
  }
}

}  // namespace

ProgramReport run_random_program(const RandomProgram& program) {
  ProgramReport report;
  auto created = NanosecondScheduler::create(config_of(program));
  if (!created) {
    report.broken.push_back(created.error().message());
    return report;
  }
  Shared shared(**created);
  std::deque<Part> parts;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < kThreads; ++i) parts.emplace_back(shared, program.seed * 16 + i);
  for (Part& part : parts) threads.emplace_back([&part] { part.run(); });
  std::this_thread::sleep_for(std::chrono::nanoseconds(program.length.ns()));
  shared.closing = true;
  const Duration within = program.seed % 2 == 0 ? Duration::zero() : kForEver;
  if (Status down = (*created)->shutdown(within); !down) shared.complain(down.error().message());
  for (std::thread& thread : threads) thread.join();
  check_board(shared);
  for (const WorkerStats& worker : (*created)->latency_stats().workers) {
    report.taken_over += worker.stolen_by_balancing;
  }
  created->reset();
  report.broken = shared.broken;
  for (const Part& part : parts) part.check(report);
  return report;
}

}  // namespace aegis::executor
