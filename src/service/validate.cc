// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/validate.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

#include <sys/utsname.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aegis/base/clock.h"
#include "aegis/scheduler/machine_identity.h"
#include "aegis/service/admit.h"
#include "aegis/service/export.h"
#include "aegis/service/profile.h"

#include "validate_criteria.h"

namespace aegis::service {

namespace {

using theory::policy::Policy;

constexpr Duration ms(std::int64_t count) {
  return Duration::milliseconds(count);
}

// Where the validation writes; a temporary one goes away with what is in it.
class WorkFolder {
 public:
  static Outcome<WorkFolder> open(const std::filesystem::path& keep) {
    std::error_code error;
    if (!keep.empty()) {
      std::filesystem::create_directories(keep, error);
      if (error) {
        return fail(
            Problem{ExitCode::kEnvironment, fmt::format("{}: {}", keep.string(), error.message())});
      }
      return WorkFolder(keep, false);
    }
    const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
    std::string name = (parent / "aegisrt-validate.XXXXXX").string();
    if (!error && ::mkdtemp(name.data()) == nullptr) {
      error = std::error_code(errno, std::generic_category());
    }
    if (error) {
      return fail(
          Problem{ExitCode::kEnvironment,
                  fmt::format("cannot make a temporary folder in {}: {}",
                              parent.empty() ? "TMPDIR" : parent.string(), error.message())});
    }
    return WorkFolder(name, true);
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (temporary_) std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(WorkFolder&& other) noexcept
      : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, false)) {}
  WorkFolder& operator=(WorkFolder&&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  WorkFolder(std::filesystem::path path, bool temporary)
      : path_(std::move(path)), temporary_(temporary) {}
  std::filesystem::path path_;
  bool temporary_;
};

// What a design with a thread a model pays to hand a job over: half a round trip between two
// ordinary threads on one processor, by condition variable.
Duration thread_hand_over() {
  constexpr int kRounds = 2000;
  std::mutex lock;
  std::condition_variable changed;
  bool mine = true;
  const MonotonicClock clock;
  std::jthread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      std::unique_lock held(lock);
      changed.wait(held, [&] { return !mine; });
      mine = true;
      changed.notify_one();
    }
  });
  std::vector<std::int64_t> round_trips;
  for (int i = 0; i < kRounds; ++i) {
    const TimePoint begin = clock.now();
    std::unique_lock held(lock);
    mine = false;
    changed.notify_one();
    changed.wait(held, [&] { return mine; });
    round_trips.push_back((clock.now() - begin).ns());
  }
  std::ranges::sort(round_trips);
  return Duration::nanoseconds(round_trips[kRounds / 2] / 2);
}

// Whole models only: parts are the same networks once more.
Outcome<std::vector<std::filesystem::path>> onnx_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".onnx" || name.find(".part") != std::string::npos) continue;
    files.push_back(entry.path());
  }
  if (error) {
    return fail(Problem{ExitCode::kInput, fmt::format("{}: {}", folder.string(), error.message())});
  }
  std::ranges::sort(files);
  return files;
}

class Validation {
 public:
  Validation(const ValidateRequest& request, const std::filesystem::path& folder)
      : request_(request), runner_(request, folder) {}

  Outcome<ValidateReport> run() {
    using Step = Outcome<bool> (Validation::*)();
    for (const Step step :
         {&Validation::check_inputs, &Validation::measure_theory, &Validation::measure_models,
          &Validation::run_example, &Validation::run_two_models, &Validation::run_three_models,
          &Validation::run_three_orders, &Validation::run_any_workload}) {
      if (const Outcome<bool> done = (this->*step)(); !done) return fail(done.error());
      if (request_.stop != nullptr && request_.stop->load()) {
        return fail(
            Problem{ExitCode::kEnvironment, "interrupted: nothing is concluded from a part"});
      }
    }
    return report();
  }

 private:
  // Before minutes are spent.
  Outcome<bool> check_inputs() {
    if (!request_.workload.empty()) {
      const auto admission =
          admit_workload({.workload = request_.workload, .profile = {}, .policy = {}});
      if (!admission) return fail(admission.error());
    }
    if (request_.models.empty()) return true;
    auto files = onnx_files(request_.models);
    if (!files) return fail(files.error());
    UsableModels usable = usable_models(*files);
    left_out_ = std::move(usable.left_out);
    if (usable.files.size() < 3) {
      return fail(
          Problem{ExitCode::kInput,
                  fmt::format("{}: expected at least three ONNX models that can be used{}{}",
                              request_.models.string(), left_out_.empty() ? "" : "; ",
                              fmt::join(left_out_, "; "))});
    }
    model_files_ = std::move(usable.files);
    return true;
  }

  Outcome<bool> measure_theory() {
    runner_.say("random task sets through the analyses and the simulator");
    findings_.theory = validate_theory(request_.seed);
    findings_.thread_hand_over = thread_hand_over();
    return true;
  }

  Outcome<bool> run_example() {
    auto example = run_running_example(runner_);
    if (!example) return fail(example.error());
    findings_.example = std::move(*example);
    return true;
  }

  // The user's networks: profiled, and their memory in four arrangements.
  Outcome<bool> measure_models() {
    if (request_.models.empty()) {
      findings_.models_obstacle = "no models given: --models FOLDER";
      return true;
    }
    std::vector<ScenarioModel> models;
    for (const std::filesystem::path& file : model_files_) {
      models.push_back({.name = fmt::format("m{}", models.size()),
                        .file = file,
                        .period = Duration::seconds(1),
                        .deadline = Duration::seconds(1)});
    }
    runner_.say(fmt::format("memory of {} models in four arrangements", models.size()));
    const auto memory = validate_memory(model_files_);
    if (!memory) return fail(memory.error());
    findings_.memory = *memory;
    return profile(std::move(models));
  }

  Outcome<bool> profile(std::vector<ScenarioModel> models) {
    const auto workload = runner_.write("all_models", models);
    if (!workload) return fail(workload.error());
    runner_.say(fmt::format("profile of {} models", models.size()));
    const auto report = profile_workload({.workload = *workload,
                                          .output = profile_,
                                          .jobs = std::clamp(request_.jobs, 20U, 300U),
                                          .seed = request_.seed,
                                          .stop = request_.stop});
    if (!report) return fail(report.error());
    for (ScenarioModel& model : models) {
      for (const scheduler::ModelProfile& profiled : report->profiles) {
        if (profiled.identity.model != model.name) continue;
        for (const auto& segment : profiled.segments) model.wcets.push_back(segment.wcet);
      }
    }
    std::ranges::sort(models, {}, [](const ScenarioModel& model) { return total(model); });
    models_ = std::move(models);
    return true;
  }

  static Duration total(const ScenarioModel& model) {
    Duration sum;
    for (const Duration wcet : model.wcets) sum += wcet;
    return sum;
  }

  // So slow that the model loads the lane to this share, in whole 100 microseconds.
  static void give_rate(ScenarioModel& model, double share) {
    const double period_us =
        std::max(static_cast<double>(total(model).ns()) / share / 1000, 5000.0);
    model.period = model.deadline =
        Duration::microseconds(static_cast<std::int64_t>(period_us) / 100 * 100);
  }

  // The two neighbours in WCET that differ least, of a millisecond at least: without preemption,
  // each must bear the other as blocking.
  [[nodiscard]] std::vector<ScenarioModel> two_models() const {
    std::size_t best = 0;
    double smallest = 1e9;
    for (std::size_t i = 0; i + 1 < models_.size(); ++i) {
      if (total(models_[i]) < ms(1)) continue;
      const double ratio =
          total(models_[i + 1]).seconds_as_double() / total(models_[i]).seconds_as_double();
      if (ratio < smallest) {
        smallest = ratio;
        best = i;
      }
    }
    std::vector<ScenarioModel> two;
    if (smallest < 1e9) two = {models_[best], models_[best + 1]};
    for (ScenarioModel& model : two) give_rate(model, 0.25);
    return two;
  }

  Outcome<bool> run_two_models() {
    std::vector<ScenarioModel> two = two_models();
    findings_.real_models = two.size() == 2;
    if (!findings_.real_models) {
      if (!models_.empty()) findings_.models_obstacle = "fewer than two models take a millisecond";
      two = {mock_model("x", 1, ms(3), ms(12), ms(12)), mock_model("y", 1, ms(4), ms(16), ms(16))};
    }
    const auto workload = runner_.write("2_two_models", two);
    if (!workload) return fail(workload.error());
    const Duration duration =
        std::max(two[0].period, two[1].period) * static_cast<std::int64_t>(request_.jobs);
    auto run = runner_.run(
        {.name = "2 two models", .workload = *workload, .profile = profile_, .duration = duration});
    if (!run) return fail(run.error());
    findings_.two_models = std::move(*run);
    runner_.say("2 two models in plain threads");
    const auto threads = run_in_plain_threads({.workload = *workload,
                                               .duration = duration / 2,
                                               .seed = request_.seed,
                                               .stop = request_.stop});
    if (!threads) return fail(threads.error());
    findings_.threads = *threads;
    return true;
  }

  Outcome<bool> run_three_models() {
    std::vector<ScenarioModel> three;
    if (findings_.real_models) {
      three.assign(models_.begin(), models_.begin() + 3);
      std::ranges::reverse(three);  // the largest arena comes, goes and comes back
      for (ScenarioModel& model : three) give_rate(model, 0.15);
      // None may block another for longer than it can bear.
      for (ScenarioModel& model : three) {
        model.period = model.deadline = std::max(model.period, total(three[0]) * 4);
      }
    } else {
      three = {mock_model("x", 2, ms(2), ms(24), ms(24)), mock_model("y", 1, ms(2), ms(18), ms(18)),
               mock_model("z", 1, ms(1), ms(15), ms(15))};
    }
    const Duration stage =
        std::clamp(ms(2) * static_cast<std::int64_t>(request_.jobs), ms(200), Duration::seconds(2));
    auto outcome = run_coming_and_going(runner_, three, stage);
    if (!outcome) return fail(outcome.error());
    findings_.coming_and_going = std::move(*outcome);
    return true;
  }

  Outcome<bool> run_three_orders() {
    const auto workload = runner_.write("three_orders", three_orders());
    if (!workload) return fail(workload.error());
    three_orders_ = *workload;
    const Duration duration = ms(280) * std::max<std::int64_t>(request_.jobs / 40, 4);
    const auto under = [&](const std::string& name, std::optional<Policy> policy,
                           ScenarioRun& into) -> Outcome<bool> {
      auto run = runner_.run(
          {.name = name, .workload = *workload, .duration = duration, .policy = policy});
      if (!run) return fail(run.error());
      into = std::move(*run);
      return true;
    };
    if (auto ran = under("U 0.91 EDF", std::nullopt, findings_.edf); !ran) return ran;
    if (auto ran = under("U 0.91 RM", Policy::kRateMonotonic, findings_.rate_monotonic); !ran) {
      return ran;
    }
    return under("U 0.91 FIFO", Policy::kFifo, findings_.fifo);
  }

  Outcome<bool> run_any_workload() {
    const bool own = request_.workload.empty();
    auto run =
        runner_.run({.name = "4 any workload",
                     .workload = own ? three_orders_ : request_.workload,
                     .duration = std::clamp(ms(10) * static_cast<std::int64_t>(request_.jobs),
                                            Duration::seconds(1), Duration::seconds(10))});
    if (!run) return fail(run.error());
    findings_.any_workload = std::move(*run);
    if (!findings_.any_workload.report.ran()) return true;
    const auto exported = export_trace({.trace = findings_.any_workload.report.trace,
                                        .format = ExportFormat::kPerfetto,
                                        .output = runner_.file("4_any_workload.json")});
    if (!exported) return fail(exported.error());
    std::string& note = findings_.any_workload.result.note;
    if (!note.empty()) note += "; ";
    note += fmt::format("{}, {} events exported to Perfetto",
                        own ? "of the validation's own" : request_.workload.filename().string(),
                        exported->events);
    return true;
  }

  [[nodiscard]] ValidateReport report() const {
    const scheduler::MachineIdentity machine = scheduler::identify_machine(0);
    ValidateReport report{.machine = fmt::format("{}, {} CPUs, Linux {}", machine.cpu_model,
                                                 machine.cpu_count, machine.kernel),
                          .real_time = findings_.example.run.report.real_time};
    report.left_out = left_out_;
    report.scenarios = {findings_.example.run.result,
                        findings_.two_models.result,
                        findings_.coming_and_going.result,
                        findings_.any_workload.result,
                        findings_.edf.result,
                        findings_.rate_monotonic.result,
                        findings_.fifo.result};
    report.criteria = judge(findings_, request_.jobs);
    return report;
  }

  const ValidateRequest& request_;
  ScenarioRunner runner_;
  std::vector<std::filesystem::path> model_files_;
  std::vector<std::string> left_out_;
  std::vector<ScenarioModel> models_;  // profiled, by WCET
  std::filesystem::path profile_ = runner_.file("all_models.profile.json");
  std::filesystem::path three_orders_;
  ValidationFindings findings_;
};

}  // namespace

ExitCode ValidateReport::exit_code() const {
  const auto any = [this](CriterionStatus status) {
    return std::ranges::find(criteria, status, &Criterion::status) != criteria.end();
  };
  if (any(CriterionStatus::kMissed)) return ExitCode::kNo;
  return any(CriterionStatus::kNotMeasured) ? ExitCode::kUndecided : ExitCode::kYes;
}

Outcome<ValidateReport> validate_machine(const ValidateRequest& request) {
  const auto folder = WorkFolder::open(request.keep);
  if (!folder) return fail(folder.error());
  return Validation(request, folder->path()).run();
}

}  // namespace aegis::service
