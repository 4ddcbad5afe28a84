// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/schedule_picture.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "drawing.h"
#include "schedule_view.h"

namespace aegis::service {

namespace {

using drawing::Point;
using theory::JobRecord;

constexpr double kWidth = 1000;
constexpr double kMargin = 24;
constexpr double kBoxHeight = 24;
constexpr double kArrowHeight = 36;
constexpr double kRowHeight = 52;
constexpr double kEmptyRowHeight = 26;
constexpr double kLabelHeight = 20;  // what a row with a sentence about a miss is higher
constexpr double kNameSize = 14;     // 13 and bold
constexpr double kWidestName = 190;
constexpr double kNarrowestName = 44;  // leaves room for the unit of the axis

// Fills whose neighbours differ in brightness as much as in hue, also for colour-blind eyes (after
// Okabe & Ito 2008); red is kept for misses.
struct Colour {
  std::string_view fill;
  bool dark;
};
constexpr std::array<Colour, 6> kColours{{{"#56b4e9", false},
                                          {"#005a8f", true},
                                          {"#f0d95a", false},
                                          {"#00805e", true},
                                          {"#f2b880", false},
                                          {"#8a4b78", true}}};

struct Row {
  const theory::Task* task = nullptr;
  std::string name;
  double top = 0;
  double base = 0;  // where the boxes stand
  Colour colour{};
  bool empty = true;                     // nothing of the task is in view
  std::vector<const JobRecord*> misses;  // late ones in view, the first with words
  double words_end = 0;                  // where the words of its misses end
};

class SchedulePicture {
 public:
  SchedulePicture(const DrawnSchedule& drawn, const SchedulePictureOptions& options)
      : drawn_(drawn), options_(options), view_(view_of(drawn, options.most_jobs)) {
    for (const JobRecord& job : drawn.schedule.jobs) jobs_[job.id] = &job;
    span_ = view_.to - view_.from;
  }

  std::string draw() {
    lay_out();
    draw_head();
    draw_axis();
    for (Row& row : rows_) draw_row(row);
    for (const JobRecord& job : drawn_.schedule.jobs) draw_job(job);
    for (std::size_t i = 0; i < drawn_.stretches.size(); ++i) draw_stretch(i);
    for (const JobRecord& job : drawn_.schedule.jobs) draw_deadline(job);
    for (const theory::Outage& outage : drawn_.outages) draw_outage(outage);
    for (Row& row : rows_) explain_misses(row);
    const double height = draw_legend(bottom_ + 52) + 20;
    return svg_.document(kWidth, height, options_.title, options_.sentence);
  }

 private:
  [[nodiscard]] bool in_view(TimePoint at) const { return view_.from <= at && at <= view_.to; }
  [[nodiscard]] Duration shown(TimePoint at) const { return at - options_.origin; }
  [[nodiscard]] double x(TimePoint at) const {
    return scale_(shown(std::clamp(at, view_.from, view_.to)));
  }
  [[nodiscard]] std::string text_of(Duration duration) const {
    return drawing::rounded(duration, span_);
  }
  Row* row_of(JobId job) {
    const auto row =
        std::ranges::find_if(rows_, [&](const Row& r) { return r.task->id == job.task; });
    return row == rows_.end() ? nullptr : &*row;
  }

  void lay_out() {
    sentence_ = drawing::lines_of(options_.sentence, kWidth - 2 * kMargin, 12);
    double names = kNarrowestName;
    for (std::size_t i = 0; i < drawn_.tasks.size(); ++i) {
      Row row{.task = &drawn_.tasks[i], .colour = kColours[i % kColours.size()]};
      row.name = drawing::shortened(row.task->name, kWidestName, kNameSize);
      names = std::max(names, drawing::width_of(row.name, kNameSize));
      rows_.push_back(std::move(row));
    }
    for (const JobRecord& job : drawn_.schedule.jobs) {
      Row* row = row_of(job.id);
      if (row == nullptr) continue;
      const bool over = job.completion.value_or(job.release) < view_.from;
      row->empty = row->empty && (over || job.release > view_.to);
      if (!job.missed() || !in_view(job.dropped() ? job.release : *job.completion)) continue;
      row->misses.push_back(&job);
    }
    scale_ = {shown(view_.from), shown(view_.to), kMargin + names + 18, kWidth - kMargin - 6};
    double y = top_of_rows();
    for (Row& row : rows_) {
      row.top = y;
      y += row.empty ? kEmptyRowHeight : kRowHeight;
      if (!row.misses.empty()) y += kLabelHeight;
      row.base = y - 6;
    }
    bottom_ = y;
  }

  [[nodiscard]] double top_of_rows() const {
    const double lines = static_cast<double>(sentence_.size()) + (view_.whole ? 0 : 1);
    return 42 + 18 * lines + 10;
  }

  void draw_head() {
    svg_.text({kMargin, 34}, drawing::shortened(options_.title, kWidth - 2 * kMargin, 17),
              "class=\"title\"");
    double y = 36;
    for (const std::string& line : sentence_) svg_.text({kMargin, y += 18}, line, "");
    if (view_.whole) return;
    svg_.text({kMargin, y + 18},
              fmt::format("drawn: {} to {}, {} of {} jobs{}", text_of(shown(view_.from)),
                          text_of(shown(view_.to)), view_.jobs, drawn_.schedule.jobs.size(),
                          view_.late != nullptr ? ", around the first miss" : ""),
              "class=\"note\"");
  }

  void draw_axis() {
    const drawing::Ticks ticks(scale_.from, scale_.to, 11);
    const double top = rows_.front().top;
    for (const Duration mark : ticks.marks()) {
      svg_.line({scale_(mark), top}, {scale_(mark), bottom_ + 4}, "class=\"grid\"");
      svg_.text({scale_(mark), bottom_ + 18}, ticks.label(mark), "class=\"small mid\"");
    }
    svg_.text({scale_.begin - 12, bottom_ + 18}, fmt::format("time, {}", ticks.unit()),
              "class=\"small end\"");
  }

  void draw_row(const Row& row) {
    svg_.text({scale_.begin - 14, row.base - (row.empty ? 1 : 7)}, row.name,
              row.empty ? "class=\"note end\"" : "class=\"name end\"");
    svg_.line({scale_.begin, row.base}, {scale_.end, row.base}, "class=\"axis\"");
  }

  // Its release, and where it differs, its arrival.
  void draw_job(const JobRecord& job) {
    const Row* row = row_of(job.id);
    if (row == nullptr || !in_view(job.release)) return;
    const double at = x(job.release);
    svg_.arrow({at, row->base}, {at, row->base - kArrowHeight}, "class=\"thin release\"");
    if (job.arrival < job.release) {
      occurs_.jitter = true;
      const double height = row->base - kArrowHeight + 3;
      svg_.line({x(job.arrival), height}, {at, height}, "class=\"dots\"");
      if (in_view(job.arrival)) svg_.circle({x(job.arrival), height}, 3, "class=\"ring arrival\"");
    }
  }

  void draw_stretch(std::size_t i) {
    const Stretch& stretch = drawn_.stretches[i];
    const Row* row = row_of(stretch.job);
    if (row == nullptr || stretch.end < view_.from || stretch.start > view_.to) return;
    const double begin = x(stretch.start), end = x(stretch.end);
    const drawing::Box box{begin, row->base - kBoxHeight, std::max(end - begin, 0.5), kBoxHeight};
    svg_.rect(box, fmt::format("class=\"box\" fill=\"{}\"", row->colour.fill));
    const bool blocks = view_.blocking == i;
    if (blocks) svg_.rect(box, "class=\"blocks\" fill=\"url(#hatch)\"");
    occurs_.blocking = occurs_.blocking || blocks;
    const auto job = jobs_.find(stretch.job);
    if (job != jobs_.end() && job->second->missed()) {
      occurs_.late = true;
      svg_.rect({box.x + 1, box.y + 1, std::max(box.width - 2, 0.5), box.height - 2},
                "class=\"missed\"");
    }
    label(stretch, box, *row, blocks);
  }

  // How long it runs, and which segment of how many it is, where there is room.
  void label(const Stretch& stretch, const drawing::Box& box, const Row& row, bool blocks) {
    const std::size_t segments = row.task->segments.size();
    const std::string length = text_of(stretch.end - stretch.start);
    std::vector<std::string> candidates{length};
    if (segments > 1) {
      const std::string which = fmt::format("{}/{}", stretch.segment + 1, segments);
      candidates = {fmt::format("{}: {}", which, length), which};
    }
    for (const std::string& text : candidates) {
      if (drawing::width_of(text, 12) + 8 > box.width) continue;
      const Point at{box.x + box.width / 2, row.base - kBoxHeight / 2 + 4};
      svg_.text(at, text,
                blocks            ? "class=\"mid halo\""
                : row.colour.dark ? "class=\"mid light\""
                                  : "class=\"mid\"");
      return;
    }
  }

  void draw_deadline(const JobRecord& job) {
    const Row* row = row_of(job.id);
    const TimePoint due = job.deadline.value;
    if (job.dropped()) return cross_out(job, row);
    if (row == nullptr || !in_view(due) || (!in_view(job.release) && !job.missed())) return;
    const drawing::Point from{x(due), row->base - kArrowHeight}, to{x(due), row->base};
    if (job.missed()) svg_.arrow(from, to, "class=\"halo\"");  // it lies on the job's own box
    svg_.arrow(from, to, job.missed() ? "class=\"late deadline\"" : "class=\"thin deadline\"");
  }

  void cross_out(const JobRecord& job, const Row* row) {
    if (row == nullptr || !in_view(job.release)) return;
    occurs_.dropped = true;
    draw_cross({x(job.release), row->base - kArrowHeight + 14}, "class=\"late dropped\"");
  }

  void draw_cross(Point centre, std::string_view attributes) {
    svg_.line({centre.x - 5, centre.y - 5}, {centre.x + 5, centre.y + 5}, attributes);
    svg_.line({centre.x - 5, centre.y + 5}, {centre.x + 5, centre.y - 5}, "class=\"late\"");
  }

  void draw_outage(const theory::Outage& outage) {
    if (outage.end() <= view_.from || outage.begin >= view_.to) return;
    occurs_.outages = true;
    svg_.rect({x(outage.begin), rows_.front().top, std::max(x(outage.end()) - x(outage.begin), 1.0),
               bottom_ - rows_.front().top},
              "class=\"outage\"");
  }

  // The first miss of a row in a sentence, others by how late they are, as far as there is room.
  void explain_misses(Row& row) {
    for (const JobRecord* job : row.misses) {
      const Duration due = shown(job->deadline.value);
      if (job->dropped()) {
        write_words(row, *job, {"dropped at " + text_of(shown(job->release)), "dropped"});
        continue;
      }
      const Duration late = *job->completion - job->deadline.value;
      // A miss by less than the picture's grain needs every digit.
      const bool fine = 5'000 * late < span_;
      const Duration span = fine ? Duration::nanoseconds(1) : span_;
      const std::string by = drawing::rounded(late, span) + " late";
      write_words(row, *job,
                  {fmt::format("due {}, done {} ({})", drawing::rounded(due, span),
                               drawing::rounded(due + late, span), by),
                   by});
    }
  }

  void write_words(Row& row, const JobRecord& job, const std::vector<std::string>& candidates) {
    const double at = x(job.dropped() ? job.release : *job.completion);
    const bool first = &job == row.misses.front();
    for (const std::string& words : candidates) {
      const double width = drawing::width_of(words, 12);
      const bool ends = at + width > scale_.end;
      const double begin = ends ? scale_.end - width : at - 2;
      if (!first && begin < row.words_end + 12) continue;
      svg_.text({ends ? scale_.end : begin, row.base - kArrowHeight - 7}, words,
                ends ? "class=\"bad end\"" : "class=\"bad\"");
      row.words_end = begin + width;
      return;
    }
  }

  // Returns where it ends.
  double draw_legend(double y) {
    double at = kMargin;
    const auto entry = [&](std::string_view words, auto&& symbol) {
      const double width = 24 + drawing::width_of(words, 12) + 18;
      if (at + width > kWidth - kMargin) {
        at = kMargin;
        y += 24;
      }
      symbol(Point{at + 8, y});
      svg_.text({at + 24, y - 4}, words, "class=\"note\"");
      at += width;
    };
    const auto box = [](Point p) { return drawing::Box{p.x - 8, p.y - 15, 18, 15}; };
    entry("release", [&](Point p) { svg_.arrow(p, {p.x, p.y - 17}, "class=\"thin\""); });
    entry("deadline", [&](Point p) { svg_.arrow({p.x, p.y - 17}, p, "class=\"thin\""); });
    if (occurs_.jitter) {
      entry("arrival, before its release", [&](Point p) {
        svg_.line({p.x - 5, p.y - 8}, {p.x + 10, p.y - 8}, "class=\"dots\"");
        svg_.circle({p.x - 5, p.y - 8}, 3, "class=\"ring\"");
      });
    }
    if (occurs_.blocking) {
      entry("holds the lane before the first miss",
            [&](Point p) { svg_.rect(box(p), "fill=\"url(#hatch)\" stroke=\"#1f2328\""); });
    }
    if (occurs_.late) {
      entry("misses its deadline", [&](Point p) { svg_.rect(box(p), "class=\"missed\""); });
    }
    if (occurs_.dropped) {
      entry("dropped: it never runs",
            [&](Point p) { draw_cross({p.x, p.y - 8}, "class=\"late\""); });
    }
    if (occurs_.outages) {
      entry("outage: the lane does nothing",
            [&](Point p) { svg_.rect(box(p), "class=\"outage\""); });
    }
    return y;
  }

  struct Occurs {
    bool jitter = false, blocking = false, late = false, dropped = false, outages = false;
  };

  const DrawnSchedule& drawn_;
  const SchedulePictureOptions& options_;
  ScheduleView view_;
  Duration span_;
  std::map<JobId, const JobRecord*> jobs_;
  std::vector<Row> rows_;
  std::vector<std::string> sentence_;
  drawing::Scale scale_;
  double bottom_ = 0;
  Occurs occurs_;
  drawing::Svg svg_;
};

}  // namespace

void StretchRecording::on_start(JobId job, std::uint32_t segment, TimePoint at) {
  if (!stretches_.empty()) {
    const Stretch& last = stretches_.back();
    if (last.job == job && last.segment == segment) return;
  }
  stretches_.push_back({job, segment, at, at});
}

void StretchRecording::on_end(JobId /*job*/, std::uint32_t /*segment*/, TimePoint at) {
  stretches_.back().end = at;
}

void StretchRecording::on_outage(TimePoint begin, TimePoint end) {
  outages_.push_back({begin, end - begin});
}

std::string schedule_picture(const DrawnSchedule& drawn, const SchedulePictureOptions& options) {
  if (drawn.schedule.jobs.empty() || drawn.tasks.empty()) {
    drawing::Svg empty;
    empty.text({kMargin, 34}, drawing::shortened(options.title, kWidth - 2 * kMargin, 17),
               "class=\"title\"");
    empty.text({kMargin, 58}, "no job arrives: there is nothing to draw", "class=\"note\"");
    return empty.document(kWidth, 80, options.title, options.sentence);
  }
  return SchedulePicture(drawn, options).draw();
}

}  // namespace aegis::service
