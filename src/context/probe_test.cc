// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/probe.h"

#include <cerrno>

#include <sys/wait.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/context/backend_registry.h"

#include "testing/tiny_onnx.h"

namespace aegis::context {
namespace {

using namespace time_literals;
using ::testing::HasSubstr;

Status probe_mock(const std::string& faults, const ProbeLimits& limits = {}) {
  const BackendRegistry backends = builtin_backends();
  const LoadRequest request{.name = "model", .options = {{"faults", faults}}};
  return probe_in_child([&] { return backends.create("mock"); }, request, limits);
}

TEST(Probe, passes_a_model_that_loads) {
  EXPECT_TRUE(probe_mock(""));
}

TEST(Probe, reports_what_the_load_says) {
  const Status refused = probe_mock("transient at load");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().category, ErrorCategory::kTransient);
  EXPECT_EQ(refused.error().code, ErrorCode::kBackend);
  EXPECT_EQ(refused.error().message(), "scripted error at load");
  const auto backends = builtin_backends();
  const Status unknown =
      probe_in_child([&] { return backends.create("tensorrt"); }, {.name = "model"});
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
}

TEST(Probe, a_crash_is_a_permanent_error_that_names_the_signal) {
  const Status crashed = probe_mock("crash at load");
  ASSERT_FALSE(crashed);
  EXPECT_EQ(crashed.error().category, ErrorCategory::kPermanent);
  EXPECT_EQ(crashed.error().message(),
            "model crashes its runtime while loading: signal 6 (Aborted)");
}

TEST(Probe, an_exit_without_a_word_is_a_crash_too) {
  const Status ended = probe_in_child(
      []() -> Result<std::unique_ptr<RuntimeBackend>> { ::_exit(7); }, {.name = "model"});
  EXPECT_EQ(ended.error().message(), "model crashes its runtime while loading: exit code 7");
}

TEST(Probe, a_load_that_does_not_end_is_stopped) {
  const Status late = probe_mock("hang at load", {.wall_time = 20_ms});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
}

TEST(Probe, leaves_no_child_behind) {
  (void)probe_mock("crash at load");
  (void)probe_mock("hang at load", {.wall_time = 5_ms});
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Probe, loads_real_models_and_refuses_bad_ones) {
  const BackendRegistry backends = builtin_backends();
  const auto factory = [&] { return backends.create("onnxruntime"); };
#ifndef AEGIS_TEST_WITH_ONNXRUNTIME
  GTEST_SKIP() << factory().error().message();
#else
  const ModelFolder folder;
  const auto good = folder.write("good.onnx", layered("x", "y", 2, 16, 1));
  EXPECT_TRUE(probe_in_child(factory, {.name = "good", .parts = {good}}));
  const auto bad = folder.write("bad.onnx", "not a model");
  const Status refused = probe_in_child(factory, {.name = "bad", .parts = {bad}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(refused.error().message(), HasSubstr("bad.onnx"));
#endif
}

}  // namespace
}  // namespace aegis::context
