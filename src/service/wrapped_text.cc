// SPDX-License-Identifier: Apache-2.0
#include "wrapped_text.h"

#include <algorithm>

#include "machine_tree.h"

namespace aegis::service {

std::string wrapped(std::string line, std::string_view text, std::size_t indent) {
  std::string done;
  line.resize(std::max(line.size(), indent), ' ');
  bool fresh = true;
  for (const std::string_view word : words_of(text)) {
    if (!fresh && line.size() + 1 + word.size() > kColumns) {
      done += line + "\n";
      line.assign(indent, ' ');
      fresh = true;
    }
    if (!fresh) line += ' ';
    line += word;
    fresh = false;
  }
  return done + line + "\n";
}

}  // namespace aegis::service
