// SPDX-License-Identifier: Apache-2.0
#include "drawing.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "aegis/base/duration_text.h"

#include "plain_text.h"

namespace aegis::service::drawing {

namespace {

// Dark edges on boxes show where segments meet; hatching lies over a colour and needs none itself.
constexpr std::string_view kStyles = R"css(<style>
text{font-family:system-ui,"Segoe UI","Helvetica Neue",Helvetica,Arial,"DejaVu Sans",sans-serif}
text{font-size:12px;fill:#1f2328}.title{font-size:17px;font-weight:600}.note{fill:#59636e}
.name{font-size:13px;font-weight:600}.small{font-size:11px;fill:#59636e}
.bad{fill:#b3001b;font-weight:600}.strong{font-weight:600}.light{fill:#ffffff}
.end{text-anchor:end}.mid{text-anchor:middle}
.halo{paint-order:stroke;stroke:#ffffff;stroke-width:4px;stroke-linejoin:round}
.axis{stroke:#59636e;stroke-width:1}.grid{stroke:#e4e8ec;stroke-width:1}
.box{stroke:#1f2328;stroke-width:1}.missed{fill:none;stroke:#d0021b;stroke-width:3}
.thin{stroke:#1f2328;stroke-width:1.2;fill:#1f2328}
.late{stroke:#d0021b;stroke-width:1.8;fill:#d0021b}
.dots{stroke:#1f2328;stroke-width:1.2;stroke-dasharray:2 2}
.ring{stroke:#1f2328;stroke-width:1.2;fill:#ffffff}.outage{fill:#8c959f;fill-opacity:0.35}
.demand{fill:#b6daf7}.demand-edge{fill:none;stroke:#0b4f8a;stroke-width:1.6}
.blocking{fill:#f3d9a4}.total{fill:none;stroke:#1f2328;stroke-width:2}
.supply{fill:none;stroke:#1a7f37;stroke-width:2}
.mark{stroke:#d0021b;stroke-width:1.5;stroke-dasharray:4 3}
.fits{stroke:#1f2328;stroke-width:1.5;stroke-dasharray:4 3}
.horizon{stroke:#59636e;stroke-width:1.2;stroke-dasharray:8 3 2 3}
.dot{fill:#1f2328;stroke:#ffffff;stroke-width:1}.dot-late{fill:#d0021b;stroke:#ffffff}
</style>
<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse"
  patternTransform="rotate(45)"><rect width="7" height="7" fill="#ffffff" fill-opacity="0.35"/>
<rect width="2" height="7" fill="#1f2328" fill-opacity="0.75"/></pattern></defs>
)css";

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

double width_of_character(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xE3) return 1.0;  // from U+3000 on, many are as wide as high
  if (std::string_view("iljtfr .,:;()|'!/1").find(lead) != std::string_view::npos) return 0.42;
  if (lead == 'm' || lead == 'w' || lead == 'W' || lead == 'M') return 0.95;
  return lead >= 'A' && lead <= 'Z' ? 0.72 : 0.64;
}

// Where each character begins, and where the text ends.
std::vector<std::size_t> beginnings(std::string_view text) {
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!continues(text[i])) at.push_back(i);
  }
  at.push_back(text.size());
  return at;
}

// How many bytes from the front fit, at least a character.
std::size_t fitting(std::string_view text, double width, double size) {
  const std::vector<std::size_t> at = beginnings(text);
  std::size_t fits = 1;
  double used = 0;
  for (std::size_t i = 0; i + 1 < at.size(); ++i) {
    used += width_of_character(text[at[i]]) * size;
    if (used > width) break;
    fits = i + 1;
  }
  return at[std::min(fits, at.size() - 1)];
}

// Two digits after the point are finer than any screen.
std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string coordinates(const std::vector<Point>& points) {
  std::string text;
  for (const Point& point : points) {
    if (!text.empty()) text += ' ';
    text += number(point.x) + ',' + number(point.y);
  }
  return text;
}

struct Unit {
  std::string_view name;
  Duration size;
};
constexpr std::array<Unit, 4> kUnits{{{"s", Duration::seconds(1)},
                                      {"ms", Duration::milliseconds(1)},
                                      {"us", Duration::microseconds(1)},
                                      {"ns", Duration::nanoseconds(1)}}};

// The least of 1, 2, 5, 10, 20 … ns of which `span` holds at most `most`.
Duration step_for(Duration span, int most) {
  for (Duration decade = Duration::nanoseconds(1);; decade = 10 * decade) {
    for (const int factor : {1, 2, 5}) {
      if (span / (factor * decade) <= most - 1) return factor * decade;
    }
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  const std::string line = one_line(text);
  for (std::size_t at = 0; at < line.size(); ++at) {
    const std::string_view rest = std::string_view(line).substr(at);
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
      safe += "\xEF\xBF\xBD";
      at += 2;
      continue;
    }
    switch (line[at]) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += line[at];
    }
  }
  return safe;
}

std::string shortened(std::string_view text, double width, double size) {
  std::string line = one_line(text);
  if (width_of(line, size) <= width) return line;
  // Names often begin alike, or end alike: some of both is kept.
  const std::size_t front = fitting(line, 0.6 * (width - size), size);
  const std::vector<std::size_t> at = beginnings(line);
  std::size_t back = at.size() - 1;
  double used = 0;
  while (back > 0 && at[back - 1] >= front) {
    used += width_of_character(line[at[back - 1]]) * size;
    if (used > 0.4 * (width - size)) break;
    --back;
  }
  return line.substr(0, front) + "…" + line.substr(at[back]);
}

std::vector<std::string> lines_of(std::string_view text, double width, double size) {
  std::vector<std::string> lines;
  std::string rest = one_line(text);
  while (width_of(rest, size) > width) {
    const std::size_t limit = fitting(rest, width, size);
    std::size_t cut = rest.rfind(' ', limit);
    if (cut == std::string::npos || cut == 0) cut = limit;
    lines.push_back(rest.substr(0, cut));
    rest.erase(0, cut);
    rest.erase(0, rest.find_first_not_of(' '));
  }
  if (!rest.empty()) lines.push_back(rest);
  return lines;
}

double width_of(std::string_view text, double size) {
  double width = 0;
  for (const char byte : text) {
    if (!continues(byte)) width += width_of_character(byte);
  }
  return width * size;
}

Ticks::Ticks(Duration from, Duration to, int most) {
  const Duration step = step_for(to - from, most);
  const auto* unit = std::ranges::find_if(
      kUnits, [&](const Unit& candidate) { return candidate.size <= to - from; });
  // A whole step of "0.5 s" is fine, one of "0.005 s" is not.
  while (unit->size / 100 > step) ++unit;
  unit_ = unit->name;
  size_ = unit->size;
  for (Duration tenth = size_; tenth > step; tenth = tenth / 10) ++decimals_;
  Duration mark = from / step * step;
  if (mark < from) mark += step;
  for (; mark <= to; mark += step) marks_.push_back(mark);
}

std::string Ticks::label(Duration mark) const {
  return fmt::format("{:.{}f}", static_cast<double>(mark.ns()) / static_cast<double>(size_.ns()),
                     decimals_);
}

std::string rounded(Duration duration, Duration span) {
  if (duration == Duration::zero()) return "0";
  Duration grain = Duration::nanoseconds(1);
  while (10'000 * grain < span && grain < Duration::seconds(1)) grain = 10 * grain;
  const Duration half = grain / 2;
  const Duration away = duration < Duration::zero() ? -half : half;
  return format_duration((duration + away) / grain * grain);
}

double Scale::operator()(Duration at) const {
  return begin + (end - begin) * static_cast<double>((at - from).ns()) /
                     static_cast<double>((to - from).ns());
}

void Svg::rect(const Box& box, std::string_view attributes) {
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {}/>\n", number(box.x),
                       number(box.y), number(box.width), number(box.height), attributes);
}

void Svg::line(Point from, Point to, std::string_view attributes) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" {}/>\n", number(from.x),
                       number(from.y), number(to.x), number(to.y), attributes);
}

void Svg::polyline(const std::vector<Point>& points, std::string_view attributes) {
  body_ += fmt::format("<polyline points=\"{}\" {}/>\n", coordinates(points), attributes);
}

void Svg::polygon(const std::vector<Point>& points, std::string_view attributes) {
  body_ += fmt::format("<polygon points=\"{}\" {}/>\n", coordinates(points), attributes);
}

void Svg::circle(Point centre, double radius, std::string_view attributes) {
  body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {}/>\n", number(centre.x),
                       number(centre.y), number(radius), attributes);
}

void Svg::text(Point at, std::string_view content, std::string_view attributes) {
  body_ += fmt::format("<text x=\"{}\" y=\"{}\" {}>{}</text>\n", number(at.x), number(at.y),
                       attributes, escaped(content));
}

void Svg::arrow(Point from, Point to, std::string_view attributes) {
  const double back = to.y < from.y ? 6 : -6;
  body_ += fmt::format("<path d=\"M{0} {1}V{2}M{0} {2}l-3.2 {3}h6.4z\" {4}/>\n", number(from.x),
                       number(from.y), number(to.y), number(back), attributes);
}

std::string Svg::document(double width, double height, std::string_view title,
                          std::string_view description) const {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n<desc>{3}</desc>\n{4}"
      "<rect width=\"{0}\" height=\"{1}\" rx=\"6\" fill=\"#ffffff\"/>\n{5}</svg>\n",
      number(width), number(height), escaped(title), escaped(description), kStyles, body_);
}

}  // namespace aegis::service::drawing
