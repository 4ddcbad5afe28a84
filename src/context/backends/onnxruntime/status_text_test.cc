// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/status_text.h"

#include <gtest/gtest.h>

namespace aegis::context {
namespace {

// Messages of ONNX Runtime 1.27.
TEST(EssenceOf, drops_what_only_its_authors_need) {
  EXPECT_EQ(essence_of("Load model from /m.onnx failed:Protobuf parsing failed."),
            "Protobuf parsing failed.");
  EXPECT_EQ(essence_of("Load model from /m.onnx failed:/src/core/graph/model.cc:177 "
                       "onnxruntime::Model::Model(onnx::ModelProto&&, const Path&, "
                       "const std::function<void(int)>&) ModelProto does not have a graph.\n"),
            "ModelProto does not have a graph.");
  EXPECT_EQ(essence_of("tensorprotoutils.cc:1460 ValidateSize Initializer 'w' is too large."),
            "Initializer 'w' is too large.");
}

TEST(EssenceOf, keeps_what_it_does_not_know) {
  for (const char* message : {"", "x", "word: word", "a.cc: no line", "a.cc:12", "a.cc:b2 word",
                              "This is an invalid model. Error: the graph is not acyclic."}) {
    EXPECT_EQ(essence_of(message), message);
  }
  EXPECT_EQ(essence_of("a.cc:12 word"), "word");
  EXPECT_EQ(essence_of("first\nsecond"), "first");
  EXPECT_EQ(essence_of("a.cc:7 f::g(unclosed"), "f::g(unclosed");
}

}  // namespace
}  // namespace aegis::context
