// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace aegis::context {

// ONNX element types (TensorProto.DataType).
inline constexpr int kFloat = 1;
inline constexpr int kInt64 = 7;
inline constexpr int kDouble = 11;

// A graph small enough to write by hand, so that tests need neither files nor Python. Opset 17, IR
// version 8.
//
//   y = relu(x * w + x):
//   {.inputs = {{"x", {"1", "4"}}}, .outputs = {{"y", {"1", "4"}}}, .weights = {{"w", {4, 4},
//   ...}},
//    .nodes = {{"MatMul", {"x", "w"}, {"m"}}, {"Add", {"m", "x"}, {"s"}}, {"Relu", {"s"}, {"y"}}}}
struct TinyOnnx {
  struct Value {
    std::string name;
    std::vector<std::string> shape;  // a number, or the symbol of a dynamic dimension
    int type = kFloat;
    bool is_sequence = false;
  };
  struct Weight {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> data;
  };
  struct Node {
    std::string op;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
  };
  std::vector<Value> inputs;
  std::vector<Value> outputs;
  std::vector<Weight> weights;
  std::vector<Node> nodes;
};

// The serialised ModelProto.
[[nodiscard]] std::string to_onnx(const TinyOnnx& graph);

// `layers` times x = relu(x * w_k + x) on a [rows, width] tensor named `from`, resulting in `to`;
// the weights are seeded.
[[nodiscard]] TinyOnnx layered(const std::string& from, const std::string& to, int layers,
                               int width, unsigned seed, int rows = 1);

// A folder that is gone with its files when the object is.
class ModelFolder {
 public:
  ModelFolder();
  ~ModelFolder();
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;
  [[nodiscard]] std::filesystem::path write(const std::string& name,
                                            const std::string& content) const;
  [[nodiscard]] std::filesystem::path write(const std::string& name, const TinyOnnx& graph) const {
    return write(name, to_onnx(graph));
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace aegis::context
