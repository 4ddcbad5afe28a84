// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <algorithm>
#include <map>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include <fmt/format.h>

#include "aegis/context/backend_registry.h"
#include "aegis/context/probe.h"
#include "aegis/scheduler/model_content.h"
#include "aegis/service/profile_file.h"

namespace aegis::service {

namespace {

using scheduler::ModelProfile;
using scheduler::ModelSetup;
using scheduler::Orchestrator;
using scheduler::OrchestratorConfig;

// Where a lane runs unless told: the last CPU this process may use, since interrupts prefer the
// first.
std::optional<int> last_allowed_cpu() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return std::nullopt;
  for (std::size_t cpu = CPU_SETSIZE; cpu-- > 0;) {
    if (CPU_ISSET(cpu, &allowed)) return static_cast<int>(cpu);
  }
  return std::nullopt;
}

executor::LaneConfig lane_config(const MachineSpec& machine, const LaneSpec& lane, LaneId id,
                                 const SessionRequest& request) {
  executor::LaneConfig config;
  config.id = id;
  config.name = lane.name;
  config.device = lane.device;
  config.policy = request.policy.value_or(machine.policy);
  config.overheads = machine.overheads;
  config.lost_supply = machine.lost_supply;
  config.wait.spin = machine.spin;
  config.cpu = lane.cpu;
  if (!machine.real_time) config.fifo_priority.reset();
  if (machine.real_time) config.fifo_priority = machine.fifo_priority;
  if (!config.cpu && machine.real_time) config.cpu = last_allowed_cpu();
  return config;
}

// Room for every job that the overload rules allow at once.
void make_room(executor::LaneConfig& lane, const std::vector<ModelSpec>& models) {
  std::size_t jobs = 0;
  for (const ModelSpec& model : models) jobs += 1 + model.overload.queue_depth;
  lane.max_tasks = std::max(lane.max_tasks, models.size());
  lane.max_ready_jobs = std::max(lane.max_ready_jobs, jobs);
}

OrchestratorConfig orchestrator_config(const Workload& workload, const SessionRequest& request) {
  OrchestratorConfig config;
  std::vector<LaneSpec> lanes = workload.machine.lanes;
  if (lanes.empty()) lanes.emplace_back();
  for (const LaneSpec& lane : lanes) {
    const LaneId id{static_cast<std::uint32_t>(config.lanes.size())};
    config.lanes.push_back(lane_config(workload.machine, lane, id, request));
    make_room(config.lanes.back(), workload.models);
  }
  config.backend_options = workload.machine.backends;
  config.input_seed = request.input_seed;
  config.co_runners = workload.machine.co_runners;
  return config;
}

LaneId lane_of(const ModelSpec& model, const OrchestratorConfig& config) {
  const auto named = std::ranges::find(config.lanes, model.lane, &executor::LaneConfig::name);
  return named == config.lanes.end() ? LaneId{0} : named->id;
}

ModelSetup setup_of(const ModelSpec& model, const OrchestratorConfig& config) {
  ModelSetup setup;
  setup.backend = model.backend;
  setup.load = load_request_of(model);
  setup.timing.name = model.name;
  setup.timing.period = model.period;
  setup.timing.deadline = {model.deadline};
  setup.timing.release_jitter = model.jitter;
  setup.timing.offset = model.offset;
  setup.timing.priority = {model.priority};
  setup.timing.overload = model.overload;
  setup.timing.batch = model.batch;
  setup.lane = lane_of(model, config);
  setup.periodic = model.periodic;
  return setup;
}

std::string quoted_model(const ModelSpec& model) {
  return fmt::format("model \"{}\"", model.name);
}

// The profiles of a workload, read when the first model needs one.
class Profiles {
 public:
  explicit Profiles(const SessionRequest& request)
      : file_(request.profile.empty() ? default_profile_path(request.workload) : request.profile) {}

  // Whether these very bytes were loaded and measured before.
  [[nodiscard]] bool vouch_for(const context::LoadRequest& load) {
    if (!loaded_) {
      auto profiles = load_profiles(file_);
      if (!profiles) return false;
      loaded_ = std::move(*profiles);
    }
    const Result<std::string> content = scheduler::content_hash(load);
    return content && std::ranges::any_of(*loaded_, [&](const ModelProfile& profile) {
             return profile.identity.model == load.name && profile.identity.content == *content;
           });
  }

  Outcome<const ModelProfile*> of(const ModelSpec& model, const std::filesystem::path& workload) {
    const std::string advice =
        fmt::format("run `aegisrt profile {}` or declare its wcet", workload.string());
    if (!loaded_ && !std::filesystem::exists(file_)) {
      return fail(
          Problem{ExitCode::kInput, fmt::format("{}:{}: {} has no WCET: {}", workload.string(),
                                                model.line, quoted_model(model), advice)});
    }
    if (!loaded_) {
      auto profiles = load_profiles(file_);
      if (!profiles) return fail(Problem::of(profiles.error()));
      loaded_ = std::move(*profiles);
    }
    for (const ModelProfile& profile : *loaded_) {
      if (profile.identity.model == model.name) return &profile;
    }
    return fail(Problem{ExitCode::kInput, fmt::format("{}: no profile of {}: {}", file_.string(),
                                                      quoted_model(model), advice)});
  }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  std::optional<std::vector<ModelProfile>> loaded_;
};

std::vector<theory::Segment> declared_segments(const ModelSpec& model) {
  std::vector<theory::Segment> segments;
  for (std::size_t i = 0; i < model.wcet.size(); ++i) {
    segments.push_back(
        {.wcet = model.wcet[i], .bcet = i < model.bcet.size() ? model.bcet[i] : Duration::zero()});
  }
  return segments;
}

Outcome<std::vector<theory::Segment>> profiled_segments(const ModelSpec& model, TaskId task,
                                                        const Orchestrator& orchestrator,
                                                        Profiles& profiles,
                                                        const std::filesystem::path& workload) {
  const Outcome<const ModelProfile*> profile = profiles.of(model, workload);
  if (!profile) return fail(profile.error());
  const Result<scheduler::ProfileIdentity> now = orchestrator.identity(task);
  if (!now) return fail(Problem::of(quoted_model(model), now.error()));
  if (const auto differences = (*profile)->identity.differences(*now); !differences.empty()) {
    return fail(Problem{ExitCode::kInput,
                        fmt::format("{}: the profile of {} is stale: {}; run `aegisrt profile {}`",
                                    profiles.file().string(), quoted_model(model),
                                    fmt::join(differences, "; "), workload.string())});
  }
  std::vector<theory::Segment> segments;
  for (const scheduler::SegmentProfile& segment : (*profile)->segments) {
    segments.push_back({.wcet = segment.wcet, .bcet = Duration::zero()});
  }
  return segments;
}

Outcome<bool> give_wcets(Session& session, Profiles& profiles) {
  for (std::size_t i = 0; i < session.tasks.size(); ++i) {
    const ModelSpec& model = session.workload.models[i];
    std::vector<theory::Segment> segments = declared_segments(model);
    const bool declared = !segments.empty();
    if (!declared) {
      auto profiled = profiled_segments(model, session.tasks[i], *session.orchestrator, profiles,
                                        session.workload.file);
      if (!profiled) return fail(profiled.error());
      segments = std::move(*profiled);
    }
    const Status given = session.orchestrator->set_segments(session.tasks[i], std::move(segments));
    if (!given) {
      const std::string where =
          declared ? fmt::format("{}:{}: model[{}].wcet", session.workload.file.string(),
                                 model.line, i + 1)
                   : fmt::format("{}: {}", profiles.file().string(), quoted_model(model));
      return fail(Problem{ExitCode::kInput, where + ": " + given.error().message()});
    }
  }
  return true;
}

// A first load in a child process, for files that nobody vouches for: what crashes its runtime
// crashes only the child.
Status load_on_trial(const ModelSpec& model, const OrchestratorConfig& config, Profiles& profiles) {
  const context::LoadRequest load = load_request_of(model);
  if (!load.parts.empty() && profiles.vouch_for(load)) return ok();
  const auto options = config.backend_options.find(model.backend);
  const auto factory = [&] {
    return context::builtin_backends().create(model.backend, options == config.backend_options.end()
                                                                 ? context::Options{}
                                                                 : options->second);
  };
  return context::probe_in_child(factory, load);
}

// Loads the models in order. A budget that does not suffice ends it with a refusal.
Outcome<bool> load_models(Session& session, const OrchestratorConfig& config, Profiles& profiles) {
  for (const ModelSpec& model : session.workload.models) {
    const Status tried = load_on_trial(model, config, profiles);
    const Result<TaskId> task =
        tried ? session.orchestrator->load(setup_of(model, config)) : fail(tried.error());
    if (task) {
      session.tasks.push_back(*task);
      continue;
    }
    if (task.error().code == ErrorCode::kResourceExhausted) {
      session.refusal = quoted_model(model) + ": " + task.error().message();
      return false;
    }
    return fail(Problem{exit_code_of(task.error()),
                        fmt::format("{}:{}: {}: {}", session.workload.file.string(), model.line,
                                    quoted_model(model), task.error().message())});
  }
  return true;
}

// Tried, not looked up: a CPU isolated from the kernel's balancing (isolcpus=) is in no process's
// affinity unless asked for, and it is the best a lane can have.
bool can_pin_to(int cpu) {
  bool pinned = false;
  std::jthread([&pinned, cpu] {
    cpu_set_t only;
    CPU_ZERO(&only);
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &only);
    pinned = ::sched_setaffinity(0, sizeof(only), &only) == 0;
  }).join();
  return pinned;
}

// A lane on a processor that this process cannot use.
std::optional<Problem> unusable_cpu(const Workload& workload) {
  for (const LaneSpec& lane : workload.machine.lanes) {
    if (!lane.cpu || can_pin_to(*lane.cpu)) continue;
    return Problem{
        ExitCode::kInput,
        fmt::format("{}:{}: machine.lane.cpu: CPU {} is not one that this process may use",
                    workload.file.string(), lane.line, *lane.cpu)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> lane_cpu(const Workload& workload) {
  const bool named = !workload.machine.lanes.empty() && workload.machine.lanes.front().cpu;
  if (named) return workload.machine.lanes.front().cpu;
  return workload.machine.real_time ? last_allowed_cpu() : std::nullopt;
}

context::LoadRequest load_request_of(const ModelSpec& model) {
  return {.name = model.name,
          .parts = model.parts,
          .budget = {.memory_bytes = model.budget.memory_bytes.value_or(0),
                     .streams = model.budget.streams,
                     .compute_per_period = model.budget.compute},
          .options = model.options};
}

Outcome<Session> open_session(const SessionRequest& request, const Clock& clock,
                              trace::Recorder* recorder) {
  Parsed<Workload> workload = load_workload(request.workload);
  if (!workload) return fail(Problem::of(workload.error()));
  if (auto problem = unusable_cpu(*workload)) return fail(*problem);
  const OrchestratorConfig config = orchestrator_config(*workload, request);
  const context::BackendRegistry backends = context::builtin_backends();
  auto orchestrator = Orchestrator::create(config, backends, clock, recorder);
  if (!orchestrator) return fail(Problem::of(orchestrator.error()));
  Session session{.workload = std::move(*workload),
                  .orchestrator = std::move(*orchestrator),
                  .tasks = {},
                  .refusal = std::nullopt};
  Profiles profiles(request);
  const Outcome<bool> loaded = load_models(session, config, profiles);
  if (!loaded) return fail(loaded.error());
  if (!*loaded || !request.needs_wcets) return session;
  if (const Outcome<bool> given = give_wcets(session, profiles); !given) return fail(given.error());
  return session;
}

Result<executor::ClockKeeper> keep_clock(executor::TscClock& clock, trace::Recorder& recorder) {
  return executor::ClockKeeper::start(
      clock, {.on_fallback = [&](const executor::TscState& state) {
        recorder.declare(trace::DecisionDeclaration{
            .time_ns = clock.now().ns(),
            .kind = "clock",
            .outcome = "fell back",
            .rationale = "CLOCK_MONOTONIC tells the time: " + state.reason});
      }});
}

}  // namespace aegis::service
