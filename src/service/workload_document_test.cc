// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/service/task_csv.h"
#include "aegis/service/workload.h"

namespace aegis::service {
namespace {

using namespace time_literals;

struct Block {
  int line;  // of its first line of content
  std::string content;
};

// The ```language blocks of docs/WORKLOAD.md.
std::vector<Block> blocks_of(const std::string& language) {
  std::ifstream document(std::string(AEGIS_SOURCE_DIR) + "/docs/WORKLOAD.md");
  std::vector<Block> blocks;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(document, line);) {
    ++number;
    if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back().content += line + "\n";
    } else if (line == "```" + language) {
      inside = true;
      blocks.push_back({number + 1, ""});
    }
  }
  return blocks;
}

std::string text_of_document() {
  std::ifstream document(std::string(AEGIS_SOURCE_DIR) + "/docs/WORKLOAD.md");
  std::ostringstream text;
  text << document.rdbuf();
  return text.str();
}

TEST(WorkloadDocument, shows_only_workloads_that_are_accepted) {
  const std::vector<Block> blocks = blocks_of("toml");
  ASSERT_GE(blocks.size(), 3U);
  for (const Block& block : blocks) {
    const auto workload = parse_workload(block.content, "WORKLOAD.md");
    EXPECT_TRUE(workload) << "block at line " << block.line << ": "
                          << (workload ? "" : workload.error().message());
  }
}

TEST(WorkloadDocument, shows_the_running_example_as_it_is_everywhere) {
  const auto workload = parse_workload(blocks_of("toml").back().content, "WORKLOAD.md");
  ASSERT_TRUE(workload);
  ASSERT_EQ(workload->models.size(), 3U);
  const ModelSpec& c = workload->models[2];
  EXPECT_EQ(c.period, 200_ms);
  EXPECT_EQ(c.deadline, 100_ms);
  EXPECT_EQ(c.wcet, (std::vector<Duration>{10_ms, 10_ms, 10_ms}));
}

TEST(WorkloadDocument, shows_a_task_csv_that_is_accepted) {
  for (const Block& block : blocks_of("csv")) {
    const auto tasks = parse_task_csv(block.content, "WORKLOAD.md", 1_ms);
    ASSERT_TRUE(tasks) << tasks.error().message();
    EXPECT_EQ(tasks->size(), 3U);
  }
}

// An unknown key is answered with every known one: each must stand in the document's tables.
void expect_documented(const std::string& text) {
  const auto workload = parse_workload(text, "w.toml");
  ASSERT_FALSE(workload);
  const std::string& problem = workload.error().problem;
  const std::string lead = "unknown key; known here: ";
  ASSERT_TRUE(problem.starts_with(lead)) << problem;
  const std::string document = text_of_document();
  std::istringstream keys(problem.substr(lead.size()));
  for (std::string key; std::getline(keys >> std::ws, key, ',');) {
    const bool named = document.find("`" + key + "`") != std::string::npos ||
                       document.find("." + key + "`") != std::string::npos ||
                       document.find("[" + key + "]") != std::string::npos ||
                       document.find("." + key + "]") != std::string::npos ||
                       document.find("." + key + ".NAME]") != std::string::npos;
    EXPECT_TRUE(named) << key << " is read and not documented";
  }
}

TEST(WorkloadDocument, names_every_key_that_is_read) {
  const std::string model = "[[model]]\nname = \"a\"\npath = \"a.onnx\"\nperiod = \"9ms\"\n";
  expect_documented("schema = 1\nqqqqqqqqqqqqqqqq = 1\n" + model);
  expect_documented("schema = 1\nmachine = { qqqqqqqqqqqqqqqq = 1 }\n" + model);
  expect_documented("schema = 1\n[machine.overheads]\nqqqqqqqqqqqqqqqq = 1\n" + model);
  expect_documented("schema = 1\n[[machine.lane]]\nqqqqqqqqqqqqqqqq = 1\n" + model);
  expect_documented("schema = 1\n" + model + "qqqqqqqqqqqqqqqq = 1\n");
  expect_documented("schema = 1\n" + model + "budget = { qqqqqqqqqqqqqqqq = 1 }\n");
}

}  // namespace
}  // namespace aegis::service
