// SPDX-License-Identifier: Apache-2.0
#include "testing/tiny_onnx.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <string_view>

#include "aegis/base/check.h"

namespace aegis::context {

namespace {

// One protobuf message under construction. The numbers below are those of onnx.proto3.
class Message {
 public:
  Message& number(unsigned field, std::uint64_t value) {
    varint(field << 3U);
    varint(value);
    return *this;
  }
  Message& bytes(unsigned field, std::string_view content) {
    varint((field << 3U) | 2U);
    varint(content.size());
    bytes_.append(content);
    return *this;
  }
  Message& message(unsigned field, const Message& inner) { return bytes(field, inner.bytes_); }
  [[nodiscard]] const std::string& serialised() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_.push_back(static_cast<char>(value | 0x80U));
    bytes_.push_back(static_cast<char>(value));
  }
  std::string bytes_;
};

bool is_number(const std::string& text) {
  return text.find_first_not_of("-0123456789") == std::string::npos;
}

Message value_info(const TinyOnnx::Value& value) {
  Message shape;
  for (const std::string& extent : value.shape) {
    Message dimension;
    if (is_number(extent)) {
      dimension.number(1, static_cast<std::uint64_t>(std::stoll(extent)));
    } else {
      dimension.bytes(2, extent);
    }
    shape.message(1, dimension);
  }
  const Message tensor =
      Message().number(1, static_cast<std::uint64_t>(value.type)).message(2, shape);
  const Message type = Message().message(1, tensor);
  const Message sequence = Message().message(4, Message().message(1, type));
  return Message().bytes(1, value.name).message(2, value.is_sequence ? sequence : type);
}

Message weight_tensor(const TinyOnnx::Weight& weight) {
  Message tensor;
  for (const std::int64_t extent : weight.shape) {
    tensor.number(1, static_cast<std::uint64_t>(extent));
  }
  std::string raw(weight.data.size() * sizeof(float), '\0');
  std::memcpy(raw.data(), weight.data.data(), raw.size());
  return tensor.number(2, kFloat).bytes(8, weight.name).bytes(9, raw);
}

Message node_proto(const TinyOnnx::Node& node) {
  Message message;
  for (const std::string& input : node.inputs) message.bytes(1, input);
  for (const std::string& output : node.outputs) message.bytes(2, output);
  return message.bytes(4, node.op);
}

}  // namespace

std::string to_onnx(const TinyOnnx& graph) {
  Message body;
  for (const TinyOnnx::Node& node : graph.nodes) body.message(1, node_proto(node));
  body.bytes(2, "tiny");
  for (const TinyOnnx::Weight& weight : graph.weights) body.message(5, weight_tensor(weight));
  for (const TinyOnnx::Value& input : graph.inputs) body.message(11, value_info(input));
  for (const TinyOnnx::Value& output : graph.outputs) body.message(12, value_info(output));
  const Message opset = Message().bytes(1, "").number(2, 17);
  return Message().number(1, 8).message(7, body).message(8, opset).serialised();
}

TinyOnnx layered(const std::string& from, const std::string& to, int layers, int width,
                 unsigned seed, int rows) {
  const std::vector<std::string> shape{std::to_string(rows), std::to_string(width)};
  TinyOnnx graph{.inputs = {{from, shape}}, .outputs = {{to, shape}}, .weights = {}, .nodes = {}};
  std::mt19937 random(seed);
  std::string at = from;
  for (int layer = 0; layer < layers; ++layer) {
    const std::string suffix = std::to_string(layer);
    TinyOnnx::Weight weight{"w" + suffix, {width, width}, {}};
    // Small enough that a hundred layers do not overflow: |x| grows by less than a factor of 1.5 a
    // layer.
    for (int i = 0; i < width * width; ++i) {
      weight.data.push_back((static_cast<float>(random() % 2001) / 1000.0F - 1.0F) /
                            static_cast<float>(2 * width));
    }
    graph.weights.push_back(std::move(weight));
    const std::string next = layer + 1 == layers ? to : "x" + suffix;
    graph.nodes.push_back({"MatMul", {at, "w" + suffix}, {"m" + suffix}});
    graph.nodes.push_back({"Add", {"m" + suffix, at}, {"s" + suffix}});
    graph.nodes.push_back({"Relu", {"s" + suffix}, {next}});
    at = next;
  }
  return graph;
}

ModelFolder::ModelFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "aegis_context.XXXXXX").string();
  check(::mkdtemp(name.data()) != nullptr, "tests can make a temporary folder");
  path_ = name;
}

ModelFolder::~ModelFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path ModelFolder::write(const std::string& name,
                                         const std::string& content) const {
  const std::filesystem::path file = path_ / name;
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

}  // namespace aegis::context
