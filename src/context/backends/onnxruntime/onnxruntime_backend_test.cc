// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aegis/context/backend_registry.h"
#include "aegis/context/execution_context.h"

#include "conformance/bound_model.h"
#include "testing/tiny_onnx.h"

namespace aegis::context {
namespace {

using conformance::BoundModel;
using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(OnnxRuntimeLibrary, says_why_it_cannot_be_loaded) {
#ifndef AEGIS_TEST_WITH_ONNXRUNTIME
  const auto backend = builtin_backends().create("onnxruntime");
  EXPECT_EQ(backend.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(backend.error().message(), HasSubstr("built without ONNX Runtime"));
#else
  const auto absent = builtin_backends().create("onnxruntime", {{"library", "/nowhere/libort.so"}});
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(absent.error().message(), HasSubstr("/nowhere/libort.so"));
  const auto other = builtin_backends().create("onnxruntime", {{"library", "libm.so.6"}});
  EXPECT_EQ(other.error().message(), "library is not ONNX Runtime: libm.so.6");
  const auto option = builtin_backends().create("onnxruntime", {{"threads", "2"}});
  EXPECT_EQ(option.error().message(), "unknown option: 'threads'; known: library, memory");
#endif
}

class OnnxRuntime : public ::testing::Test {
 protected:
  void SetUp() override {
    auto backend = builtin_backends().create("onnxruntime");
    if (!backend) GTEST_SKIP() << backend.error().message();
    backend_ = std::move(*backend);
  }

  Result<std::unique_ptr<LoadedModel>> load(const std::vector<TinyOnnx>& parts,
                                            LoadRequest request = {.name = "tiny"}) {
    for (const TinyOnnx& part : parts) {
      const std::string name = std::to_string(request.parts.size()) + ".onnx";
      request.parts.push_back(folder_.write(name, part));
    }
    return backend_->load(request);
  }
  Error refusal(const TinyOnnx& part) { return load({part}).error(); }
  Error refusal_of_file(const std::string& name, const std::string& content) {
    return backend_->load({.name = "tiny", .parts = {folder_.write(name, content)}}).error();
  }

  ModelFolder folder_;
  std::unique_ptr<RuntimeBackend> backend_;
};
using OnnxRuntimeRefusal = OnnxRuntime;

// y = relu(x + x): one number is worked out by hand.
TinyOnnx doubling() {
  return {.inputs = {{"x", {"1", "4"}}},
          .outputs = {{"y", {"1", "4"}}},
          .nodes = {{"Add", {"x", "x"}, {"s"}}, {"Relu", {"s"}, {"y"}}}};
}

TEST_F(OnnxRuntime, computes) {
  auto model = load({doubling()});
  ASSERT_TRUE(model) << model.error().message();
  BoundModel bound(std::move(*model));
  ASSERT_TRUE(bound.bind());
  const std::array<float, 4> input{1, -2, 0.5, 0};
  std::memcpy(bound.binding().inputs[0].data(), input.data(), sizeof(input));
  ASSERT_TRUE(bound.run_job());
  std::array<float, 4> output{};
  std::memcpy(output.data(), bound.outputs().data(), sizeof(output));
  EXPECT_EQ(output, (std::array<float, 4>{2, 0, 1, 0}));
}

TEST_F(OnnxRuntime, describes_its_model) {
  auto model = load({layered("x", "cut", 2, 16, 1), layered("cut", "y", 2, 16, 2)});
  ASSERT_TRUE(model) << model.error().message();
  const ModelDescription& description = (*model)->describe();
  EXPECT_EQ(description.name, "tiny");
  EXPECT_EQ(description.backend, "onnxruntime");
  EXPECT_EQ(description.backend_version, backend_->version());
  EXPECT_EQ(description.segment_count, 2U);
  ASSERT_EQ(description.inputs.size(), 1U);
  EXPECT_EQ(description.inputs[0], (TensorDescription{"x", ElementType::kFloat32, {1, 16}}));
  ASSERT_EQ(description.outputs.size(), 1U);
  EXPECT_EQ(description.outputs[0].name, "y");
  // At least its weights, four matrices of 16 x 16 floats, and the tensor at the cut.
  EXPECT_GE(description.memory.held(), 4U * 16 * 16 * 4 + 64);
  EXPECT_GE(description.memory.activations, 64U);
}

TEST_F(OnnxRuntime, parts_in_a_row_compute_what_the_whole_does) {
  TinyOnnx whole = layered("x", "cut", 2, 16, 1);
  const TinyOnnx second = layered("cut", "y", 2, 16, 2);
  const std::vector<TinyOnnx> parts{whole, second};
  whole.outputs = second.outputs;
  for (TinyOnnx::Weight weight : second.weights) {
    weight.name.insert(0, "second_");
    whole.weights.push_back(weight);
  }
  for (TinyOnnx::Node node : second.nodes) {
    for (auto* names : {&node.inputs, &node.outputs}) {
      for (std::string& name : *names) {
        if (name != "cut" && name != "y") name.insert(0, "second_");
      }
    }
    whole.nodes.push_back(node);
  }
  std::vector<std::vector<std::byte>> outputs;
  for (const std::vector<TinyOnnx>& model_parts : {parts, std::vector<TinyOnnx>{whole}}) {
    auto model = load(model_parts);
    ASSERT_TRUE(model) << model.error().message();
    BoundModel bound(std::move(*model));
    ASSERT_TRUE(bound.bind());
    bound.fill_inputs(7);
    ASSERT_TRUE(bound.run_job());
    outputs.push_back(bound.outputs());
  }
  EXPECT_EQ(outputs[0], outputs[1]);
}

TEST_F(OnnxRuntime, three_hundred_runs_in_random_order_give_the_bits_of_isolated_ones) {
  std::vector<BoundModel> models;
  std::vector<std::vector<std::byte>> isolated;
  const std::vector<std::vector<TinyOnnx>> kinds{
      {layered("x", "y", 4, 32, 1, 8)},
      {layered("x", "c", 2, 64, 2), layered("c", "y", 3, 64, 3)},
      {layered("x", "y", 8, 16, 4, 3)},
      {doubling()}};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    auto model = load(kinds[kind]);
    ASSERT_TRUE(model) << model.error().message();
    models.emplace_back(std::move(*model));
    models.back().fill_inputs(static_cast<unsigned>(kind));
    ASSERT_TRUE(models.back().bind());
    ASSERT_TRUE(models.back().run_job());
    isolated.push_back(models.back().outputs());
  }
  std::mt19937 random(1);
  for (int run = 0; run < 300; ++run) {
    const std::size_t kind = random() % models.size();
    for (const std::span<std::byte> output : models[kind].binding().outputs) {
      std::ranges::fill(output, std::byte{0xaa});
    }
    ASSERT_TRUE(models[kind].run_job());
    ASSERT_EQ(models[kind].outputs(), isolated[kind]) << "run " << run << ", model " << kind;
  }
}

// The sum of the places of elements above a threshold: NonZero's output, and so the memory for it,
// is as large as there are such elements.
TinyOnnx count_above(float threshold) {
  return {.inputs = {{"x", {"4096"}}},
          .outputs = {{"y", {"1", "1"}, kInt64}},
          .weights = {{"threshold", {1}, {threshold}}},
          .nodes = {{"Greater", {"x", "threshold"}, {"above"}},
                    {"NonZero", {"above"}, {"places"}},
                    {"ReduceSum", {"places"}, {"y"}}}};
}

TEST_F(OnnxRuntimeRefusal, of_a_model_whose_memory_depends_on_its_data) {
  const Error error = refusal(count_above(0));
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(), HasSubstr("memory differs from run to run"));
}

TEST_F(OnnxRuntimeRefusal, of_a_model_that_draws_its_outputs) {
  const Error error =
      refusal({.inputs = {{"x", {"4"}}},
               .outputs = {{"y", {"4"}}},
               .nodes = {{"RandomNormalLike", {"x"}, {"r"}}, {"Add", {"x", "r"}, {"y"}}}});
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(), HasSubstr("different outputs for the same inputs"));
}

// Nothing in [-1, 1) is above 100: no rehearsal can know. The job that shows it fails, the model is
// done for, and another in the same arena does not notice.
TEST_F(OnnxRuntime, a_deviation_from_the_plan_stops_only_that_model) {
  memory::LaneArena arena = memory::LaneArena::reserve().value();
  const auto create = [&](std::uint32_t id, const TinyOnnx& graph) {
    const auto file = folder_.write(std::to_string(id) + ".onnx", graph);
    return ExecutionContext::create(ContextId{id}, *backend_, {.name = "m", .parts = {file}},
                                    arena);
  };
  const auto deviant = create(0, count_above(100));
  ASSERT_TRUE(deviant) << deviant.error().message();
  const auto healthy = create(1, layered("x", "y", 4, 32, 1, 8));
  ASSERT_TRUE(healthy) << healthy.error().message();
  const auto run = [](ExecutionContext& context) -> Status {
    if (Status started = context.start_segment(0); !started) return started;
    const auto polled = context.poll();
    return polled ? ok() : fail(polled.error());
  };
  (*healthy)->fill_inputs(1);
  ASSERT_TRUE(run(**healthy));
  const std::vector<std::byte> expected((*healthy)->output(0).begin(), (*healthy)->output(0).end());

  (*deviant)->fill_inputs(1);
  ASSERT_TRUE(run(**deviant)) << "as rehearsed";
  EXPECT_EQ((*deviant)->unplanned_allocations(), 0U);
  const std::array<float, 3> above{101, 102, 103};
  std::memcpy((*deviant)->input(0).data(), above.data(), sizeof(above));
  const Status ran = run(**deviant);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, ErrorCode::kDeviation);
  EXPECT_THAT(ran.error().message(), HasSubstr("request "));
  EXPECT_GT((*deviant)->unplanned_allocations(), 0U);
  EXPECT_TRUE((*deviant)->faults().closed());
  EXPECT_EQ(run(**deviant).error().code, ErrorCode::kFailedPrecondition);

  ASSERT_TRUE(run(**healthy));
  EXPECT_TRUE(std::ranges::equal((*healthy)->output(0), expected));
  EXPECT_FALSE((*healthy)->faults().closed());
}

TEST_F(OnnxRuntime, may_plan_its_memory_itself) {
  auto backend = builtin_backends().create("onnxruntime", {{"memory", "runtime"}});
  ASSERT_TRUE(backend);
  const auto file = folder_.write("0.onnx", count_above(0));
  auto model = (*backend)->load({.name = "tiny", .parts = {file}});
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->describe().memory.activations, 0U);
  BoundModel bound(std::move(*model));
  ASSERT_TRUE(bound.bind());
  bound.fill_inputs(1);
  EXPECT_TRUE(bound.run_job());
  const auto other = builtin_backends().create("onnxruntime", {{"memory", "mine"}});
  EXPECT_EQ(other.error().message(), "memory is planned or runtime: mine");
}

// Memory that ends after so many chunks.
class ShortMemory final : public memory::MemorySource {
 public:
  explicit ShortMemory(int chunks) : left_(chunks) {}
  Result<std::span<std::byte>> take(std::size_t bytes) override {
    if (left_-- <= 0) {
      return fail(Error::permanent(ErrorCode::kResourceExhausted, "no more memory, as scripted"));
    }
    ++taken_;
    return host_.take(bytes);
  }
  void give_back(std::span<std::byte> chunk) noexcept override {
    --taken_;
    host_.give_back(chunk);
  }
  [[nodiscard]] int taken() const { return taken_; }

 private:
  memory::HostMemory host_;
  int left_;
  int taken_ = 0;
};

// Wherever memory ends while a model is loaded and rehearsed: one clear error, nothing kept.
TEST_F(OnnxRuntime, out_of_memory_while_loading_is_an_error_and_leaves_nothing) {
  const auto file = folder_.write("0.onnx", layered("x", "y", 4, 200, 1));
  bool loads = false;
  for (int chunks = 0; chunks < 200 && !loads; ++chunks) {
    ShortMemory memory(chunks);
    {
      const auto model = backend_->load({.name = "tiny", .parts = {file}, .source = &memory});
      loads = model.has_value();
      if (!loads) {
        EXPECT_EQ(model.error().message().find('\n'), std::string::npos);
      }
    }
    EXPECT_EQ(memory.taken(), 0) << "after an end at chunk " << chunks;
  }
  EXPECT_TRUE(loads) << "with enough memory it loads";
  EXPECT_TRUE(backend_->leaks().empty());
}

TEST_F(OnnxRuntime, every_level_of_optimisation_loads) {
  for (const char* level : {"all", "extended", "basic", "none"}) {
    EXPECT_TRUE(load({doubling()}, {.name = "tiny", .options = {{"optimization", level}}}));
  }
}

TEST_F(OnnxRuntimeRefusal, names_tensor_and_dimension_of_a_dynamic_shape) {
  const Error error = refusal({.inputs = {{"x", {"batch", "4"}}},
                               .outputs = {{"y", {"batch", "4"}}},
                               .nodes = {{"Relu", {"x"}, {"y"}}}});
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(), HasSubstr("0.onnx: tensor 'x' has dynamic dimension 0 ('batch')"));
  const Error zero = refusal({.inputs = {{"x", {"2", "0"}}},
                              .outputs = {{"y", {"2", "0"}}},
                              .nodes = {{"Relu", {"x"}, {"y"}}}});
  EXPECT_THAT(zero.message(), HasSubstr("'x' has dynamic dimension 1"));
}

TEST_F(OnnxRuntimeRefusal, of_an_element_type_and_of_what_is_no_tensor) {
  const Error type = refusal({.inputs = {{"x", {"4"}, kDouble}},
                              .outputs = {{"y", {"4"}, kDouble}},
                              .nodes = {{"Relu", {"x"}, {"y"}}}});
  EXPECT_EQ(type.code, ErrorCode::kUnsupported);
  EXPECT_THAT(type.message(), HasSubstr("'x': its element type is ONNX's 11"));
  const Error sequence = refusal({.inputs = {{"x", {"4"}}},
                                  .outputs = {{"s", {"4"}, kFloat, true}},
                                  .nodes = {{"SequenceConstruct", {"x"}, {"s"}}}});
  EXPECT_EQ(sequence.code, ErrorCode::kUnsupported);
  EXPECT_THAT(sequence.message(), HasSubstr("'s': it is a sequence"));
}

TEST_F(OnnxRuntimeRefusal, of_a_tensor_of_absurd_size_comes_before_its_memory) {
  const Error error = refusal({.inputs = {{"x", {"4611686018427387904", "16"}}},
                               .outputs = {{"y", {"4611686018427387904", "16"}}},
                               .nodes = {{"Relu", {"x"}, {"y"}}}});
  EXPECT_EQ(error.code, ErrorCode::kOutOfRange);
}

TEST_F(OnnxRuntimeRefusal, of_a_bad_file_names_it_in_one_line) {
  const std::string good = to_onnx(layered("x", "y", 2, 16, 1));
  TinyOnnx unknown = doubling();
  unknown.nodes[1].op = "FluxCapacitor";
  TinyOnnx cyclic = doubling();
  cyclic.nodes[0].inputs[0] = "y";
  const std::vector<std::pair<std::string, std::string>> files{
      {"empty.onnx", ""},
      {"truncated.onnx", good.substr(0, good.size() / 2)},
      {"garbage.onnx", std::string(4096, '\xa5')},
      {"text.onnx", "This is not a model.\n"},
      {"unknown_op.onnx", to_onnx(unknown)},
      {"cyclic.onnx", to_onnx(cyclic)}};
  for (const auto& [name, content] : files) {
    const std::string message = refusal_of_file(name, content).message();
    EXPECT_THAT(message, HasSubstr("cannot load model: "));
    EXPECT_THAT(message, HasSubstr(name));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_EQ(refusal_of_file("truncated.onnx", files[1].second).code, ErrorCode::kCorrupt);
}

TEST_F(OnnxRuntimeRefusal, of_what_is_no_file) {
  const Error absent =
      backend_->load({.name = "tiny", .parts = {folder_.path() / "no.onnx"}}).error();
  EXPECT_EQ(absent.code, ErrorCode::kNotFound);
  EXPECT_THAT(absent.message(), EndsWith("no.onnx: No such file or directory"));
  const Error folder = backend_->load({.name = "tiny", .parts = {folder_.path()}}).error();
  EXPECT_THAT(folder.message(), HasSubstr("not a regular file"));
  EXPECT_EQ(backend_->load({.name = "tiny"}).error().message(), "model has no parts");
}

// A hundred random corruptions of a good file: each is refused or loads, and nothing else happens.
TEST_F(OnnxRuntimeRefusal, survives_random_corruption) {
  const std::string good = to_onnx(layered("x", "y", 2, 8, 1));
  std::mt19937 random(1);
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string bad = good;
    for (int i = 0; i < 3; ++i) bad[random() % bad.size()] = static_cast<char>(random());
    const auto model = backend_->load({.name = "tiny", .parts = {folder_.write("bad.onnx", bad)}});
    if (!model) {
      EXPECT_THAT(model.error().message(), HasSubstr("bad.onnx")) << attempt;
    }
  }
}

TEST_F(OnnxRuntimeRefusal, of_a_budget_gives_needed_and_allowed) {
  const auto before =
      load({layered("x", "y", 2, 64, 1)}, {.name = "tiny", .budget = {.memory_bytes = 10'000}});
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(before.error().message(), HasSubstr("budget.memory allows 10000"));
}

TEST_F(OnnxRuntimeRefusal, of_a_budget_that_holds_the_file_but_not_what_loading_takes) {
  const auto model = load({doubling()});
  ASSERT_TRUE(model);
  const std::size_t held = (*model)->describe().memory.total();
  const std::size_t file = std::filesystem::file_size(folder_.path() / "0.onnx");
  if (held <= file + 1000) GTEST_SKIP() << "this allocator reports nothing";
  const auto refused = load({doubling()}, {.name = "tiny", .budget = {.memory_bytes = file + 1}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
}

TEST_F(OnnxRuntimeRefusal, of_an_option_names_those_there_are) {
  const auto unknown = load({doubling()}, {.name = "tiny", .options = {{"speed", "11"}}});
  EXPECT_EQ(unknown.error().message(), "unknown option: 'speed'; known: optimization");
  const auto level = load({doubling()}, {.name = "tiny", .options = {{"optimization", "most"}}});
  EXPECT_EQ(level.error().message(), "optimization is all, extended, basic or none: most");
}

TEST_F(OnnxRuntimeRefusal, of_parts_in_the_wrong_order) {
  const auto model = load({layered("cut", "y", 1, 16, 2), layered("x", "cut", 1, 16, 1)});
  EXPECT_THAT(model.error().message(), HasSubstr("a part reads what only a later one produces"));
}

}  // namespace
}  // namespace aegis::context
