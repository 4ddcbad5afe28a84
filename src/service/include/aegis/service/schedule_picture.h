// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "aegis/theory/outages.h"
#include "aegis/theory/policy/ordering.h"
#include "aegis/theory/schedule_observer.h"
#include "aegis/theory/simulator.h"
#include "aegis/theory/task.h"

namespace aegis::service {

// What a lane did without interruption: a segment of a job, or preemptive a part of one.
struct Stretch {
  JobId job;
  std::uint32_t segment = 0;
  TimePoint start;
  TimePoint end;
};

// Watches a simulation and keeps what it needs for a picture. O(1) an event.
class StretchRecording final : public theory::ScheduleObserver {
 public:
  void on_start(JobId job, std::uint32_t segment, TimePoint at) override;
  void on_end(JobId job, std::uint32_t segment, TimePoint at) override;
  void on_outage(TimePoint begin, TimePoint end) override;
  // In order of time. Parts of a segment with no other job between are one stretch.
  [[nodiscard]] const std::vector<Stretch>& stretches() const { return stretches_; }
  [[nodiscard]] const std::vector<theory::Outage>& outages() const { return outages_; }

 private:
  std::vector<Stretch> stretches_;
  std::vector<theory::Outage> outages_;
};

// A schedule to draw. `tasks` are those that were simulated, in the order of the rows.
struct DrawnSchedule {
  theory::TaskSet tasks;
  theory::policy::Policy policy = theory::policy::Policy::kEdf;
  theory::Schedule schedule;
  std::vector<Stretch> stretches;
  std::vector<theory::Outage> outages = {};
};

// How to draw it.
struct SchedulePictureOptions {
  std::string title;     // "unschedulable by edf, non-preemptive"
  std::string sentence;  // the verdict's reason; broken into lines
  // What is zero on the axis: a witness reads best from its first arrival, a part of a long
  // simulation in the simulation's own time.
  TimePoint origin;
  // Beyond it only the part around the first miss is drawn (without a miss, the beginning), and the
  // picture says so. 60 are as many as can be told apart on a screen.
  std::size_t most_jobs = 60;
};

// The schedule as a stand-alone SVG, 1000 units wide, one row a task:
//
//   title, sentence                                    ↑  release       ↓  absolute deadline
//   A   ↑        ▒▒▒▒▒▒▒▒ ↓                            ○··↑  arrival, and the release after its
//   jitter B   ↑  ▒▒▒▒▒▒▒!       ↓  due 40 ms, done 45 ms (5 ms late) C  ▨▨▨▨ ▨  holds the lane
//   before the missed job
//       0      20      40   ms
//
// Each segment is a box with an edge of its own. Of the first miss the boxes have a red edge, its
// deadline is red, and a sentence gives the numbers; so for the first miss of every other row.
// Hatched is the segment that blocks the first miss: the last one of later order that ran before it
// in its busy period. Dropped jobs are crossed out, outages are grey bands over all rows. A legend
// explains what occurs. Colours differ in brightness too, and none of them carries a meaning that
// shape does not.
//
// A task without a job in view keeps a thin row. Names may be anything: escaped, and shortened in
// the middle. An empty schedule is a picture that
// says so. The same bytes for the same input. O(jobs + stretches).
[[nodiscard]] std::string schedule_picture(const DrawnSchedule& drawn,
                                           const SchedulePictureOptions& options);

}  // namespace aegis::service
