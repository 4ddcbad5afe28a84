// SPDX-License-Identifier: Apache-2.0
//
// Wrote the seeds in corpus/trace, by the project's own recorder: small runs of the running
// example, whole, late, wrong and cut; and a real run, with its machine's name taken out.
//   fuzz_make_traces FOLDER [RUN.aegis]
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "aegis/trace/trace.h"

#include "synthetic_lane.h"

namespace {

using aegis::Duration;
using aegis::ThreadId;
using aegis::trace::Event;
using aegis::trace::EventType;
using aegis::trace::Recorder;
using aegis::trace::running_example;
using aegis::trace::SyntheticRun;
using aegis::trace::Trace;

constexpr Duration kLength = Duration::milliseconds(90);

// Through a recorder, as a lane would; events of submitters from a thread of their own.
bool write(const std::filesystem::path& path, const Trace& trace) {
  Recorder recorder;
  auto file = aegis::trace::TraceFileWriter::create(path);
  if (!file) return false;
  recorder.declare(trace.session);
  for (const auto& [id, lane] : trace.lanes) recorder.declare(lane);
  for (const auto& [id, task] : trace.tasks) recorder.declare(task);
  for (const auto& decision : trace.decisions) recorder.declare(decision);
  aegis::trace::Writer lane = recorder.add_thread("lane0");
  aegis::trace::Writer submitter = recorder.add_thread("submitter");
  for (const Event& event : trace.events) {
    (event.type == EventType::kSubmitted ? submitter : lane).record(event);
  }
  recorder.drain(**file);
  return (*file)->finish(recorder).has_value();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const std::filesystem::path folder = arguments[1];
  const auto tasks = running_example();
  const std::map<std::string, SyntheticRun> runs{
      {"edf", {.tasks = tasks, .length = kLength}},
      {"edf_proved", {.tasks = tasks, .length = kLength, .admitted = true}},
      {"edf_wrong_decision", {.tasks = tasks, .length = kLength, .wrong_decision = 1}},
      {"edf_overruns", {.tasks = tasks, .length = kLength, .shortest = 1, .overrun_one_in = 2}},
      {"rate_monotonic", {.policy = "rm", .tasks = tasks, .length = kLength}},
      {"fifo_whole_segment", {.policy = "fifo", .tasks = running_example(1), .length = kLength}}};
  for (const auto& [name, run] : runs) {
    const std::filesystem::path file = folder / (name + ".trace");
    if (!write(file, aegis::trace::synthetic_trace(run))) return 4;
    std::printf("%s: %zu bytes\n", file.c_str(), std::filesystem::file_size(file));
  }
  const std::filesystem::path cut = folder / "edf_cut_in_a_block.trace";
  std::filesystem::copy_file(folder / "edf.trace", cut,
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) * 2 / 3);
  if (count == 2) return 0;
  auto run = aegis::trace::read_trace(std::filesystem::path(arguments[2]));
  if (!run) return 2;
  run->session.machine = "2 CPUs";
  run->session.workload = "mock.toml";
  return write(folder / "run_of_two_mock_models.trace", *run) ? 0 : 4;
}
