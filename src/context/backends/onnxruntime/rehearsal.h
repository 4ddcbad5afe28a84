// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "aegis/base/result.h"

#include "backends/onnxruntime/loaded_parts.h"

namespace aegis::context {

// Runs the parts on zeros until ORT has taken all the memory it will run in: a model that cannot
// run at all is refused before it is admitted. Leaves the parts bound to memory that is gone: bind
// them anew.
[[nodiscard]] Status warm_up(LoadedParts& parts);

// The same, and plans each part's activations. Every part is observed over several runs, with
// zeros and with plausible inputs; its requests for memory must be the same each time, or the model
// is refused (kUnsupported: its memory depends on its data), and so is one that gives other outputs
// for the same inputs. Then it runs once by plan over an arena full of NaNs, and must give the bits
// it gave before (kInternal otherwise: such a plan must never carry a job). Binds as warm_up()
// does.
[[nodiscard]] Status plan_activations(LoadedParts& parts, std::string_view model);

}  // namespace aegis::context
