// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"
#include "aegis/trace/trace.h"

namespace aegis::audit {

// Was every decision of a run the one that its policy demands, and does every miss have a cause?
//
// Who solves does not judge: the audit shares no code with the lane or the policies. It restates
// each ordering, keeps its own ready set from what was recorded to arrive and to end, and compares
// its choice with the recorded one. The logged key and the logged reason are things to check, never
// inputs.
enum class Rule : std::uint8_t {
  kSelection,  // A1  the segment chosen is the one that the policy must choose of those ready
  kKey,        // A2  ordering keys follow from arrival and declaration
  kChoice,  // A3  what a choice says about itself is true: how many were ready, who was next, why
  kWorkConservation,  // A4  the lane never idles while a job is ready
  kSegments,          // A5  segments never overlap: start and end alternate, times never go back
  kOverrun,     // A6  an overrun is recorded for exactly the segments that exceeded their WCET
  kRelease,     // A7  a job's arrival is one instant, and its deadline is that plus D
  kLifecycle,   // A8  a job that arrived ends once: completed or refused; or is pending at the end
  kCompletion,  // A9  response, lateness, execution and outcome follow from the job's segments
  kMiss,        // A10 a miss is recorded for exactly the jobs that were late, failed or refused
  kInterArrival,   // A11 arrivals closer than the period are recorded as a violation
  kResponseBound,  // A12 beyond its proved bound only with a violated assumption in its busy period
  kCause,          // A13 Invariant 1: a miss has a violated assumption in its busy period
  kNamedCause,     // A14 a miss names only assumptions whose violation is recorded
};
inline constexpr std::size_t kRuleCount = 14;

// A rule in words, for reports and documentation.
struct RuleText {
  Rule rule;
  std::string_view id;        // "A1"
  std::string_view sentence;  // what must hold
};
// Every rule, A1 first, and the short name of one. Constant tables; any thread.
[[nodiscard]] std::span<const RuleText> every_rule() noexcept;
[[nodiscard]] std::string_view id_of(Rule rule) noexcept;

// One thing that should have been otherwise.
struct Finding {
  Rule rule{};
  LaneId lane{};
  JobId job{};  // task invalid: of the lane
  TimePoint time{};
  std::string expected{};
  std::string found{};
};

// inconclusive: something that the audit needed is not in the trace; why says what. Never passed in
// that case.
enum class Verdict : std::uint8_t { kPassed, kFailed, kInconclusive };
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;

// The judgement of a whole trace: how much of it was judged, and what did not hold.
struct AuditReport {
  static constexpr std::size_t kKeptFindings = 1000;  // a broken lane breaks every decision alike

  Verdict verdict = Verdict::kInconclusive;
  std::string why{};  // of an inconclusive verdict, or what limits a passed one; may be empty
  std::vector<Finding> findings{};  // in time order per lane, the first kKeptFindings
  std::array<std::uint64_t, kRuleCount> violations{};  // all findings, by rule
  std::array<std::uint64_t, kRuleCount> checks{};      // how often each rule was applied
  std::uint64_t decisions = 0;                         // kSelected events
  std::uint64_t reconstructed = 0;  // of them, with a choice of the audit's own to compare with
  std::uint64_t jobs = 0;
  std::uint64_t misses = 0;

  [[nodiscard]] std::uint64_t finding_count() const;
  [[nodiscard]] double reconstructed_share() const {
    return decisions == 0 ? 0 : static_cast<double>(reconstructed) / static_cast<double>(decisions);
  }
};

// Judges every lane of the trace. Any trace is accepted, whatever its payloads hold.
//
//   dropped events             inconclusive: what is missing might be what was wrong
//   truncated (killed run)     judged up to the last flushed block; duties still open there are not
//                              held against it
//   undeclared task or policy  its decisions are not reconstructed: inconclusive
//
// One pass; naive by intent: a decision among n ready jobs costs O(n log n).
[[nodiscard]] AuditReport audit(const trace::Trace& trace);

// "A1 lane0 +12.040000 s detector #8123: expected planner #4061 segment 2 (key 5), found detector
// #8123 segment 1"
[[nodiscard]] std::string to_text(const trace::Trace& trace, const Finding& finding);
// The whole report for people, several lines.
[[nodiscard]] std::string to_text(const trace::Trace& trace, const AuditReport& report);

}  // namespace aegis::audit
