// SPDX-License-Identifier: Apache-2.0
#include "thread_usage.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <limits>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace aegis::executor {
namespace {

// `status` has some 60 short lines, and two lists of CPUs and memory nodes that take 9 characters
// per 32: 16 KiB would do for 20,000 CPUs. `stat` is one line of 52 numbers.
constexpr std::size_t kReadBytes = 16384;
using Text = std::array<char, kReadBytes>;

// A number that makes up the whole word.
std::optional<std::uint64_t> number(std::string_view word) {
  std::uint64_t value = 0;
  const char* const begin = word.data();
  const char* const end = begin + word.size();
  const auto [at, error] = std::from_chars(begin, end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

// Cuts what stands before the next separator, and the separator, off `text`.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

// "name:\t17\n", at the start of a line only: a thread's own name cannot contain a line feed there,
// the kernel escapes it.
std::optional<std::uint64_t> field_of_status(std::string_view status, std::string_view name) {
  while (!status.empty()) {
    std::string_view line = cut(status, '\n');
    if (line.substr(0, name.size()) != name) continue;
    line.remove_prefix(name.size());
    const std::size_t digits = line.find_first_not_of(" \t");
    return digits == std::string_view::npos ? std::nullopt : number(line.substr(digits));
  }
  return std::nullopt;
}

// proc_pid_stat(5) counts fields from 1: pid, (name), state, ... A name may hold anything, also
// blanks and brackets, so the fields are counted from the last bracket.
constexpr std::size_t kFirstAfterName = 3;
constexpr std::size_t kMinorFaults = 10;
constexpr std::size_t kMajorFaults = 12;
constexpr std::size_t kUserTicks = 14;
constexpr std::size_t kSystemTicks = 15;

using StatFields = std::array<std::string_view, kSystemTicks + 1>;

StatFields fields_of_stat(std::string_view stat) {
  StatFields fields;
  const std::size_t bracket = stat.rfind(") ");
  if (bracket == std::string_view::npos) return fields;
  stat.remove_prefix(bracket + 2);
  for (std::size_t i = kFirstAfterName; i < fields.size(); ++i) fields.at(i) = cut(stat, ' ');
  return fields;
}

std::optional<Duration> ticks(std::uint64_t user, std::uint64_t system, Duration tick) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (user > kMost || system > kMost - user) return std::nullopt;
  return Duration::checked_multiply(tick, static_cast<std::int64_t>(user + system));
}

Result<std::string_view> read_file(pid_t thread, const char* name, Text& text) {
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/%s", thread, name);
  const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(Error::system("cannot read a thread's usage", path.data(), errno));
  const ssize_t length = ::read(file, text.data(), text.size());
  const int error = errno;
  ::close(file);
  if (length < 0) return fail(Error::system("cannot read a thread's usage", path.data(), error));
  return std::string_view(text.data(), static_cast<std::size_t>(length));
}

std::uint64_t count(long figure) {
  return figure < 0 ? 0 : static_cast<std::uint64_t>(figure);
}

Duration tick_of_this_machine() {
  constexpr std::int64_t kSecond_ns = 1'000'000'000;
  constexpr std::int64_t kUsual = 100;  // a second
  const long per_second = sysconf(_SC_CLK_TCK);
  return Duration::nanoseconds(kSecond_ns / (per_second > 0 ? per_second : kUsual));
}

}  // namespace

pid_t this_thread() noexcept {
  return gettid();
}

// getrusage's processor time of a running thread lags by up to a scheduler tick (1 to 10 ms), which
// would pass for time that the thread did not run; its clock is exact.
ThreadUsage this_thread_usage() noexcept {
  rusage usage{};
  timespec used{};
  if (::getrusage(RUSAGE_THREAD, &usage) != 0) return {};
  if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) return {};
  return {.voluntary_switches = count(usage.ru_nvcsw),
          .involuntary_switches = count(usage.ru_nivcsw),
          .minor_faults = count(usage.ru_minflt),
          .major_faults = count(usage.ru_majflt),
          .cpu_time = Duration::seconds(used.tv_sec) + Duration::nanoseconds(used.tv_nsec)};
}

std::optional<ThreadUsage> parse_thread_usage(std::string_view status, std::string_view stat,
                                              Duration tick) {
  const auto voluntary = field_of_status(status, "voluntary_ctxt_switches:");
  const auto involuntary = field_of_status(status, "nonvoluntary_ctxt_switches:");
  const StatFields fields = fields_of_stat(stat);
  const auto minor = number(fields[kMinorFaults]);
  const auto major = number(fields[kMajorFaults]);
  const auto user = number(fields[kUserTicks]);
  const auto system = number(fields[kSystemTicks]);
  if (!voluntary || !involuntary || !minor || !major || !user || !system) return std::nullopt;
  const auto cpu_time = ticks(*user, *system, tick);
  if (!cpu_time) return std::nullopt;
  return ThreadUsage{.voluntary_switches = *voluntary,
                     .involuntary_switches = *involuntary,
                     .minor_faults = *minor,
                     .major_faults = *major,
                     .cpu_time = *cpu_time};
}

Result<ThreadUsage> thread_usage_of(pid_t thread) {
  Text status_text;
  Text stat_text;
  const auto status = read_file(thread, "status", status_text);
  if (!status) return fail(status.error());
  const auto stat = read_file(thread, "stat", stat_text);
  if (!stat) return fail(stat.error());
  const auto usage = parse_thread_usage(*status, *stat, tick_of_this_machine());
  if (!usage) {
    return fail(Error::permanent(ErrorCode::kCorrupt, "a thread's usage in /proc is unreadable"));
  }
  return *usage;
}

}  // namespace aegis::executor
