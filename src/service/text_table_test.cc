// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/text_table.h"

#include <gtest/gtest.h>

namespace aegis::service {
namespace {

TEST(TextTable, lines_up_names_left_and_numbers_right) {
  TextTable table({"model", "p99"});
  table.add({"detector", "9 ms"});
  table.add({"a", "12.3 ms"});
  EXPECT_EQ(table.render(),
            "model         p99\n"
            "─────────────────\n"
            "detector     9 ms\n"
            "a         12.3 ms\n");
}

TEST(TextTable, counts_columns_not_bytes) {
  TextTable table({"µ", "x"});
  table.add({"ab", "é"});
  EXPECT_EQ(table.render(), "µ   x\n─────\nab  é\n");
}

TEST(TextTableDeathTest, a_row_of_another_width_is_a_mistake_of_ours) {
  TextTable table({"a", "b"});
  EXPECT_DEATH(table.add({"only one"}), "a cell for each column");
}

}  // namespace
}  // namespace aegis::service
