// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/runtime_backend.h"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

namespace aegis::context {
namespace {

TEST(TensorDescription, size_is_the_product_of_its_extents) {
  EXPECT_EQ((TensorDescription{"image", ElementType::kFloat32, {1, 3, 224, 224}}).size_bytes(),
            602'112U);
  EXPECT_EQ((TensorDescription{"scalar", ElementType::kInt64, {}}).size_bytes(), 8U);
  EXPECT_EQ((TensorDescription{"half", ElementType::kFloat16, {3}}).size_bytes(), 6U);
}

TEST(CheckShape, names_tensor_and_dynamic_dimension) {
  const std::array<std::string, 2> symbols{"batch", ""};
  const Status refused = check_shape({"x", ElementType::kFloat32, {-1, 4}}, symbols);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(refused.error().detail_view(), "tensor 'x' has dynamic dimension 0 ('batch')");
  const Status zero = check_shape({"y", ElementType::kFloat32, {4, 0}}, symbols);
  EXPECT_EQ(zero.error().detail_view(), "tensor 'y' has dynamic dimension 1");
}

TEST(CheckShape, refuses_sizes_that_overflow_or_are_absurd) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  EXPECT_EQ(check_shape({"x", ElementType::kUint8, {kHuge, kHuge}}).error().code,
            ErrorCode::kOutOfRange);
  EXPECT_EQ(check_shape({"x", ElementType::kFloat32, {1 << 20, 1 << 11}}).error().code,
            ErrorCode::kOutOfRange);
  EXPECT_TRUE(check_shape({"x", ElementType::kFloat32, {1 << 20, 1 << 10}}));
}

TEST(CheckBinding, names_the_tensor_that_does_not_fit) {
  ModelDescription model;
  model.inputs = {{"image", ElementType::kUint8, {64}}};
  model.outputs = {{"boxes", ElementType::kUint8, {64}}};
  alignas(kTensorAlignment) std::array<std::byte, 256> memory{};
  const std::span<std::byte> all(memory);
  EXPECT_TRUE(check_binding(model, {{all.first(64)}, {all.subspan(64, 64)}}));
  const auto words = [&](const Binding& binding) {
    return check_binding(model, binding).error().message();
  };
  EXPECT_EQ(words({{}, {all.first(64)}}),
            "binding has a wrong number of tensors: 0 inputs bound, the model has 1");
  EXPECT_EQ(words({{all.first(64)}, {all.first(63)}}),
            "bound tensor has a wrong size: output 'boxes' is 64 bytes, bound to 63");
  EXPECT_EQ(words({{all.subspan(4, 64)}, {all.first(64)}}),
            "bound tensor is not aligned to 64 bytes: input 'image'");
}

TEST(ElementType, every_type_has_a_size_and_a_name) {
  for (const auto type :
       {ElementType::kFloat32, ElementType::kFloat16, ElementType::kInt64, ElementType::kInt32,
        ElementType::kInt8, ElementType::kUint8, ElementType::kBool}) {
    EXPECT_GT(size_of(type), 0U);
    EXPECT_NE(to_string(type), "unknown");
  }
}

TEST(OverBudget, gives_both_figures) {
  EXPECT_EQ(over_budget("resnet18", 50'000'000, 1'000'000).message(),
            "model needs more memory than its budget: resnet18: needs 50000000 bytes, "
            "budget.memory allows 1000000");
}

}  // namespace
}  // namespace aegis::context
