// SPDX-License-Identifier: Apache-2.0
//
// parse_task_csv: any text is a task set or one line, and a task set is one that the analyses take.
// A set that was accepted, written as CSV in
// nanoseconds, is read as the same set.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "aegis/service/task_csv.h"

#include "fuzz_target.h"

namespace {

using aegis::Duration;
using aegis::fuzz::require;
using aegis::theory::Segment;
using aegis::theory::Task;
using aegis::theory::TaskSet;

constexpr const char* kFile = "t.csv";

Duration wcet_of(const Task& task) {
  Duration sum;
  for (const Segment& segment : task.segments) sum += segment.wcet;
  return sum;
}

std::string to_csv(const TaskSet& tasks) {
  std::string csv = "Task,T,D,BCET,WCET,Jitter,Priority,Segments\n";
  for (const Task& task : tasks) {
    std::string segments;
    for (const Segment& segment : task.segments) {
      segments += fmt::format("{}{}", segments.empty() ? "" : "+", segment.wcet.ns());
    }
    // Of a BCET in one number the segments keep only part: it comes back of a single one.
    const std::int64_t bcet = task.segments.size() == 1 ? task.segments[0].bcet.ns() : 0;
    csv += fmt::format("{},{},{},{},{},{},{},{}\n", task.name, task.period.ns(),
                       task.deadline.value.ns(), bcet, wcet_of(task).ns(), task.release_jitter.ns(),
                       task.priority.value, segments);
  }
  return csv;
}

bool same(const Task& a, const Task& b) {
  const auto same_segment = [&](const Segment& x, const Segment& y) {
    return x.wcet == y.wcet && (a.segments.size() > 1 || x.bcet == y.bcet);
  };
  return a.id == b.id && a.name == b.name && a.period == b.period &&
         a.deadline.value == b.deadline.value && a.release_jitter == b.release_jitter &&
         a.priority == b.priority && std::ranges::equal(a.segments, b.segments, same_segment);
}

void check(const Task& task) {
  require(!task.name.empty(), "a task has a name");
  require(task.period > Duration::zero(), "a period is positive", task.name);
  require(task.deadline.value > Duration::zero(), "a deadline is positive", task.name);
  require(task.release_jitter >= Duration::zero(), "a jitter is not negative", task.name);
  require(!task.segments.empty(), "a task has a segment", task.name);
  for (const Segment& segment : task.segments) {
    require(segment.wcet > Duration::zero(), "a WCET is positive", task.name);
    require(segment.bcet >= Duration::zero() && segment.bcet <= segment.wcet,
            "a BCET is within the WCET", task.name);
  }
}

void read_in(Duration unit, std::string_view text) {
  const auto tasks = aegis::service::parse_task_csv(text, kFile, unit);
  if (!tasks) return aegis::fuzz::require_one_line(tasks.error().message(), kFile);
  require(!tasks->empty() && tasks->size() <= 10'000, "1 to 10,000 tasks");
  for (const Task& task : *tasks) check(task);
  require(aegis::theory::validate(*tasks).has_value(), "what was read can be analysed", text);
  const std::string csv = to_csv(*tasks);
  const auto again = aegis::service::parse_task_csv(csv, kFile, Duration::nanoseconds(1));
  require(again.has_value(), "what was read can be written and read", csv);
  require(std::ranges::equal(*again, *tasks, same), "written and read, it is the same", csv);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = aegis::fuzz::text_of(data, size);
  // The finest unit refuses every fraction, the coarsest overflows first.
  read_in(Duration::nanoseconds(1), text);
  read_in(Duration::milliseconds(1), text);
  read_in(Duration::seconds(100LL * 86'400), text);
  return 0;
}
