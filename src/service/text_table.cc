// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/text_table.h"

#include <algorithm>
#include <string_view>

#include "aegis/base/check.h"

namespace aegis::service {

namespace {

// Columns on a terminal: UTF-8 continuation bytes take none.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool left_aligned) {
  const std::string blanks(width - width_of(text), ' ');
  return left_aligned ? text + blanks : blanks + text;
}

}  // namespace

TextTable::TextTable(std::vector<std::string> header) {
  rows_.push_back(std::move(header));
}

void TextTable::add(std::vector<std::string> cells) {
  check(cells.size() == rows_.front().size(), "a table row has a cell for each column");
  rows_.push_back(std::move(cells));
}

std::string TextTable::render() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], width_of(row[column]));
    }
  }
  std::string text;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    std::string line;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      if (column > 0) line += "  ";
      line += padded(rows_[r][column], widths[column], column == 0);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
    if (r > 0) continue;
    std::size_t rule = 0;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      rule += widths[column] + (column > 0 ? 2 : 0);
    }
    for (std::size_t i = 0; i < rule; ++i) text += "─";
    text += "\n";
  }
  return text;
}

}  // namespace aegis::service
