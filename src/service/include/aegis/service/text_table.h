// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace aegis::service {

// Columns lined up for a terminal: the first left-aligned, the others right-aligned, two spaces
// between.
//
//   TextTable table({"model", "jobs", "response p99"});
//   table.add({"detector", "750", "12.3 ms"});
//   std::string text = table.render();
class TextTable {
 public:
  // The columns, by their headings.
  explicit TextTable(std::vector<std::string> header);
  // As many cells as the header has.
  void add(std::vector<std::string> cells);
  // Header, a rule, the rows; every line ends with a newline and has no trailing blanks.
  [[nodiscard]] std::string render() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace aegis::service
