// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aegis::context {

// What a person can use of ONNX Runtime's message: its first line, without the path that our error
// names already and without the source file and C++ signature that many of its messages begin with.
//
//   "Load model from /m.onnx failed:/src/core/graph/model.cc:177 ns::Model::Model(const Path&)
//   ModelProto does not ..."
//                                                                                             '--
//                                                                                             from
//                                                                                             here
//                                                                                             on
//
// Real-time: does not allocate.
[[nodiscard]] std::string_view essence_of(std::string_view message) noexcept;

}  // namespace aegis::context
