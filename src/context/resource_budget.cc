// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/resource_budget.h"

#include <fmt/format.h>

namespace aegis::context {

Error over_budget(std::string_view model, std::size_t needed_bytes, std::size_t allowed_bytes) {
  return Error::permanent(ErrorCode::kResourceExhausted, "model needs more memory than its budget")
      .with_detail(fmt::format("{}: needs {} bytes, budget.memory allows {}", model, needed_bytes,
                               allowed_bytes));
}

}  // namespace aegis::context
