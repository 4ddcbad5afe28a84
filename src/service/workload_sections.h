// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/base/time.h"
#include "aegis/service/workload.h"

#include "table_reader.h"

namespace aegis::service {

// Nothing a lane serves lasts longer; beyond it, somebody mistook the unit.
inline constexpr Duration kLongestTime = Duration::seconds(3600);

// [machine] with its lanes and backends. Problems go to the reader's; the defaults stand in for
// what is wrong.
[[nodiscard]] MachineSpec read_machine(TableReader read);

// One [[model]]. Paths are as written.
[[nodiscard]] ModelSpec read_model(TableReader read);

}  // namespace aegis::service
