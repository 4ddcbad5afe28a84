// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "aegis/context/backend_registry.h"

#include "conformance/subject.h"
#include "testing/tiny_onnx.h"

namespace aegis::context::conformance {

namespace {

// `folder` has the request's files, for as long as models are made from them.
Subject::MakeModel maker(const std::string& backend, const LoadRequest& request,
                         const std::shared_ptr<const ModelFolder>& folder = nullptr) {
  return [backend, request, folder]() -> Result<std::unique_ptr<LoadedModel>> {
    const BackendRegistry backends = builtin_backends();
    const Result<std::unique_ptr<RuntimeBackend>> runtime = backends.create(backend);
    if (!runtime) return fail(runtime.error());
    return (*runtime)->load(request);
  };
}

Subject mock(const std::string& name, const std::string& polls) {
  const auto with = [&](const char* key, const char* value) {
    return maker("mock", {.name = "mock",
                          .parts = {},
                          .budget = {},
                          .options = {{"segments", "2us,3us"},
                                      {"polls", polls},
                                      {"activation_bytes", "300"},
                                      {key, value}}});
  };
  return {.name = name,
          .executes_in_start = polls == "0",
          .ordinary = with("seed", "1"),
          .endless = with("faults", "hang at poll of segment 0"),
          .doomed = with("faults", "fatal at poll of segment 1 of job 0"),
          .known_gaps = {}};
}

Subject onnxruntime(const std::string& name, const std::vector<TinyOnnx>& parts) {
  const auto folder = std::make_shared<const ModelFolder>();
  LoadRequest ordinary{.name = name, .parts = {}, .budget = {}, .options = {}};
  for (const TinyOnnx& part : parts) {
    ordinary.parts.push_back(folder->write(std::to_string(ordinary.parts.size()) + ".onnx", part));
  }
  // 200 layers of 96 x 96: some 10 ms, with 600 kernels between which a cancel is noticed.
  LoadRequest endless = ordinary;
  endless.parts = {folder->write("long.onnx", layered("x", "y", 200, 96, 3, 96))};
  return {.name = name,
          .executes_in_start = true,
          .ordinary = maker("onnxruntime", ordinary, folder),
          .endless = maker("onnxruntime", endless, folder),
          .doomed = {},
          .known_gaps = {{"line_5_a_fatal_error_closes_the_model",
                          "on the CPU, ONNX Runtime has no error after which it is unusable; the "
                          "line is kept by SegmentOrder, which the mock shows"}}};
}

}  // namespace

Subjects subjects() {
  Subjects subjects;
  subjects.present = {mock("mock_synchronous", "0"), mock("mock_asynchronous", "3")};
  if (const auto runtime = builtin_backends().create("onnxruntime"); !runtime) {
    subjects.absent["onnxruntime"] = runtime.error().message();
    return subjects;
  }
  subjects.present.push_back(onnxruntime("onnxruntime_one_part", {layered("x", "y", 3, 16, 1)}));
  subjects.present.push_back(onnxruntime(
      "onnxruntime_two_parts", {layered("x", "cut", 2, 16, 1), layered("cut", "y", 2, 16, 2)}));
  return subjects;
}

}  // namespace aegis::context::conformance
