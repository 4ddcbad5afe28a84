// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/certificate_file.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aegis/base/atomic_file.h"
#include "aegis/service/task_csv.h"
#include "aegis/theory/certificate_checker.h"

namespace aegis::service {
namespace {

using namespace time_literals;
using nlohmann::json;
using testing::HasSubstr;
using theory::AnalysisOptions;
using theory::Certificate;
using theory::policy::Policy;

theory::TaskSet running_example() {
  return *parse_task_csv(
      "Task,T,D,WCET,Jitter,Segments\nA,100,50,20,1,\nB,80,40,15,0,\n"
      "C,200,100,30,0,10+10+10\n",
      "tasks.csv", 1_ms);
}

AnalysisOptions options_of(Policy policy) {
  return {.policy = policy,
          .blocking = theory::Blocking::closed().with_best_effort(1_ms),
          .overheads = {1_us, 2_us, 3_us, 4_us},
          .supply = {50_us, 10_ms}};
}

Certificate certified(Policy policy) {
  const auto tasks = running_example();
  const AnalysisOptions options = options_of(policy);
  return *theory::certify(tasks, options, theory::analyse(tasks, options));
}

class CertificateFile : public testing::TestWithParam<Policy> {
 protected:
  std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) /
      ("aegis_certificate_" + std::to_string(static_cast<int>(GetParam())) + ".json");
  void TearDown() override { std::filesystem::remove(path_); }
};

TEST_P(CertificateFile, is_believed_after_a_way_through_a_file) {
  const Certificate written = certified(GetParam());
  ASSERT_TRUE(save_certificate(path_, written));
  const auto read = load_certificate(path_);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_TRUE(theory::check_certificate(running_example(), *read));
  EXPECT_EQ(read->fingerprint, written.fingerprint);
  EXPECT_EQ(read->theorem, written.theorem);
  EXPECT_EQ(read->options.supply, written.options.supply);
  EXPECT_EQ(read->tasks[2].slack, written.tasks[2].slack);
  EXPECT_EQ(read->proof.tasks[0].response.steps, written.proof.tasks[0].response.steps);
}

INSTANTIATE_TEST_SUITE_P(Policies, CertificateFile,
                         testing::Values(Policy::kEdf, Policy::kDeadlineMonotonic),
                         [](const auto& policy) { return std::string(to_string(policy.param)); });

std::string problem_of(const json& document) {
  const auto read = parse_certificate(document.dump(), "c.json");
  return read ? "" : read.error().message();
}

TEST(CertificateText, names_the_member_that_is_wrong) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / "aegis_certificate_members.json";
  ASSERT_TRUE(save_certificate(path, certified(Policy::kDeadlineMonotonic)));
  const json good = json::parse(*read_file(path, 1 << 20));
  std::filesystem::remove(path);
  EXPECT_EQ(problem_of(good), "");
  const auto with = [&](const char* pointer, json value) {
    json changed = good;
    changed[json::json_pointer(pointer)] = std::move(value);
    return problem_of(changed);
  };
  EXPECT_EQ(with("/schema", 2), "c.json: schema: 2 is not what this program reads (1)");
  EXPECT_THAT(with("/fingerprint", "12"), HasSubstr("fingerprint: expected 16 hexadecimal"));
  EXPECT_THAT(with("/assumptions", {1}), HasSubstr("assumptions: expected a list"));
  EXPECT_THAT(with("/options/policy", "magic"), HasSubstr("options.policy: expected edf"));
  EXPECT_THAT(with("/options/supply_lost_ns", -1), HasSubstr("options.supply_lost_ns"));
  EXPECT_THAT(with("/options/knob", 1), HasSubstr("options.knob: unknown member"));
  EXPECT_THAT(with("/tasks", json::array()), HasSubstr("tasks: expected a list of 1"));
  EXPECT_THAT(with("/tasks/0/slack_ns", 1.5), HasSubstr("tasks[0].slack_ns"));
  EXPECT_THAT(with("/tasks/0/response/extent", "long"), HasSubstr("tasks[0].response.extent"));
  EXPECT_THAT(with("/tasks/0/response/steps", 3), HasSubstr("tasks[0].response.steps"));
  EXPECT_THAT(with("/tasks/0/response/steps/0", json::array({1, 2})), HasSubstr("rows of 3"));
  EXPECT_THAT(with("/tasks/0/response/steps/0/0", 18'446'744'073'709'551'615U),
              HasSubstr("rows of 3"));
  EXPECT_THAT(with("/demand", 7), HasSubstr("demand.extent"));
  EXPECT_THAT(problem_of(json::array()), HasSubstr("not a certificate"));
  json without = good;
  without.erase("demand");
  EXPECT_THAT(problem_of(without), HasSubstr("demand: expected it to be there"));
}

}  // namespace
}  // namespace aegis::service
