// SPDX-License-Identifier: Apache-2.0
//
// Everything at once (random_program.h), a few seeds; tests/soak runs the same for as long as one
// likes.
#include <cstdint>

#include <gtest/gtest.h>

#include "random_program.h"

namespace aegis::executor {
namespace {

class Stress : public testing::TestWithParam<std::uint64_t> {};

void expect_sound(const RandomProgram& program) {
  const ProgramReport report = run_random_program(program);
  for (const std::string& broken : report.broken) ADD_FAILURE() << broken;
  EXPECT_GT(report.accepted, 0U);
}

TEST_P(Stress, every_task_ends_once_and_every_body_is_destroyed_once) {
  expect_sound({.seed = GetParam()});
}

INSTANTIATE_TEST_SUITE_P(Seeds, Stress, testing::Range<std::uint64_t>(1, 7));

TEST(Stress, of_real_time_workers) {
  expect_sound({.seed = 100, .length = Duration::milliseconds(150), .real_time = true});
}

}  // namespace
}  // namespace aegis::executor
