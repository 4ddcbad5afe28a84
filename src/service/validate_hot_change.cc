// SPDX-License-Identifier: Apache-2.0
//
// Scenario 3: three models whose stays on one lane overlap.
//
//   a  ██████████████░░░░░░░██████████
//   b  ░░░░███████████████████████░░░░
//   c  ░░░░░░░░░██████████████████████
//      └stage┘
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <thread>

#include <unistd.h>

#include <fmt/format.h>

#include "aegis/base/clock.h"
#include "aegis/trace/trace_drain.h"

#include "session.h"
#include "validate_scenarios.h"

namespace aegis::service {

namespace {

constexpr LaneId kLane{0};

scheduler::ModelSetup setup_of(const ScenarioModel& model) {
  scheduler::ModelSetup setup;
  setup.backend = model.file.empty() ? "mock" : "onnxruntime";
  setup.load.name = model.name;
  if (model.file.empty()) {
    setup.load.options = {{"segments", model.mock_segments}};
  } else {
    setup.load.parts = {model.file};
  }
  setup.timing.name = model.name;
  setup.timing.period = model.period;
  setup.timing.deadline = {model.deadline};
  for (const Duration wcet : model.wcets) setup.timing.segments.push_back({wcet, {}});
  return setup;
}

class Stay {
 public:
  Stay(scheduler::Orchestrator& orchestrator, Duration stage, const std::atomic<bool>* stop)
      : orchestrator_(orchestrator), stage_(stage), stop_(stop) {}

  Outcome<bool> arrive(const ScenarioModel& model) {
    const auto admission = orchestrator_.add(setup_of(model));
    if (!admission) return fail(Problem::of(model.name, admission.error()));
    if (!admission->admitted) {
      refusal_ = model.name + " is not admitted: " + admission->rationale;
      return false;
    }
    present_[model.name] = orchestrator_.tasks().back().id;
    return together();
  }
  Outcome<bool> leave(const ScenarioModel& model) {
    const Status removed = orchestrator_.remove(present_.at(model.name));
    if (!removed) return fail(Problem::of(model.name, removed.error()));
    present_.erase(model.name);
    return together();
  }
  void is_there(const ScenarioModel& model, TaskId task) { present_[model.name] = task; }

  // One stage in this company. False, here as of arrive() and leave(): the play is over.
  Outcome<bool> together() {
    std::size_t largest = 0;
    for (const auto& [name, task] : present_) {
      largest = std::max(largest, orchestrator_.memory(task).activations);
    }
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t arena = orchestrator_.arena_bytes(kLane);
    followed_ = followed_ && arena >= largest && arena < largest + page;
    const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(stage_.ns());
    while (std::chrono::steady_clock::now() < end && !stopped()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }
  [[nodiscard]] bool arena_followed() const { return followed_; }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  [[nodiscard]] bool stopped() const { return stop_ != nullptr && stop_->load(); }
  scheduler::Orchestrator& orchestrator_;
  const Duration stage_;
  const std::atomic<bool>* stop_;
  std::map<std::string, TaskId> present_;
  bool followed_ = true;
  std::string refusal_;
};

Outcome<bool> play(Stay& stay, const std::vector<ScenarioModel>& models) {
  const ScenarioModel& a = models[0];
  const ScenarioModel& b = models[1];
  const ScenarioModel& c = models[2];
  const std::array<std::function<Outcome<bool>()>, 6> acts{
      [&] { return stay.together(); }, [&] { return stay.arrive(b); },
      [&] { return stay.arrive(c); },  [&] { return stay.leave(a); },
      [&] { return stay.arrive(a); },  [&] { return stay.leave(b); }};
  for (const auto& act : acts) {
    const Outcome<bool> goes_on = act();
    if (!goes_on || !*goes_on) return goes_on;
  }
  return true;
}

void count_misses(const trace::Trace& trace, ScenarioResult& result) {
  for (const trace::Event& event : trace.events) {
    if (event.type == trace::EventType::kSubmitted) ++result.jobs;
    if (event.type != trace::EventType::kMissed) continue;
    ++result.misses;
    const auto named = static_cast<std::uint64_t>(event.payload[2]);
    if ((named & trace::bit(trace::Assumption::kLostSupply)) != 0) ++result.misses_in_lost_supply;
  }
}

}  // namespace

Outcome<ComingAndGoing> run_coming_and_going(const ScenarioRunner& runner,
                                             const std::vector<ScenarioModel>& models,
                                             Duration stage) {
  runner.say(fmt::format("3 three models come and go, {:.0f} s", 6 * stage.seconds_as_double()));
  const auto workload = runner.write("3_first_of_three", {models[0]});
  if (!workload) return fail(workload.error());
  const std::filesystem::path trace_file = runner.file("3_coming_and_going.aegis");
  executor::TscClock clock;
  trace::Recorder recorder;
  const auto keeper = keep_clock(clock, recorder);
  if (!keeper) return fail(Problem::of("the clock is not kept", keeper.error()));
  auto session =
      open_session({.workload = *workload, .profile = {}, .policy = {}}, clock, &recorder);
  if (!session) return fail(session.error());
  if (session->refusal) return fail(Problem{ExitCode::kNo, *session->refusal});
  auto drain = trace::TraceDrain::start(recorder, trace_file);
  if (!drain) return fail(Problem{ExitCode::kEnvironment, drain.error().message()});
  scheduler::Orchestrator& orchestrator = *session->orchestrator;
  const auto started = orchestrator.start({});
  if (!started) return fail(Problem::of("the lane does not start", started.error()));
  if (!started->front().admitted) {
    const std::string note = "not admitted: " + started->front().rationale;
    return ComingAndGoing{.result = {.name = "3 come and go", .note = note}};
  }

  ComingAndGoing outcome{
      .result = {.name = "3 come and go", .admitted = started->front().admitted}};
  Stay stay(orchestrator, stage, runner.request().stop);
  stay.is_there(models[0], session->tasks.front());
  const auto played = play(stay, models);
  const Status drained = orchestrator.drain(Duration::seconds(2));
  outcome.unplanned_allocations = orchestrator.unplanned_allocations();
  outcome.leaks = orchestrator.leaks().size();
  outcome.arena_followed = stay.arena_followed();
  if (const Status written = (*drain)->stop(); !written) {
    return fail(Problem{ExitCode::kEnvironment, written.error().message()});
  }
  if (!played) return fail(played.error());
  if (!*played) {
    outcome.result.admitted = false;
    outcome.result.note = stay.refusal();
  }
  if (!drained) return fail(Problem::of("the lane does not stop", drained.error()));
  const auto judged = judge_trace(trace_file, outcome.result);
  if (!judged) return fail(judged.error());
  count_misses(judged->trace, outcome.result);
  return outcome;
}

}  // namespace aegis::service
