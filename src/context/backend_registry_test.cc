// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/backend_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::context {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(BackendRegistry, builtin_backends_are_mock_and_onnxruntime) {
  const BackendRegistry backends = builtin_backends();
  EXPECT_THAT(backends.names(), ElementsAre("mock", "onnxruntime"));
  const auto mock = backends.create("mock");
  ASSERT_TRUE(mock);
  EXPECT_EQ((*mock)->name(), "mock");
}

TEST(BackendRegistry, an_unknown_name_is_answered_with_those_there_are) {
  const auto backend = builtin_backends().create("tensorrt");
  ASSERT_FALSE(backend);
  EXPECT_EQ(backend.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(backend.error().message(), "unknown backend: 'tensorrt'; known: mock, onnxruntime");
}

TEST(BackendRegistry, an_unknown_option_of_a_backend_is_refused_by_name) {
  const auto backend = builtin_backends().create("mock", {{"colour", "blue"}});
  EXPECT_EQ(backend.error().message(), "unknown option: 'colour'; known: none");
}

TEST(BackendRegistry, refuses_what_it_cannot_call) {
  const auto create = [](const Options&) -> Result<std::unique_ptr<RuntimeBackend>> {
    return fail(Error::permanent(ErrorCode::kUnsupported, "only an example"));
  };
  BackendRegistry backends;
  EXPECT_EQ(backends.add({kBackendAbiVersion + 1, "new", create}).error().code,
            ErrorCode::kUnsupported);
  EXPECT_EQ(backends.add({kBackendAbiVersion, "", create}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(backends.add({kBackendAbiVersion, "new", nullptr}).error().code,
            ErrorCode::kInvalidArgument);
  ASSERT_TRUE(backends.add({kBackendAbiVersion, "new", create}));
  EXPECT_EQ(backends.add({kBackendAbiVersion, "new", create}).error().code,
            ErrorCode::kAlreadyExists);
}

TEST(BackendRegistry, a_module_adds_a_backend_that_loads_models) {
  BackendRegistry backends = builtin_backends();
  const Status added = backends.add_module(AEGIS_TEST_MODULE);
  ASSERT_TRUE(added) << added.error().message();
  const auto backend = backends.create("from_module");
  ASSERT_TRUE(backend);
  EXPECT_EQ((*backend)->version(), "test");
  const auto model = (*backend)->load({.name = "any"});
  EXPECT_EQ(model.error().message(), "the test module loads nothing");
}

TEST(BackendRegistry, a_module_of_another_abi_is_refused_before_its_code_is_called) {
  BackendRegistry backends;
  const Status added = backends.add_module(AEGIS_TEST_MODULE_OF_ANOTHER_ABI);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(added.error().detail_view(), "it has ABI 999, this program 2");
  EXPECT_TRUE(backends.names().empty());
}

TEST(BackendRegistry, says_why_a_module_cannot_be_opened) {
  BackendRegistry backends;
  const Status absent = backends.add_module("/nowhere/aegis_backend.so");
  EXPECT_EQ(absent.error().code, ErrorCode::kIo);
  EXPECT_THAT(absent.error().message(), HasSubstr("/nowhere/aegis_backend.so"));
  const Status other = backends.add_module("libm.so.6");
  EXPECT_EQ(other.error().message(), "module exports no aegis_backend_entry: libm.so.6");
}

}  // namespace
}  // namespace aegis::context
