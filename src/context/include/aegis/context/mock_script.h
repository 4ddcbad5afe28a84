// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// How long a mock segment takes: the same every time, or drawn from [shortest, longest] by seed,
// job and segment alone, so that a run is repeatable whatever the order of its jobs.
struct MockSegment {
  Duration shortest;
  Duration longest;
  // The same time in every job.
  static constexpr MockSegment exactly(Duration time) { return {time, time}; }
};

// Something that goes wrong, on purpose. As text: "fatal at poll of segment 1 of job 3", "hang at
// start of segment 0", "crash at load".
struct MockFault {
  enum class What : std::uint8_t {
    // An error of this category.
    kTransient,
    kPermanent,
    kFatal,
    // Never ends, but for cancel and MockScript::hang_limit (then: permanent kTimeout).
    kHang,
    // abort().
    kCrash,
    // Ends in kMismatch, permanent: "output has a wrong size".
    kWrongOutput,
    // Ends in kDeviation, permanent: as a model that asks for other memory than planned.
    kDeviation,
  };
  enum class Where : std::uint8_t {
    kLoad,   // in RuntimeBackend::load
    kStart,  // start_segment refuses, nothing has run (a hang begins there)
    kPoll,   // the segment takes its time, then poll reports it
  };
  What what = What::kPermanent;
  Where where = Where::kPoll;
  std::uint32_t segment = 0;
  std::optional<std::uint64_t> job;  // starts of segment 0 counted from 0; nothing: every job
};

// What a mock model does instead of computing. The running example's task C in three segments:
//
//   constexpr auto kThird = MockSegment::exactly(10_ms);
//   backend.script("C", {.segments = {kThird, kThird, kThird}});
//   options = { segments = "10ms,10ms,10ms" }        # the same, in a workload
//
// Every field is an option of the same name; `segments` gives the longest times, `shortest` the
// shortest (default: the same), `faults` are separated by ';'.
struct MockScript {
  std::vector<MockSegment> segments{MockSegment::exactly(Duration::milliseconds(1))};
  std::uint64_t seed = 1;  // of the drawn times
  // 0: a segment executes inside start_segment, as on a CPU. n > 0: start_segment returns at once,
  // as on a device, and at least n polls report kRunning before the one that reports kDone.
  std::uint32_t polls = 0;
  Duration cancel_delay;  // from the moment the model notices a cancel to the moment it obeys
  Duration hang_limit = Duration::seconds(10);  // of real time: no test and no lane hangs for ever
  std::size_t memory_bytes = 0;                 // weights, declared; compared with the budget
  std::size_t activation_bytes = 0;             // of the arena; every segment writes over all of it
  std::size_t input_bytes = 64;                 // one input and one output of bytes
  std::size_t output_bytes = 64;
  std::vector<MockFault> faults;
};

// `base` changed by the options. kInvalidArgument naming the key, and for an unknown one those
// known.
[[nodiscard]] Result<MockScript> parse_mock_script(const Options& options, MockScript base = {});

}  // namespace aegis::context
