// SPDX-License-Identifier: Apache-2.0
#include "slot_directory.h"

namespace aegis::executor {

Result<SlotDirectory::Place> SlotDirectory::place(TaskHandle handle) const noexcept {
  if (!handle.valid()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "the handle is of no task"));
  }
  if (handle.scheduler_ != scheduler_) {
    return fail(
        Error::permanent(ErrorCode::kInvalidArgument, "the handle is of another scheduler"));
  }
  return Place{&(*this)[handle.slot_], handle.slot_, handle.generation_};
}

}  // namespace aegis::executor
