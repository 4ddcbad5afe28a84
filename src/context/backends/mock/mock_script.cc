// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/mock_script.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "aegis/base/duration_text.h"

#include "backend_options.h"

namespace aegis::context {

namespace {

constexpr std::array<std::string_view, 11> kKnown{
    "segments",     "shortest",         "seed",        "polls",        "cancel_delay", "hang_limit",
    "memory_bytes", "activation_bytes", "input_bytes", "output_bytes", "faults"};

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 60;  // sums of a few of them stay exact

using What = MockFault::What;
using Where = MockFault::Where;
constexpr std::array<std::pair<std::string_view, What>, 7> kWhats{
    {{"transient", What::kTransient},
     {"permanent", What::kPermanent},
     {"fatal", What::kFatal},
     {"hang", What::kHang},
     {"crash", What::kCrash},
     {"wrong_output", What::kWrongOutput},
     {"deviation", What::kDeviation}}};
constexpr std::array<std::pair<std::string_view, Where>, 3> kWheres{
    {{"load", Where::kLoad}, {"start", Where::kStart}, {"poll", Where::kPoll}}};

Error refused(std::string_view key, std::string_view value, const char* why) {
  return Error::permanent(ErrorCode::kInvalidArgument, why)
      .with_detail(fmt::format("{} = '{}'", key, value));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const std::size_t at = text.find(separator);
    std::string_view piece = text.substr(0, at);
    while (piece.starts_with(' ')) piece.remove_prefix(1);
    while (piece.ends_with(' ')) piece.remove_suffix(1);
    if (!piece.empty()) pieces.push_back(piece);
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

template <class Table>
auto look_up(const Table& table, std::string_view word)
    -> std::optional<typename Table::value_type::second_type> {
  for (const auto& [name, value] : table) {
    if (name == word) return value;
  }
  return std::nullopt;
}

Result<std::vector<Duration>> durations(std::string_view key, std::string_view value) {
  std::vector<Duration> times;
  for (const std::string_view piece : split(value, ',')) {
    const Result<Duration> time = parse_duration(piece);
    if (!time) return fail(refused(key, piece, time.error().text));
    times.push_back(*time);
  }
  if (times.empty()) return fail(refused(key, value, "at least one duration is needed"));
  return times;
}

// "<what> at <where>[ of segment K][ of job N]"
Result<MockFault> parse_fault(std::string_view text) {
  const Error error =
      refused("faults", text, "a fault reads like 'fatal at poll of segment 1 of job 3'");
  const std::vector<std::string_view> words = split(text, ' ');
  if (words.size() < 3 || words.size() % 3 != 0 || words[1] != "at") return fail(error);
  const auto what = look_up(kWhats, words[0]);
  const auto where = look_up(kWheres, words[2]);
  if (!what || !where) return fail(error);
  MockFault fault{.what = *what, .where = *where, .segment = 0, .job = std::nullopt};
  for (std::size_t i = 3; i < words.size(); i += 3) {
    const auto number = number_option("faults", words[i + 2], UINT32_MAX);
    if (words[i] != "of" || !number) return fail(error);
    if (words[i + 1] == "segment") {
      fault.segment = static_cast<std::uint32_t>(*number);
    } else if (words[i + 1] == "job") {
      fault.job = *number;
    } else {
      return fail(error);
    }
  }
  return fault;
}

Status read_segments(const Options& options, MockScript& script) {
  if (const auto found = options.find("segments"); found != options.end()) {
    const auto longest = durations(found->first, found->second);
    if (!longest) return fail(longest.error());
    script.segments.clear();
    for (const Duration time : *longest) script.segments.push_back(MockSegment::exactly(time));
  }
  const auto found = options.find("shortest");
  if (found == options.end()) return ok();
  const auto shortest = durations(found->first, found->second);
  if (!shortest) return fail(shortest.error());
  if (shortest->size() != script.segments.size()) {
    return fail(refused("shortest", found->second, "one duration for each segment is needed"));
  }
  for (std::size_t i = 0; i < shortest->size(); ++i) {
    script.segments[i].shortest = (*shortest)[i];
  }
  return ok();
}

Status read_faults(const Options& options, MockScript& script) {
  const auto found = options.find("faults");
  if (found == options.end()) return ok();
  script.faults.clear();
  for (const std::string_view piece : split(found->second, ';')) {
    const Result<MockFault> fault = parse_fault(piece);
    if (!fault) return fail(fault.error());
    script.faults.push_back(*fault);
  }
  return ok();
}

Status read_duration(const Options& options, const char* key, Duration& into) {
  const auto found = options.find(key);
  if (found == options.end()) return ok();
  const Result<Duration> time = parse_duration(found->second);
  if (!time) return fail(refused(key, found->second, time.error().text));
  into = *time;
  return ok();
}

template <class Number>
Status read_number(const Options& options, const char* key, Number& into, std::uint64_t limit) {
  const auto found = options.find(key);
  if (found == options.end()) return ok();
  const auto number = number_option(key, found->second, limit);
  if (!number) return fail(number.error());
  into = static_cast<Number>(*number);
  return ok();
}

// What holds however the script came to be.
Status check_script(const MockScript& script) {
  const auto refuse = [](const char* why) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, why));
  };
  if (script.segments.empty()) return refuse("a mock model has at least one segment");
  for (const MockSegment& segment : script.segments) {
    if (segment.shortest < Duration::zero() || segment.shortest > segment.longest) {
      return refuse("a mock segment's shortest time is between zero and its longest");
    }
  }
  if (script.input_bytes == 0 || script.output_bytes == 0) {
    return refuse("a mock model's tensors have at least one byte");
  }
  for (const MockFault& fault : script.faults) {
    if (fault.segment >= script.segments.size()) {
      return refuse("a mock fault names a segment the model does not have");
    }
    if (fault.what == What::kWrongOutput && fault.where != Where::kPoll) {
      return refuse("a mock model's wrong output shows at poll only");
    }
  }
  return ok();
}

}  // namespace

Result<MockScript> parse_mock_script(const Options& options, MockScript base) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  MockScript script = std::move(base);
  const std::array<Status, 12> steps{
      refuse_unknown_options(options, kKnown),
      read_segments(options, script),
      read_number(options, "seed", script.seed, kMost),
      read_number(options, "polls", script.polls, UINT32_MAX),
      read_duration(options, "cancel_delay", script.cancel_delay),
      read_duration(options, "hang_limit", script.hang_limit),
      read_number(options, "memory_bytes", script.memory_bytes, kMostBytes),
      read_number(options, "activation_bytes", script.activation_bytes, kLargestTensorBytes),
      read_number(options, "input_bytes", script.input_bytes, kLargestTensorBytes),
      read_number(options, "output_bytes", script.output_bytes, kLargestTensorBytes),
      read_faults(options, script),
      check_script(script)};
  for (const Status& step : steps) {
    if (!step) return fail(step.error());
  }
  return script;
}

}  // namespace aegis::context
