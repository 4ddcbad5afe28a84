// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/diagnostic.h"

#include "plain_text.h"

namespace aegis::service {

std::string Diagnostic::message() const {
  std::string text = file.string();
  if (line > 0) text += ":" + std::to_string(line);
  if (!key.empty()) text += ": " + key;
  return one_line(text + ": " + problem);
}

}  // namespace aegis::service
