// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aegis/executor/lane.h"
#include "aegis/service/run.h"

namespace aegis::service {

// A lane's statistics of one task as a row of the report.
void fill_row(ModelRow& row, const executor::TaskStatistics& statistics);

}  // namespace aegis::service
