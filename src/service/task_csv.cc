// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/task_csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aegis/base/atomic_file.h"

#include "decimal_time.h"
#include "diagnostic_log.h"
#include "plain_text.h"

namespace aegis::service {

namespace {

constexpr std::size_t kLargestFile = 16U << 20;  // 10,000 tasks of 1.6 KiB each
constexpr std::size_t kMostTasks = 10'000;
constexpr std::size_t kLongestLine = 64U << 10;
constexpr std::size_t kLongestName = 256;
constexpr std::size_t kMostSegments = 256;

enum class Column : std::uint8_t { kTask, kT, kD, kBcet, kWcet, kJitter, kPriority, kSegments };
constexpr std::array<std::string_view, 8> kColumns{"Task", "T",      "D",        "BCET",
                                                   "WCET", "Jitter", "Priority", "Segments"};
constexpr std::array kRequired{Column::kTask, Column::kT, Column::kD, Column::kWcet};

std::string name_of(Column column) {
  return std::string(kColumns[static_cast<std::size_t>(column)]);
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return parts;
}

// Which column stands where.
class Header {
 public:
  Header(std::string_view text, int line, DiagnosticLog& problems) {
    for (const std::string_view cell : split(text, ',')) add(cell, line, problems);
    for (const Column column : kRequired) {
      if (!position(column)) {
        problems.report(line, name_of(column), "missing; the header line must name this column");
      }
    }
  }

  [[nodiscard]] std::size_t width() const { return columns_.size(); }
  [[nodiscard]] std::optional<std::size_t> position(Column column) const {
    const auto found = std::ranges::find(columns_, column);
    if (found == columns_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns_.begin());
  }

 private:
  void add(std::string_view cell, int line, DiagnosticLog& problems) {
    const auto known = std::ranges::find(kColumns, cell);
    if (known == kColumns.end()) {
      const auto nearest = nearest_word(cell, kColumns);
      const std::string known_columns = fmt::format("known are {}", fmt::join(kColumns, ", "));
      const std::string hint =
          nearest ? fmt::format("did you mean \"{}\"?", *nearest) : known_columns;
      problems.report(line, "", fmt::format("unknown column {}; {}", in_quotes(cell), hint));
      return;
    }
    const auto column = static_cast<Column>(known - kColumns.begin());
    if (position(column)) problems.report(line, name_of(column), "this column appears twice");
    columns_.push_back(column);
  }

  std::vector<Column> columns_;
};

// One line of the file, read column by column.
class Row {
 public:
  Row(const Header& header, std::string_view text, int line, DiagnosticLog& problems)
      : header_(header), cells_(split(text, ',')), line_(line), problems_(problems) {
    if (cells_.size() == header.width()) return;
    problems.report(line, "",
                    fmt::format("expected {} cells, as the header has; found {}", header.width(),
                                cells_.size()));
    cells_.resize(header.width());
  }

  // Empty where the file has no such column.
  [[nodiscard]] std::string_view cell(Column column) const {
    const auto position = header_.position(column);
    return position ? cells_[*position] : std::string_view();
  }
  [[nodiscard]] bool has(Column column) const { return header_.position(column).has_value(); }

  [[nodiscard]] Duration time(Column column, Duration unit) {
    return has(column) ? time_of(cell(column), column, unit) : Duration::zero();
  }
  [[nodiscard]] Duration positive_time(Column column, Duration unit) {
    const Duration time = this->time(column, unit);
    if (time == Duration::zero()) report(column, "must be greater than zero");
    return time;
  }
  [[nodiscard]] Duration time_of(std::string_view text, Column column, Duration unit) {
    const auto time = parse_decimal_time(text, unit);
    if (!time) report(column, time.error());
    return time.value_or(Duration::zero());
  }

  void report(std::string problem) { problems_.report(line_, "", std::move(problem)); }
  void report(Column column, std::string problem) {
    problems_.report(line_, name_of(column), std::move(problem));
  }

 private:
  const Header& header_;
  std::vector<std::string_view> cells_;
  int line_;
  DiagnosticLog& problems_;
};

// One line after the other becomes a task; rules between tasks stand here.
class Tasks {
 public:
  explicit Tasks(Duration unit) : unit_(unit) {}

  void add(Row row, int line) {
    theory::Task task;
    task.id = TaskId{static_cast<std::uint32_t>(tasks_.size())};
    task.name = read_name(row, line);
    task.period = row.positive_time(Column::kT, unit_);
    task.deadline = {row.positive_time(Column::kD, unit_)};
    task.segments = read_segments(row);
    task.release_jitter = row.time(Column::kJitter, unit_);
    task.priority = read_priority(row);
    task.overload = {theory::OverloadRule::kQueue, std::numeric_limits<std::uint32_t>::max()};
    add_times(task, row);
    tasks_.push_back(std::move(task));
  }

  [[nodiscard]] std::size_t size() const { return tasks_.size(); }
  [[nodiscard]] theory::TaskSet take() { return std::move(tasks_); }

 private:
  std::string read_name(Row& row, int line) {
    std::string name(row.cell(Column::kTask));
    if (name.empty()) row.report(Column::kTask, "expected a name; found an empty cell");
    if (name.size() > kLongestName) {
      row.report(Column::kTask, fmt::format("longer than {} bytes", kLongestName));
    }
    if (has_control_character(name)) row.report(Column::kTask, "contains a control character");
    const auto [first, is_new] = lines_.emplace(name, line);
    if (!is_new) {
      row.report(Column::kTask, fmt::format("{} is the name of the task at line {} already",
                                            in_quotes(name), first->second));
    }
    return name;
  }

  std::vector<theory::Segment> read_segments(Row& row) const {
    const Duration wcet = row.positive_time(Column::kWcet, unit_);
    const Duration bcet = row.time(Column::kBcet, unit_);
    if (bcet > wcet) row.report(Column::kBcet, "longer than the WCET");
    const std::string_view text = row.cell(Column::kSegments);
    if (text.empty()) return {{wcet, bcet}};
    std::vector<theory::Segment> segments;
    Duration sum;
    for (const std::string_view part : split(text, '+')) {
      const Duration length = row.time_of(part, Column::kSegments, unit_);
      if (length == Duration::zero())
        row.report(Column::kSegments, "a segment must be greater than zero");
      if (segments.size() == kMostSegments) {
        row.report(Column::kSegments, fmt::format("more than {} segments", kMostSegments));
        return segments;
      }
      sum += length;
      segments.push_back({length, std::max(Duration::zero(), bcet - (wcet - length))});
    }
    if (sum != wcet) row.report(Column::kSegments, "do not add up to the WCET");
    return segments;
  }

  theory::Priority read_priority(Row& row) const {
    if (!row.has(Column::kPriority)) return {static_cast<std::int64_t>(tasks_.size())};
    const std::string_view text = row.cell(Column::kPriority);
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
      row.report(Column::kPriority,
                 fmt::format("expected a whole number of 32 bits; found {}", in_quotes(text)));
    }
    return {value};
  }

  // The sum before is within the limit of 2^60, and a line adds less than 2^62: nothing overflows.
  void add_times(const theory::Task& task, Row& row) {
    for (const theory::Segment& segment : task.segments) sum_ += segment.wcet;
    sum_ += task.period + task.deadline.value + task.release_jitter;
    if (sum_ > theory::kLargestSum) {
      row.report("the times of the lines up to here sum to over 36 years, more than is analysed");
    }
  }

  Duration unit_;
  Duration sum_;  // of all periods, deadlines, jitters and WCETs
  theory::TaskSet tasks_;
  std::map<std::string, int> lines_;  // of each name's first use
};

// The lines without their ends, each checked for what no line of ours contains.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  // The next line that is not empty; nothing at the end.
  std::optional<std::string_view> next(DiagnosticLog& problems) {
    while (!rest_.empty()) {
      ++number_;
      const std::size_t end = std::min(rest_.find('\n'), rest_.size());
      std::string_view line = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      refuse_unreadable(line, problems);
      if (problems.first() || !trimmed(line).empty()) return line;
    }
    return std::nullopt;
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  void refuse_unreadable(std::string_view line, DiagnosticLog& problems) const {
    const auto is_bad = [](char c) { return c != '\t' && has_control_character({&c, 1}); };
    if (line.size() > kLongestLine) {
      problems.report(number_, "", fmt::format("longer than {} bytes", kLongestLine));
    } else if (first_invalid_utf8(line)) {
      problems.report(number_, "", "not valid UTF-8");
    } else if (std::ranges::any_of(line, is_bad)) {
      problems.report(number_, "", "contains a control character");
    }
  }

  std::string_view rest_;
  int number_ = 0;
};

Diagnostic too_large(const std::filesystem::path& file) {
  return {file, 0, "", "larger than 16 MiB"};
}

}  // namespace

Parsed<theory::TaskSet> parse_task_csv(std::string_view text, const std::filesystem::path& file,
                                       Duration unit) {
  if (text.size() > kLargestFile) return fail(too_large(file));
  DiagnosticLog problems(file);
  Lines lines(text);
  const auto first = lines.next(problems);
  if (problems.first()) return fail(*problems.first());
  if (!first) return fail(Diagnostic{file, 0, "", "empty: expected a header line and tasks"});
  const Header header(*first, lines.number(), problems);
  Tasks tasks(unit);
  while (!problems.first()) {
    const auto line = lines.next(problems);
    if (!line || problems.first()) break;
    if (tasks.size() == kMostTasks) {
      problems.report(lines.number(), "", fmt::format("more than {} tasks", kMostTasks));
      break;
    }
    tasks.add(Row(header, *line, lines.number(), problems), lines.number());
  }
  if (!problems.first() && tasks.size() == 0)
    problems.report(lines.number(), "", "no task follows the header line");
  if (problems.first()) return fail(*problems.first());
  return tasks.take();
}

Parsed<theory::TaskSet> load_task_csv(const std::filesystem::path& file, Duration unit) {
  const Result<std::string> text = read_file(file, kLargestFile);
  if (text) return parse_task_csv(*text, file, unit);
  if (text.error().code == ErrorCode::kOutOfRange) return fail(too_large(file));
  return fail(Diagnostic{file, 0, "", text.error().with_detail("").message()});
}

}  // namespace aegis::service
