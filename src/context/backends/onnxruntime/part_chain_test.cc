// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/part_chain.h"

#include <gtest/gtest.h>

namespace aegis::context {
namespace {

using Owner = TensorPlace::Owner;

TensorDescription tensor(const std::string& name, std::int64_t extent = 4) {
  return {name, ElementType::kFloat32, {1, extent}};
}

std::vector<std::string> names(const std::vector<TensorDescription>& tensors) {
  std::vector<std::string> result;
  result.reserve(tensors.size());
  for (const TensorDescription& one : tensors) result.push_back(one.name);
  return result;
}
using Names = std::vector<std::string>;

// The header's drawing.
TEST(PartChain, connects_parts_by_tensor_names) {
  const auto chain = connect_parts({{"0", {tensor("image")}, {tensor("a"), tensor("skip")}},
                                    {"1", {tensor("a")}, {tensor("b")}},
                                    {"2", {tensor("b"), tensor("skip")}, {tensor("boxes")}}});
  ASSERT_TRUE(chain);
  EXPECT_EQ(names(chain->inputs), Names{"image"});
  EXPECT_EQ(names(chain->intermediates), (Names{"a", "skip", "b"}));
  EXPECT_EQ(names(chain->outputs), Names{"boxes"});
  EXPECT_EQ(chain->parts[2].inputs[0], (TensorPlace{Owner::kIntermediate, 2}));
  EXPECT_EQ(chain->parts[2].inputs[1], (TensorPlace{Owner::kIntermediate, 1}));
  EXPECT_EQ(chain->parts[2].outputs[0], (TensorPlace{Owner::kModelOutput, 0}));
}

TEST(PartChain, an_output_nobody_reads_is_the_models_after_those_of_the_last_part) {
  const auto chain = connect_parts(
      {{"0", {tensor("x")}, {tensor("p3"), tensor("a")}}, {"1", {tensor("a")}, {tensor("p5")}}});
  ASSERT_TRUE(chain);
  EXPECT_EQ(names(chain->outputs), (Names{"p5", "p3"}));
  EXPECT_EQ(chain->parts[0].outputs[0], (TensorPlace{Owner::kModelOutput, 1}));
}

TEST(PartChain, an_input_read_twice_is_one_input) {
  const auto chain = connect_parts({{"0", {tensor("x"), tensor("mask")}, {tensor("a")}},
                                    {"1", {tensor("mask"), tensor("a")}, {tensor("y")}}});
  ASSERT_TRUE(chain);
  EXPECT_EQ(names(chain->inputs), (Names{"x", "mask"}));
  EXPECT_EQ(chain->parts[1].inputs[0], (TensorPlace{Owner::kModelInput, 1}));
}

TEST(PartChain, refuses_parts_that_do_not_fit_together) {
  const auto words = [](const std::vector<PartDescription>& parts) {
    const auto chain = connect_parts(parts);
    return chain ? std::string() : chain.error().message();
  };
  EXPECT_EQ(
      words({{"p0", {tensor("x")}, {tensor("a", 4)}}, {"p1", {tensor("a", 5)}, {tensor("y")}}}),
      "parts disagree about a tensor: 'a' is float32[1,4] in p0, float32[1,5] in p1");
  EXPECT_EQ(words({{"p0", {tensor("x")}, {tensor("a")}}, {"p1", {tensor("x")}, {tensor("a")}}}),
            "two parts produce the same tensor: 'a': p0 and p1");
  EXPECT_EQ(words({{"p1", {tensor("a")}, {tensor("y")}}, {"p0", {tensor("x")}, {tensor("a")}}}),
            "a part reads what only a later one produces: 'a': p1 and p0");
  EXPECT_EQ(words({}), "model has no parts");
}

}  // namespace
}  // namespace aegis::context
