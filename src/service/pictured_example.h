// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/theory/schedulability.h"
#include "aegis/theory/task.h"

// What the tests of the pictures draw.
namespace aegis::service::test {

inline constexpr const char* kHostileName =
    "<script>alert(\"&\")</script> \x01\xff perception/front/left/camera/detector";

inline theory::Task drawn_task(std::uint32_t id, std::string name, std::int64_t wcet_ms,
                               std::int64_t period_ms, std::int64_t deadline_ms) {
  using namespace time_literals;
  return {.id = TaskId{id},
          .name = std::move(name),
          .segments = {{wcet_ms * 1_ms, wcet_ms * 1_ms}},
          .period = period_ms * 1_ms,
          .deadline = {deadline_ms * 1_ms},
          .priority = {id},
          .overload = {theory::OverloadRule::kQueue, 100}};
}

inline theory::TaskSet running_example() {
  return {drawn_task(0, "A", 20, 100, 50), drawn_task(1, "B", 15, 80, 40),
          drawn_task(2, "C", 30, 200, 100)};
}

inline theory::TaskSet running_example_with_c_halved() {
  using namespace time_literals;
  theory::TaskSet tasks = running_example();
  tasks[2].segments = {{15_ms, 15_ms}, {15_ms, 15_ms}};
  return tasks;
}

// Byte by byte; what was drawn instead is kept beside the test's temporary files, to be looked at
// and, if it is better, to be the next golden file.
inline void expect_golden(const std::string& file, const std::string& drawn) {
  const std::string path = std::string(AEGIS_SOURCE_DIR) + "/src/service/testdata/" + file;
  std::ostringstream golden;
  golden << std::ifstream(path, std::ios::binary).rdbuf();
  if (golden.str() == drawn) return;
  const std::string kept = testing::TempDir() + file;
  std::ofstream(kept, std::ios::binary) << drawn;
  ADD_FAILURE() << path << " is not what is drawn: " << kept;
}

}  // namespace aegis::service::test
