// SPDX-License-Identifier: Apache-2.0
#include "aegis/service/workload.h"

#include <set>

#include <gtest/gtest.h>

#include "golden_cases.h"
#include "mutation.h"

namespace aegis::service {
namespace {

using namespace time_literals;
using theory::policy::Policy;

constexpr const char* kMinimal =
    "schema = 1\n[[model]]\nname = \"a\"\npath = \"a.onnx\"\nperiod = \"20ms\"\n";

// Every key once.
constexpr const char* kEverything = R"toml(schema = 1

[machine]
policy = "dm"
overheads = { release = "80us", dispatch = "40us", completion = "30us", clock_error = "2us" }
lost_supply = "500us"
real_time = false
fifo_priority = 70
spin = "200us"
co_runners = "lane"

[[machine.lane]]
name = "left"
device = "cpu"
cpu = 2

[[machine.lane]]
name = "right"

[machine.backend.onnxruntime]
library = "/opt/ort/libonnxruntime.so"
verbose = true

[[model]]
name = "detector"
parts = ["models/detector_0.onnx", "../other/detector_1.onnx"]
period = "100ms"
deadline = "50ms"
jitter = "2ms"
offset = "5ms"
priority = -3
overload = "queue(4)"
wcet = ["12ms", "8.5ms"]
bcet = ["0ms", "4ms"]
batch = 2
lane = "right"
budget = { memory = "64MiB", streams = 2, compute = "22ms" }
options = { threads = 1, scale = 0.5, exact = true, mode = "fast" }

[[model]]
name = "probe"
backend = "mock"
period = "1s"
periodic = false
wcet = "3ms"
)toml";

Workload parsed(const std::string& text, const std::filesystem::path& file = "w.toml") {
  const Parsed<Workload> workload = parse_workload(text, file);
  EXPECT_TRUE(workload) << (workload ? "" : workload.error().message());
  return workload ? *workload : Workload{};
}

std::string refusal(std::string_view text) {
  const Parsed<Workload> workload = parse_workload(text, "w.toml");
  return workload ? "accepted" : workload.error().message();
}

TEST(Workload, of_the_fewest_keys_takes_the_documented_defaults) {
  const Workload workload = parsed(kMinimal);
  EXPECT_EQ(workload.machine.policy, Policy::kEdf);
  EXPECT_EQ(workload.machine.overheads.release, 100_us);
  EXPECT_EQ(workload.machine.overheads.dispatch, 50_us);
  EXPECT_EQ(workload.machine.overheads.completion, 50_us);
  EXPECT_EQ(workload.machine.overheads.clock_error, 1_us);
  EXPECT_EQ(workload.machine.lost_supply, 1_ms);
  EXPECT_TRUE(workload.machine.real_time);
  EXPECT_EQ(workload.machine.fifo_priority, 80);
  EXPECT_EQ(workload.machine.spin, 60_us);
  EXPECT_EQ(workload.machine.co_runners, scheduler::CoRunners::kAny);
  EXPECT_TRUE(workload.machine.lanes.empty());
  ASSERT_EQ(workload.models.size(), 1U);
  const ModelSpec& model = workload.models[0];
  EXPECT_EQ(model.backend, "onnxruntime");
  EXPECT_EQ(model.deadline, 20_ms) << "the period";
  EXPECT_EQ(model.jitter, Duration::zero());
  EXPECT_EQ(model.offset, std::nullopt);
  EXPECT_EQ(model.overload.rule, theory::OverloadRule::kSkip);
  EXPECT_TRUE(model.wcet.empty());
  EXPECT_TRUE(model.periodic);
  EXPECT_EQ(model.batch, 1U);
  EXPECT_EQ(model.budget.memory_bytes, std::nullopt);
  EXPECT_EQ(model.line, 2);
}

TEST(Workload, machine_section_is_read_key_by_key) {
  const MachineSpec machine = parsed(kEverything).machine;
  EXPECT_EQ(machine.policy, Policy::kDeadlineMonotonic);
  EXPECT_EQ(machine.overheads.release, 80_us);
  EXPECT_EQ(machine.overheads.dispatch, 40_us);
  EXPECT_EQ(machine.overheads.completion, 30_us);
  EXPECT_EQ(machine.overheads.clock_error, 2_us);
  EXPECT_EQ(machine.lost_supply, 500_us);
  EXPECT_FALSE(machine.real_time);
  EXPECT_EQ(machine.fifo_priority, 70);
  EXPECT_EQ(machine.spin, 200_us);
  EXPECT_EQ(machine.co_runners, scheduler::CoRunners::kLane);
  ASSERT_EQ(machine.lanes.size(), 2U);
  EXPECT_EQ(machine.lanes[0].name, "left");
  EXPECT_EQ(machine.lanes[0].cpu, 2);
  EXPECT_EQ(machine.lanes[0].line, 12);
  EXPECT_EQ(machine.lanes[1].cpu, std::nullopt);
  EXPECT_EQ(machine.lanes[1].device, "cpu");
  EXPECT_EQ(machine.backends.at("onnxruntime").at("library"), "/opt/ort/libonnxruntime.so");
  EXPECT_EQ(machine.backends.at("onnxruntime").at("verbose"), "true");
}

TEST(Workload, model_section_is_read_key_by_key) {
  const Workload workload = parsed(kEverything, "/jobs/today/w.toml");
  ASSERT_EQ(workload.models.size(), 2U);
  const ModelSpec& model = workload.models[0];
  EXPECT_EQ(model.name, "detector");
  EXPECT_EQ(model.period, 100_ms);
  EXPECT_EQ(model.deadline, 50_ms);
  EXPECT_EQ(model.jitter, 2_ms);
  EXPECT_EQ(model.offset, 5_ms);
  EXPECT_EQ(model.priority, -3);
  EXPECT_EQ(model.overload.rule, theory::OverloadRule::kQueue);
  EXPECT_EQ(model.overload.queue_depth, 4U);
  EXPECT_EQ(model.wcet, (std::vector<Duration>{12_ms, 8'500_us}));
  EXPECT_EQ(model.bcet, (std::vector<Duration>{0_ms, 4_ms}));
  EXPECT_EQ(model.batch, 2U);
  EXPECT_EQ(model.lane, "right");
  EXPECT_EQ(model.budget.memory_bytes, 64U << 20);
  EXPECT_EQ(model.budget.streams, 2U);
  EXPECT_EQ(model.budget.compute, 22_ms);
  EXPECT_EQ(model.options,
            (std::map<std::string, std::string>{
                {"threads", "1"}, {"scale", "0.5"}, {"exact", "true"}, {"mode", "fast"}}));
  EXPECT_FALSE(workload.models[1].periodic);
  EXPECT_TRUE(workload.models[1].parts.empty()) << "the mock backend executes no file";
}

TEST(Workload, resolves_paths_against_its_own_folder) {
  const Workload workload = parsed(kEverything, "/jobs/today/w.toml");
  const std::vector<std::filesystem::path> expected{"/jobs/today/models/detector_0.onnx",
                                                    "/jobs/other/detector_1.onnx"};
  EXPECT_EQ(workload.models[0].parts, expected);
  EXPECT_EQ(parsed(kMinimal, "w.toml").models[0].parts[0], "a.onnx");
  EXPECT_EQ(parsed(kMinimal, "x/w.toml").models[0].parts[0], "x/a.onnx");
}

TEST(Workload, takes_sub_tables_as_headers_or_inline) {
  const Workload workload =
      parsed(std::string("schema = 1\n[machine.overheads]\nrelease = \"7us\"\n") + (kMinimal + 11) +
             "[model.budget]\nmemory = \"1kB\"\n");
  EXPECT_EQ(workload.machine.overheads.release, 7_us);
  EXPECT_EQ(workload.machine.overheads.dispatch, 50_us) << "the others keep their defaults";
  EXPECT_EQ(workload.models[0].budget.memory_bytes, 1000U);
}

TEST(Workload, names_policies_as_the_command_line_does) {
  const std::vector<std::pair<const char*, Policy>> names{{"edf", Policy::kEdf},
                                                          {"np_edf", Policy::kEdf},
                                                          {"rm", Policy::kRateMonotonic},
                                                          {"dm", Policy::kDeadlineMonotonic},
                                                          {"static", Policy::kStaticPriority},
                                                          {"fifo", Policy::kFifo}};
  for (const auto& [name, policy] : names) {
    const std::string text = std::string("machine.policy = \"") + name + "\"\n" + kMinimal;
    EXPECT_EQ(parsed(text).machine.policy, policy) << name;
  }
}

TEST(Workload, accepts_a_byte_order_mark_and_windows_line_ends) {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : std::string_view(kMinimal)) text += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(parsed(text).models.size(), 1U);
}

TEST(Workload, leaves_what_cannot_be_scheduled_to_the_proof) {
  // A deadline below the WCET is a refusal with a witness, not a mistake in the file.
  const std::string text = std::string(kMinimal) + "deadline = \"1ms\"\nwcet = \"5ms\"\n";
  EXPECT_EQ(parsed(text).models[0].deadline, 1_ms);
}

TEST(WorkloadRefusal, names_file_line_and_key_of_every_mistake) {
  const auto cases = test::read_golden_cases("malformed_workloads.txt");
  EXPECT_GE(cases.size(), 100U);
  for (const auto& [input, message] : cases) {
    EXPECT_PRED2(test::says, refusal(input), message) << input;
  }
}

TEST(WorkloadRefusal, covers_bytes_that_no_text_file_holds) {
  EXPECT_EQ(refusal("schema = 1\n# \xFF\n"), "w.toml:2: not valid UTF-8");
  EXPECT_EQ(refusal(std::string_view("schema = 1\n# \0\n", 15)), "w.toml:2: contains a NUL byte");
}

TEST(WorkloadRefusal, bounds_what_a_hostile_file_can_nest) {
  const auto dotted = [](int depth) {
    std::string key = "a";
    for (int i = 0; i < depth; ++i) key += ".a";
    return key;
  };
  EXPECT_EQ(refusal("schema = 1\n" + dotted(257) + " = 1\n"),
            "w.toml:2: more than 256 dots on one line; break it");
  EXPECT_EQ(refusal("schema = 1\n" + dotted(256) + " = 1\n"), "w.toml:2: nested too deep");
  // The deepest tree that the limits let through: every level of nesting with a key as deep as a
  // line may hold.
  std::string deepest = "schema = 1\n[" + dotted(256) + "]\n";
  for (int level = 0; level < 3; ++level) deepest += dotted(256) + " = [\n{ ";
  deepest += "b = 1";
  for (int level = 0; level < 3; ++level) deepest += " }\n]";
  EXPECT_EQ(refusal(deepest + "\n"), "w.toml:2: nested too deep");
  std::string endless = "schema = 1\nx = ";
  EXPECT_TRUE(refusal(endless + std::string(100'000, '[')).starts_with("w.toml:2: "));
}

TEST(WorkloadRefusal, survives_what_the_toml_library_takes_for_impossible) {
  EXPECT_EQ(refusal("schema = 1\n\nx = [ }\n\n# more\n"), "w.toml:3: not valid TOML");
  // A letter outside ASCII where a key or white space may stand.
  for (const char* text : {"schema = 1\nx = \u00E9\n", "schema = 1\na.\u049E = 1\n",
                           "schema = 1\n\u00A7 = 1\n", "schema = 1\nx = 1 \u0394\n"}) {
    EXPECT_TRUE(refusal(text).starts_with("w.toml:2: ")) << refusal(text);
  }
}

TEST(Workload, reads_letters_outside_ascii_where_toml_has_them) {
  // The library's issue 190: one that begins a line after a backslash.
  const std::string text = std::string(kMinimal) + "options = { a = \"\"\"\\\n\u00A7\"\"\" }\n";
  EXPECT_EQ(parsed(text).models[0].options.at("a"), "\u00A7");
}

TEST(WorkloadRefusal, bounds_size_and_number) {
  EXPECT_EQ(refusal(std::string((1U << 20) + 1, '#')), "w.toml: larger than 1 MiB");
  std::string many = "schema = 1\n";
  for (int i = 0; i < 257; ++i) {
    many +=
        "[[model]]\nname = \"m" + std::to_string(i) + "\"\nbackend = \"mock\"\nperiod = \"1s\"\n";
  }
  EXPECT_EQ(refusal(many), "w.toml:1026: model[257]: more than 256 models");
}

TEST(WorkloadRefusal, tells_the_first_problem_in_the_file_first) {
  const std::string text = "schema = 1\n[machine]\nspin = 5\n[[model]]\nname = \"?\"\nperiod = 0\n";
  EXPECT_EQ(refusal(text).substr(0, 24), "w.toml:3: machine.spin: ");
}

TEST(WorkloadRefusal, names_a_file_that_cannot_be_read) {
  const auto missing = load_workload("/nonexistent/w.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(),
            "/nonexistent/w.toml: cannot read: No such file or directory");
  EXPECT_FALSE(load_workload("/"));
}

// Whatever is done to a good file, the answer is a workload or one line.
class WorkloadFuzz : public testing::TestWithParam<std::uint64_t> {};

TEST_P(WorkloadFuzz, every_damaged_file_is_parsed_or_refused_in_one_line) {
  test::Mutator mutator(GetParam(), {"=",
                                     "[",
                                     "]",
                                     "[[",
                                     "]]",
                                     "{",
                                     "}",
                                     ".",
                                     ",",
                                     "\"",
                                     "\"\"\"",
                                     "'''",
                                     "\n",
                                     "\r\n",
                                     "#",
                                     "-1",
                                     "0",
                                     "1e999",
                                     "nan",
                                     "9223372036854775808",
                                     "\"0ms\"",
                                     "1979-05-27T07:32:00Z",
                                     "[[model]]\n",
                                     "[machine]\n",
                                     "a.b.c = 1\n",
                                     "\\u0000",
                                     "\\UFFFFFFFF",
                                     "\xC3",
                                     "\xEF\xBB\xBF",
                                     "queue(4)",
                                     "true"});
  std::set<std::string> refusals;
  for (int i = 0; i < 2'500; ++i) {
    const std::string text = mutator.mutated(kEverything);
    const Parsed<Workload> workload = parse_workload(text, "w.toml");
    if (workload) continue;
    const std::string message = workload.error().message();
    refusals.insert(message);
    ASSERT_EQ(message.find_first_of("\n\r"), std::string::npos) << message << "\n" << text;
    ASSERT_TRUE(message.starts_with("w.toml:")) << message;
  }
  EXPECT_GT(refusals.size(), 200U) << "the mutations reach many different checks";
}

INSTANTIATE_TEST_SUITE_P(Seeds, WorkloadFuzz, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace aegis::service
