// SPDX-License-Identifier: Apache-2.0
//
// Every line of LoadedModel's contract against every backend of this build.
#include <gtest/gtest.h>

#include "conformance/contract.h"

namespace aegis::context::conformance {
namespace {

struct Case {
  Subject subject;
  Line line;
};

void PrintTo(const Case& shown, std::ostream* out) {
  *out << shown.subject.name;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Subject& subject : subjects().present) {
    for (const Line& line : contract()) cases.push_back({subject, line});
  }
  return cases;
}

class Conformance : public testing::TestWithParam<Case> {};

TEST_P(Conformance, holds) {
  const auto& [subject, line] = GetParam();
  const std::string violation = line.violation(subject);
  const auto gap = subject.known_gaps.find(line.name);
  if (gap == subject.known_gaps.end()) {
    EXPECT_EQ(violation, "");
  } else if (violation.empty()) {
    ADD_FAILURE() << "a known gap is closed; take it off the list: " << gap->second;
  } else {
    GTEST_SKIP() << "known gap: " << gap->second << " (" << violation << ")";
  }
}

INSTANTIATE_TEST_SUITE_P(contract, Conformance, testing::ValuesIn(all_cases()),
                         [](const testing::TestParamInfo<Case>& shown) {
                           return shown.param.subject.name + "_" + shown.param.line.name;
                         });

TEST(ConformanceSuite, names_only_lines_that_exist_as_gaps) {
  for (const Subject& subject : subjects().present) {
    for (const auto& [name, reason] : subject.known_gaps) {
      const auto& lines = contract();
      EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [&](const Line& line) {
        return line.name == name;
      })) << name;
      EXPECT_NE(reason, "") << name;
    }
  }
}

TEST(ConformanceSuite, covers_onnxruntime) {
  const auto absent = subjects().absent;
  if (absent.contains("onnxruntime")) GTEST_SKIP() << absent.at("onnxruntime");
}

// The suite must be able to fail: a backend that breaks line 6, and a stale gap, are caught.
TEST(ConformanceSuite, catches_a_model_that_ignores_its_inputs) {
  class Deaf final : public LoadedModel {
   public:
    explicit Deaf(std::unique_ptr<LoadedModel> model) : model_(std::move(model)) {}
    [[nodiscard]] const ModelDescription& describe() const noexcept override {
      return model_->describe();
    }
    [[nodiscard]] Status bind(const Binding& /*binding*/) override { return ok(); }
    [[nodiscard]] Status start_segment(std::uint32_t /*segment*/) noexcept override { return ok(); }
    [[nodiscard]] Result<Progress> poll() noexcept override { return Progress::kDone; }
    void cancel() noexcept override {}

   private:
    std::unique_ptr<LoadedModel> model_;
  };
  Subject deaf = subjects().present.front();
  const Subject::MakeModel inner = deaf.ordinary;
  deaf.ordinary = deaf.endless = [inner]() -> Result<std::unique_ptr<LoadedModel>> {
    return std::unique_ptr<LoadedModel>(std::make_unique<Deaf>(std::move(*inner())));
  };
  std::size_t violations = 0;
  for (const Line& line : contract()) violations += line.violation(deaf).empty() ? 0U : 1U;
  EXPECT_EQ(violations,
            9U);  // all but those that only ask for jobs that end, and line 5's own model
}

// A model that believes the arena to be its own: it puts what it finds there into its output.
TEST(ConformanceSuite, catches_a_model_that_keeps_something_in_the_arena) {
  class Hoarder final : public LoadedModel {
   public:
    explicit Hoarder(std::unique_ptr<LoadedModel> model) : model_(std::move(model)) {}
    [[nodiscard]] const ModelDescription& describe() const noexcept override {
      return model_->describe();
    }
    [[nodiscard]] Status bind(const Binding& binding) override {
      binding_ = binding;
      return model_->bind(binding);
    }
    [[nodiscard]] Status start_segment(std::uint32_t segment) noexcept override {
      if (!binding_.arena.empty()) found_ = binding_.arena.front();
      return model_->start_segment(segment);
    }
    [[nodiscard]] Result<Progress> poll() noexcept override {
      const Result<Progress> progress = model_->poll();
      if (!binding_.outputs.empty()) binding_.outputs[0].front() = found_;
      return progress;
    }
    void cancel() noexcept override { model_->cancel(); }

   private:
    std::unique_ptr<LoadedModel> model_;
    Binding binding_;
    std::byte found_{};
  };
  Subject hoarder = subjects().present.front();
  const Subject::MakeModel inner = hoarder.ordinary;
  hoarder.ordinary = [inner]() -> Result<std::unique_ptr<LoadedModel>> {
    return std::unique_ptr<LoadedModel>(std::make_unique<Hoarder>(std::move(*inner())));
  };
  std::vector<std::string> violated;
  for (const Line& line : contract()) {
    if (!line.violation(hoarder).empty()) violated.push_back(line.name);
  }
  EXPECT_EQ(violated, std::vector<std::string>{"line_9_the_arena_holds_nothing_between_segments"});
}

}  // namespace
}  // namespace aegis::context::conformance
