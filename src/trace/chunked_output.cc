// SPDX-License-Identifier: Apache-2.0
#include "chunked_output.h"

#include <nlohmann/json.hpp>

namespace aegis::trace {

std::string json_string(std::string_view text) {
  using nlohmann::json;
  return json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace aegis::trace
