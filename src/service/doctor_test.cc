// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/doctor.h"

#include <algorithm>
#include <random>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "good_machine.h"

namespace aegis::service {
namespace {

using enum FindingStatus;
using executor::ThreadGrant;
using executor::ThreadRequest;
using testing::IsEmpty;
using testing::Not;

TEST_F(DoctorTest, a_good_machine_is_ready) {
  const DoctorReport report = examine();
  EXPECT_EQ(report.exit_code(), ExitCode::kYes);
  EXPECT_EQ(report.lane_cpus, std::vector{3});
  EXPECT_EQ(report.fifo_priority, 80);
  EXPECT_EQ(report.kernel, "6.12.9-rt");
  for (const Finding& finding : report.findings) {
    EXPECT_EQ(finding.status, finding.id == "gpu" ? kNotApplicable : kOk)
        << finding.id << ": " << finding.found;
    EXPECT_THAT(finding.mend, IsEmpty()) << finding.id;
  }
  EXPECT_THAT(to_text(report),
              testing::StartsWith("READY: nothing essential is lacking; 19 are in order.\n"));
}

TEST_F(DoctorTest, every_finding_that_is_not_sound_tells_why_and_what_happens_without) {
  std::set<std::string> ids;
  for (const Finding& finding : examine().findings) {
    EXPECT_TRUE(ids.insert(finding.id).second) << finding.id;
    if (finding.id == "gpu") continue;  // never asks for a mend
    EXPECT_THAT(finding.why, Not(IsEmpty())) << finding.id;
    EXPECT_THAT(finding.without, Not(IsEmpty())) << finding.id;
  }
}

TEST_F(DoctorTest, the_priority_and_cpu_asked_for_are_the_workloads) {
  write("w.toml",
        "schema = 1\n[machine]\nfifo_priority = 42\n[[machine.lane]]\nname = \"a\"\ncpu = 1\n"
        "[[machine.lane]]\nname = \"b\"\ncpu = 2\n[[model]]\nname = \"m\"\nbackend = \"mock\"\n"
        "period = \"10ms\"\nwcet = \"1ms\"\n");
  request_.workload = root_ / "w.toml";
  std::set<int> priorities;
  std::set<int> cpus;
  request_.ask_thread = [&](const ThreadRequest& asked) -> Result<ThreadGrant> {
    if (asked.fifo_priority) priorities.insert(*asked.fifo_priority);
    if (asked.cpu) cpus.insert(*asked.cpu);
    return ThreadGrant{.real_time = true, .pinned = true, .note = ""};
  };
  ASSERT_TRUE(request_.backends.add(stand_in_for("mock")));
  const DoctorReport report = examine();
  EXPECT_EQ(report.lane_cpus, (std::vector{1, 2}));
  EXPECT_THAT(priorities, testing::ElementsAre(42));
  EXPECT_THAT(cpus, testing::ElementsAre(1, 2));
  EXPECT_THAT(find("backends").found, testing::StartsWith("mock"));
  EXPECT_EQ(find("isolation").mend.at(0).command, "cpu = 3");
}

TEST_F(DoctorTest, a_workload_without_real_time_lacks_none) {
  write("w.toml",
        "schema = 1\n[machine]\nreal_time = false\n[[model]]\nname = \"m\"\nbackend = \"mock\"\n"
        "period = \"10ms\"\nwcet = \"1ms\"\n");
  request_.workload = root_ / "w.toml";
  ASSERT_TRUE(request_.backends.add(stand_in_for("mock")));
  forbid("refused");
  EXPECT_EQ(find("fifo").status, kNotApplicable);
  EXPECT_EQ(examine().exit_code(), ExitCode::kYes);
}

TEST_F(DoctorTest, an_unusable_workload_is_a_problem) {
  request_.workload = root_ / "absent.toml";
  const auto report = examine_machine(request_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ExitCode::kInput);
}

TEST_F(DoctorTest, without_any_file_what_is_not_seen_is_not_known) {
  remove("proc");
  remove("sys");
  remove("dev");
  const auto nowhere = examine_machine(request_);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ExitCode::kEnvironment);
  request_.lane_cpu = 1;
  const DoctorReport report = examine();
  EXPECT_EQ(report.exit_code(), ExitCode::kUndecided);
  EXPECT_THAT(to_text(report), testing::StartsWith("UNDECIDED: "));
  for (const char* id : {"memlock", "throttling", "fair-server", "isolation", "interrupts", "cpus",
                         "siblings", "clock", "swap", "preemption", "virtualisation"}) {
    EXPECT_EQ(find(id).status, kNotKnown) << id;
  }
}

// Whatever stands in the files: a report that is printable, of bounded width, and JSON.
void expect_presentable(const DoctorReport& report) {
  EXPECT_FALSE(nlohmann::json::parse(to_json(report), nullptr, false).is_discarded());
  for (const Finding& finding : report.findings) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    EXPECT_TRUE(std::ranges::none_of(finding.found, control)) << finding.id;
    EXPECT_LT(finding.found.size(), 1000U) << finding.id;
  }
}

TEST_F(DoctorTest, garbage_in_every_file_is_survived) {
  request_.lane_cpu = 3;
  std::mt19937 random(1);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 20; ++round) {
    for (const auto& [path, content] : kGoodMachine) {
      std::string text = content;
      for (char& c : text) {
        if (byte(random) < 8 * round) c = static_cast<char>(byte(random));
      }
      write(path, text);
    }
    expect_presentable(examine());
  }
}

TEST_F(DoctorTest, huge_lines_and_folders_in_place_of_files_are_survived) {
  request_.lane_cpu = 3;
  for (const auto& [path, content] : kGoodMachine) write(path, std::string(100'000, '('));
  expect_presentable(examine());
  for (const auto& [path, content] : kGoodMachine) {
    remove(path);
    std::filesystem::create_directories(root_ / path);
  }
  expect_presentable(examine());
}

TEST_F(DoctorTest, lines_stay_within_the_terminal) {
  forbid("SCHED_FIFO 80 refused: Operation not permitted (needs CAP_SYS_NICE or an rtprio limit)");
  request_.backends = {};
  for (const char* path : {"proc/self/status", "sys/devices/system/cpu/isolated"}) write(path, "");
  request_.lane_cpu = 3;
  std::istringstream lines(to_text(examine()));
  for (std::string line; std::getline(lines, line);) {
    const bool command = line.starts_with("    mend ") || line.starts_with("    or ");
    EXPECT_LE(line.size(), command ? 110U : 96U) << line;
  }
}

TEST_F(DoctorTest, json_says_what_the_text_says) {
  write("sys/devices/system/cpu/isolated", "\n");
  const DoctorReport report = examine();
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["verdict"], "ready");
  EXPECT_EQ(json["lane_cpus"], (std::vector{3}));
  EXPECT_EQ(json["findings"].size(), report.findings.size());
  EXPECT_EQ(json["counts"]["warning"], 2);  // isolation, and with it the fair server
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    EXPECT_EQ(json["findings"][i]["id"], report.findings[i].id);
    EXPECT_EQ(json["findings"][i]["status"], to_string(report.findings[i].status));
  }
}

}  // namespace
}  // namespace aegis::service
