// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/demand_picture.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "demand_curves.h"
#include "drawing.h"

namespace aegis::service {

namespace {

using drawing::Point;

constexpr double kWidth = 1000;
constexpr double kMargin = 24;
constexpr double kLeft = 84;
constexpr double kRight = kWidth - kMargin - 6;
constexpr double kPlotHeight = 360;
constexpr double kMostWindows = 400;  // of a supply whose stairs can still be seen

class DemandPicture {
 public:
  DemandPicture(const DrawnDemand& drawn, const DemandCurves& curves,
                const DemandPictureOptions& options)
      : drawn_(drawn),
        curves_(curves),
        options_(options),
        sentence_(drawing::lines_of(options.sentence, kWidth - 2 * kMargin, 12)) {
    top_ = 42 + 18 * static_cast<double>(sentence_.size()) + 52;
    bottom_ = top_ + kPlotHeight;
    const Duration from = curves.steps.front().t;
    Duration most = std::max(supply(curves.end), curves.work());
    for (const auto& step : curves.steps) most = std::max(most, step.demand + step.blocking);
    x_ = {from, curves.end, kLeft, kRight};
    y_ = {std::min(from, Duration::zero()), most + most / 20 + Duration::nanoseconds(1), bottom_,
          top_};
    span_ = curves.end - from;
  }

  std::string draw() {
    draw_head();
    draw_axes();
    draw_stairs();
    draw_supply();
    draw_horizon();
    draw_mark();
    draw_horizon_words();
    const double height = draw_legend(bottom_ + 66) + 20;
    return svg_.document(kWidth, height, options_.title, options_.sentence);
  }

 private:
  [[nodiscard]] Duration supply(Duration t) const { return supplied(drawn_.supply, t); }
  [[nodiscard]] Point at(Duration t, Duration work) const { return {x_(t), y_(work)}; }
  [[nodiscard]] std::string text_of(Duration duration) const {
    return drawing::rounded(duration, span_);
  }

  void draw_head() {
    svg_.text({kMargin, 34}, drawing::shortened(options_.title, kWidth - 2 * kMargin, 17),
              "class=\"title\"");
    double y = 36;
    for (const std::string& line : sentence_) svg_.text({kMargin, y += 18}, line, "");
  }

  void draw_axes() {
    const drawing::Ticks times(x_.from, x_.to, 11), works(y_.from, y_.to, 8);
    for (const Duration mark : times.marks()) {
      svg_.line({x_(mark), top_}, {x_(mark), bottom_ + 4}, "class=\"grid\"");
      svg_.text({x_(mark), bottom_ + 18}, times.label(mark), "class=\"small mid\"");
    }
    for (const Duration mark : works.marks()) {
      svg_.line({kLeft - 4, y_(mark)}, {kRight, y_(mark)}, "class=\"grid\"");
      svg_.text({kLeft - 9, y_(mark) + 4}, works.label(mark), "class=\"small end\"");
    }
    svg_.text({kMargin, top_ - 10}, fmt::format("work, {}", works.unit()), "class=\"small\"");
    const std::string_view what =
        curves_.fixed_priorities() ? "time since the busy period began" : "length t of an interval";
    svg_.text({kRight, bottom_ + 36}, fmt::format("{}, {}", what, times.unit()),
              "class=\"small end\"");
  }

  // The corners of a staircase of `height(step)`, from the first step to the picture's end.
  template <class Height>
  [[nodiscard]] std::vector<Point> stairs(Height height) const {
    std::vector<Point> points;
    const auto& steps = curves_.steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Duration until = i + 1 < steps.size() ? steps[i + 1].t : curves_.end;
      points.push_back(at(steps[i].t, height(steps[i])));
      points.push_back(at(until, height(steps[i])));
    }
    return points;
  }

  void draw_stairs() {
    using Step = DemandCurves::Step;
    const auto demand = stairs([](const Step& step) { return step.demand; });
    const auto total = stairs([](const Step& step) { return step.demand + step.blocking; });
    std::vector<Point> area = demand;
    area.push_back({kRight, y_(Duration::zero())});
    area.push_back({kLeft, y_(Duration::zero())});
    svg_.polygon(area, "class=\"demand\"");
    blocks_ = std::ranges::any_of(
        curves_.steps, [](const Step& step) { return step.blocking > Duration::zero(); });
    if (blocks_) {
      std::vector<Point> band = total;
      band.insert(band.end(), demand.rbegin(), demand.rend());
      svg_.polygon(band, "class=\"blocking\"");
      svg_.polygon(band, "fill=\"url(#hatch)\" opacity=\"0.5\"");
    }
    svg_.polyline(demand, "class=\"demand-edge\"");
    if (blocks_) svg_.polyline(total, "class=\"total\"");
    svg_.line({kLeft, bottom_}, {kRight, bottom_}, "class=\"axis\"");
    svg_.line({kLeft, bottom_}, {kLeft, top_}, "class=\"axis\"");
  }

  // Lost at the beginning of each window, as the bound has it; where windows are too many to see,
  // straight from one to another.
  void draw_supply() {
    std::vector<Point> points{at(x_.from, supply(x_.from))};
    const theory::Supply& supply_of = drawn_.supply;
    if (!supply_of.is_full()) {
      const std::int64_t windows = curves_.end / supply_of.window + 1;
      const std::int64_t stride = windows / static_cast<std::int64_t>(kMostWindows) + 1;
      points.push_back(at(Duration::zero(), Duration::zero()));
      for (std::int64_t n = 0; n < windows; n += stride) {
        for (const Duration within : {Duration::zero(), supply_of.lost}) {
          const Duration t = n * supply_of.window + within;
          if (t < curves_.end) points.push_back(at(t, supply(t)));
        }
      }
    }
    points.push_back(at(curves_.end, supply(curves_.end)));
    svg_.polyline(points, "class=\"supply\"");
  }

  void draw_horizon() {
    if (!curves_.horizon || *curves_.horizon > curves_.end) return;
    const double x = x_(*curves_.horizon);
    svg_.line({x, top_ - 6}, {x, bottom_}, "class=\"horizon\"");
  }

  // Last, since they may lie across the line of the mark, which their halo then interrupts.
  void draw_horizon_words() {
    if (!curves_.horizon) return;
    const std::string words = "no longer interval matters: " + text_of(*curves_.horizon);
    if (*curves_.horizon > curves_.end) {
      svg_.text({kRight, top_ - 10}, words + " →", "class=\"small end halo\"");
      return;
    }
    const double x = x_(*curves_.horizon);
    const bool ends = x + 8 + drawing::width_of(words, 11) > kRight;
    svg_.text({ends ? x + 2 : x - 2, top_ - 10}, words,
              ends ? "class=\"small end halo\"" : "class=\"small halo\"");
  }

  [[nodiscard]] std::string mark_words() const {
    const auto& mark = curves_.mark;
    const std::string sum = mark.blocking > Duration::zero()
                                ? fmt::format("{} + {} = {}", text_of(mark.demand),
                                              text_of(mark.blocking), text_of(curves_.work()))
                                : text_of(mark.demand);
    if (!curves_.fixed_priorities()) {
      return fmt::format(
          "t = {}: {} {} {}{}", text_of(mark.t), sum, curves_.fits() ? "≤" : ">",
          text_of(curves_.limit),
          curves_.fits() ? ""
                         : fmt::format(", {} too much", text_of(curves_.work() - curves_.limit)));
    }
    return fmt::format(
        "{}: done after {}, due after {}{}", drawing::shortened(curves_.task, 180, 12),
        text_of(mark.t), text_of(curves_.limit),
        curves_.fits() ? fmt::format(" ({} to spare)", text_of(curves_.limit - mark.t))
                       : fmt::format(" ({} late)", text_of(mark.t - curves_.limit)));
  }

  void draw_mark() {
    const auto& mark = curves_.mark;
    const bool fits = curves_.fits();
    const std::string line = fits ? "class=\"fits\"" : "class=\"mark\"";
    const double x = x_(mark.t);
    svg_.line({x, bottom_}, {x, top_ - 22}, line);
    const std::string words = mark_words();
    const double half = drawing::width_of(words, 13) / 2;  // bold
    const double centre = std::clamp(x, kLeft + half, std::max(kLeft + half, kRight - half));
    svg_.text({centre, top_ - 28}, words, fits ? "class=\"mid strong\"" : "class=\"mid bad\"");
    const std::string dot = fits ? "class=\"dot\"" : "class=\"dot-late\"";
    svg_.circle(at(mark.t, curves_.work()), 4, dot);
    if (!curves_.fixed_priorities()) {
      svg_.circle(at(mark.t, curves_.limit), 4, dot);
      return;
    }
    const double due = x_(curves_.limit);
    svg_.arrow({due, bottom_ - 40}, {due, bottom_},
               fits ? "class=\"thin deadline\"" : "class=\"late deadline\"");
    svg_.text({due, bottom_ - 46}, "due", "class=\"mid halo\"");
  }

  // Returns where it ends.
  double draw_legend(double y) {
    double at = kMargin;
    const auto entry = [&](std::string_view words, auto&& symbol) {
      symbol(drawing::Box{at, y - 15, 18, 15});
      svg_.text({at + 26, y - 3}, words, "class=\"note\"");
      at += 26 + drawing::width_of(words, 12) + 20;
    };
    const bool fixed = curves_.fixed_priorities();
    entry(fixed ? "work requested before the job is done" : "demand: what is due within t",
          [&](drawing::Box box) {
            svg_.rect(box, "class=\"demand\"");
            svg_.line({box.x, box.y}, {box.x + box.width, box.y}, "class=\"demand-edge\"");
          });
    if (blocks_) {
      entry(fixed ? "blocking" : "blocking: one segment begun before", [&](drawing::Box box) {
        svg_.rect(box, "class=\"blocking\"");
        svg_.rect(box, "fill=\"url(#hatch)\" opacity=\"0.5\"");
        svg_.line({box.x, box.y}, {box.x + box.width, box.y}, "class=\"total\"");
      });
    }
    const theory::Supply& supply = drawn_.supply;
    entry(supply.is_full()
              ? "supply"
              : fmt::format("supply: {} lost in any {}", drawing::rounded(supply.lost, supply.lost),
                            drawing::rounded(supply.window, supply.window)),
          [&](drawing::Box box) {
            svg_.line({box.x, box.y + box.height}, {box.x + box.width, box.y}, "class=\"supply\"");
          });
    return y;
  }

  const DrawnDemand& drawn_;
  const DemandCurves& curves_;
  const DemandPictureOptions& options_;
  std::vector<std::string> sentence_;
  drawing::Scale x_, y_;
  Duration span_;
  double top_ = 0, bottom_ = 0;
  bool blocks_ = false;
  drawing::Svg svg_;
};

}  // namespace

Result<std::string> demand_picture(const DrawnDemand& drawn, const DemandPictureOptions& options) {
  const auto curves = demand_curves(drawn);
  if (!curves) return fail(curves.error());
  return DemandPicture(drawn, *curves, options).draw();
}

}  // namespace aegis::service
