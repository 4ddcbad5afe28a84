// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/lane.h"

#include <utility>

#include "lane_task_check.h"
#include "lane_thread.h"

namespace aegis::executor {

Result<std::unique_ptr<Lane>> Lane::create(LaneConfig config, LaneDriver& driver,
                                           const Clock& clock, trace::Recorder* recorder) {
  if (Status sound = check_config(config); !sound) return fail(sound.error());
  return std::unique_ptr<Lane>(
      std::make_unique<LaneThread>(std::move(config), driver, clock, recorder));
}

}  // namespace aegis::executor
