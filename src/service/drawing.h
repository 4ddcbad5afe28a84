// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "aegis/base/time.h"

// What the pictures share: text that cannot break a document, an axis of time, and a writer of SVG
// that knows no more than they need. Same input, same bytes.
namespace aegis::service::drawing {

// XML text: markup escaped, control characters and bytes that are not UTF-8 spelt out (\xNN), the
// two characters that XML does not know replaced.
[[nodiscard]] std::string escaped(std::string_view text);

// The text as far as it is at most `width` wide in letters of `size`; beyond, its middle is "…".
[[nodiscard]] std::string shortened(std::string_view text, double width, double size);

// The text on lines at most `width` wide, broken between words; a word that is wider, within.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text, double width, double size);

// About how wide the text is, in the unit of `size`: fonts differ, so it is rather too much.
[[nodiscard]] double width_of(std::string_view text, double size);

// Where the marks of an axis from `from` to `to` lie (1, 2 or 5 times a power of ten apart), and
// how they are spelt in one unit.
class Ticks {
 public:
  // `most` marks at most. Precondition: from < to, most >= 1.
  Ticks(Duration from, Duration to, int most);
  [[nodiscard]] const std::vector<Duration>& marks() const { return marks_; }
  [[nodiscard]] std::string label(Duration mark) const;
  [[nodiscard]] std::string_view unit() const { return unit_; }

 private:
  std::vector<Duration> marks_;
  std::string_view unit_;
  Duration size_;  // of the unit
  int decimals_ = 0;
};

// A duration as a picture of `span` shows it: to a ten-thousandth of the span, so that the tick by
// which a witness differs from a round number does not make a label long.
[[nodiscard]] std::string rounded(Duration duration, Duration span);

// A linear scale: which coordinate a time has.
struct Scale {
  Duration from, to;
  double begin = 0, end = 0;
  [[nodiscard]] double operator()(Duration at) const;
};

// A rectangle, from its upper left corner.
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

struct Point {
  double x = 0, y = 0;
};

// One document, white whatever is behind it, with the styles of all pictures. `attributes` are
// written as they are: class names and the like, never text from outside.
class Svg {
 public:
  // `title` and `description` are for those who do not see the picture.
  void rect(const Box& box, std::string_view attributes);
  void line(Point from, Point to, std::string_view attributes);
  void polyline(const std::vector<Point>& points, std::string_view attributes);
  void polygon(const std::vector<Point>& points, std::string_view attributes);
  void circle(Point centre, double radius, std::string_view attributes);
  void text(Point at, std::string_view content, std::string_view attributes);
  // An arrow whose head, of a fixed size, lies at `to`; vertical ones only.
  void arrow(Point from, Point to, std::string_view attributes);
  [[nodiscard]] std::string document(double width, double height, std::string_view title,
                                     std::string_view description) const;

 private:
  std::string body_;
};

}  // namespace aegis::service::drawing
