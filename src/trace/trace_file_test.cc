// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/trace_file.h"

#include <cstring>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "aegis/base/atomic_file.h"
#include "aegis/trace/trace.h"

#include "block_format.h"
#include "temporary_path.h"

namespace aegis::trace {
namespace {

Event numbered(std::int64_t n, std::uint32_t task = 0) {
  return {.time_ns = n,
          .job = static_cast<std::uint64_t>(n),
          .task = task,
          .lane = 0,
          .type = EventType::kReleased,
          .payload = {n, n + 1, n + 2, n + 3, n + 4}};
}

void declare_run(Recorder& recorder) {
  recorder.declare(
      SessionDeclaration{.program = "aegisrt test", .real_time_note = "no permission"});
  recorder.declare(LaneDeclaration{.id = LaneId{0},
                                   .name = "lane0",
                                   .cpu = 1,
                                   .policy = "np_edf",
                                   .lost_supply = Duration::microseconds(500)});
  recorder.declare(TaskDeclaration{.id = TaskId{0},
                                   .lane = LaneId{0},
                                   .name = "detector",
                                   .period = Duration::milliseconds(100),
                                   .deadline = Duration::milliseconds(50),
                                   .priority = -3,
                                   .segment_wcets = {Duration::milliseconds(20)}});
  recorder.declare(DecisionDeclaration{.time_ns = 5,
                                       .task = TaskId{0},
                                       .kind = "admit",
                                       .outcome = "accepted",
                                       .rationale = "it fits"});
}

// A file of two threads and several flushed blocks.
std::string write_example(const std::filesystem::path& path, bool finished = true) {
  Recorder recorder;
  auto writer = TraceFileWriter::create(path);
  EXPECT_TRUE(writer) << writer.error().message();
  Writer lane = recorder.add_thread("lane0");
  Writer submitter = recorder.add_thread("submitter");
  declare_run(recorder);
  recorder.count_violation(Assumption::kWcet);
  for (std::int64_t pass = 0; pass < 3; ++pass) {
    for (std::int64_t i = 0; i < 4; ++i) {
      lane.record(numbered(pass * 100 + i * 10));
      submitter.record(numbered(pass * 100 + i * 10 + 5));
    }
    recorder.drain(**writer);
    EXPECT_TRUE((*writer)->flush());
  }
  if (finished) {
    EXPECT_TRUE((*writer)->finish(recorder));
  }
  writer->reset();
  return read_file(path, 1 << 20).value();
}

void put(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

TEST(TraceFile, gives_back_what_was_written) {
  const TemporaryPath path;
  write_example(path);
  const Result<Trace> trace = read_trace(path);
  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_EQ(trace->session.program, "aegisrt test");
  EXPECT_EQ(trace->session.real_time_note, "no permission");
  EXPECT_EQ(trace->lanes.at(LaneId{0}).policy, "np_edf");
  EXPECT_EQ(trace->lanes.at(LaneId{0}).cpu, 1);
  const TaskDeclaration& task = trace->tasks.at(TaskId{0});
  EXPECT_EQ(task.name, "detector");
  EXPECT_EQ(task.priority, -3);
  EXPECT_EQ(task.segment_wcets, std::vector<Duration>{Duration::milliseconds(20)});
  ASSERT_EQ(trace->decisions.size(), 1U);
  EXPECT_EQ(trace->decisions[0].rationale, "it fits");
  EXPECT_EQ(trace->threads, (std::vector<std::string>{"lane0", "submitter"}));
  EXPECT_FALSE(trace->truncated);
  ASSERT_TRUE(trace->footer);
  EXPECT_EQ(trace->footer->events, 24U);
  EXPECT_EQ(trace->footer->violations[static_cast<std::size_t>(Assumption::kWcet)], 1U);
  ASSERT_EQ(trace->events.size(), 24U);
  for (std::size_t i = 1; i < trace->events.size(); ++i) {
    EXPECT_LT(trace->events[i - 1].time_ns, trace->events[i].time_ns);
  }
}

TEST(TraceFile, a_killed_run_leaves_everything_up_to_its_last_flush) {
  const TemporaryPath path;
  write_example(path, /*finished=*/false);
  const Result<Trace> trace = read_trace(path);
  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_TRUE(trace->truncated);
  EXPECT_EQ(trace->events.size(), 24U);
}

// Wherever the file is cut, what stands before the cut in whole blocks is read, and nothing is an
// error but a file without a whole header.
TEST(TraceFile, cut_anywhere_it_opens_up_to_its_last_whole_block) {
  const TemporaryPath path;
  const std::string whole = write_example(path);
  std::size_t last_events = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Result<Trace> trace = read_trace(std::as_bytes(std::span(whole).first(size)));
    ASSERT_EQ(trace.has_value(), size >= 64) << size;
    if (!trace) continue;
    EXPECT_TRUE(trace->truncated) << size;
    EXPECT_GE(trace->events.size(), last_events) << size;
    last_events = trace->events.size();
  }
  EXPECT_EQ(last_events, 24U);
}

TEST(TraceFile, damage_in_the_middle_is_an_error_that_names_the_offset) {
  const TemporaryPath path;
  const std::string whole = write_example(path);
  std::string damaged = whole;
  damaged[64 + 48 + 1] ^= 1;  // in the first block's payload
  put(path, damaged);
  const Result<Trace> trace = read_trace(path);
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(trace.error().message().find("offset 64"), std::string::npos)
      << trace.error().message();
}

TEST(TraceFile, a_damaged_last_block_is_cut_off) {
  const TemporaryPath path;
  std::string damaged = write_example(path);
  damaged[damaged.size() - 1] ^= 1;
  put(path, damaged);
  const Result<Trace> trace = read_trace(path);
  ASSERT_TRUE(trace);
  EXPECT_TRUE(trace->truncated);
  EXPECT_FALSE(trace->footer);
  EXPECT_EQ(trace->events.size(), 24U);
}

TEST(TraceFile, a_missing_block_is_an_error) {
  const TemporaryPath path;
  std::string content = write_example(path);
  BlockHeader first;
  std::memcpy(&first, content.data() + 64, sizeof(first));
  content.erase(64, sizeof(first) + first.payload_length);
  put(path, content);
  EXPECT_EQ(read_trace(path).error().code, ErrorCode::kCorrupt);
}

TEST(TraceFile, a_newer_schema_is_refused) {
  const TemporaryPath path;
  std::string content = write_example(path);
  FileHeader header;
  header.schema = kTraceSchema + 1;
  header.header_checksum = header.expected_checksum();
  std::memcpy(content.data(), &header, sizeof(header));
  put(path, content);
  const Result<Trace> trace = read_trace(path);
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, ErrorCode::kUnsupported);
}

TEST(TraceFile, other_files_are_refused_and_missing_ones_reported) {
  const TemporaryPath path;
  put(path, "");
  EXPECT_EQ(read_trace(path).error().code, ErrorCode::kCorrupt);
  put(path, std::string(1000, 'x'));
  EXPECT_EQ(read_trace(path).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(read_trace("/nonexistent/run.aegis").error().code, ErrorCode::kNotFound);
}

TEST(TraceFile, an_unwritable_path_is_an_error_that_names_it) {
  const auto writer = TraceFileWriter::create("/nonexistent/run.aegis");
  ASSERT_FALSE(writer);
  EXPECT_NE(writer.error().message().find("/nonexistent/run.aegis"), std::string::npos);
}

TEST(TraceFile, a_full_disk_is_reported_and_stays_reported) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  Recorder recorder;
  auto writer = TraceFileWriter::create("/dev/full");
  ASSERT_FALSE(writer) << "the header is written at once";
  EXPECT_EQ(writer.error().code, ErrorCode::kResourceExhausted);
}

TEST(TraceFile, the_first_error_is_kept_and_nothing_is_written_after_it) {
  const TemporaryPath path;
  Recorder recorder;
  auto writer = TraceFileWriter::create(path);
  ASSERT_TRUE(writer);
  (*writer)->on_declaration(SessionDeclaration{.program = std::string(kLargestPayload, 'x')});
  EXPECT_FALSE((*writer)->status());
  (*writer)->on_thread(ThreadId{0}, "lane0");
  EXPECT_FALSE((*writer)->flush());
  EXPECT_FALSE((*writer)->finish(recorder));
  EXPECT_EQ(std::filesystem::file_size(path), 64U);
}

// Puts valid checksums on whatever stands there, so that mutations get past them to the decoders.
void repair_checksums(std::string& content) {
  std::size_t offset = sizeof(FileHeader);
  while (offset + sizeof(BlockHeader) <= content.size()) {
    BlockHeader header;
    std::memcpy(&header, content.data() + offset, sizeof(header));
    const std::size_t payload = offset + sizeof(header);
    const std::size_t size = std::min<std::size_t>(header.payload_length, content.size() - payload);
    header.payload_checksum = checksum(std::as_bytes(std::span(content)).subspan(payload, size));
    header.header_checksum = header.expected_checksum();
    std::memcpy(content.data() + offset, &header, sizeof(header));
    offset = payload + size;
  }
}

std::string mutated(std::string content, std::mt19937_64& random) {
  constexpr std::array<std::uint8_t, 6> kNasty{0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
  const auto position = [&] { return random() % content.size(); };
  for (std::uint64_t n = random() % 4 + 1; n > 0; --n) {
    switch (random() % 5) {
      case 0:
        content[position()] ^= static_cast<char>(1U << random() % 8);
        break;
      case 1:
        content[position()] = static_cast<char>(kNasty[random() % kNasty.size()]);
        break;
      case 2:
        content.resize(position() + 1);
        break;
      case 3:
        content.insert(position(), std::string(random() % 100, '\xff'));
        break;
      default:
        content.erase(position(), random() % 100);
        break;
    }
    if (content.empty()) return content;
  }
  if (random() % 2 == 0) repair_checksums(content);
  return content;
}

// The property: any bytes give a trace or an error; no crash, no endless loop, no absurd
// allocation.
TEST(TraceFileFuzz, twenty_thousand_mutations_give_a_trace_or_an_error) {
  const TemporaryPath path;
  const std::string whole = write_example(path);
  std::mt19937_64 random(20260101);
  int opened = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = mutated(whole, random);
    const Result<Trace> trace = read_trace(std::as_bytes(std::span(bytes)));
    if (!trace) continue;
    ++opened;
    EXPECT_EQ(trace->events.size(), trace->recorded_by.size());
    EXPECT_LE(trace->events.size(), 24U + 8U);
  }
  EXPECT_GT(opened, 1'000) << "mutations reach beyond the checksums";
}

// Two writers of one file would leave a trace of neither.
TEST(TraceFileWriter, has_its_file_to_itself_until_it_is_finished) {
  const TemporaryPath path;
  Recorder recorder;
  auto first = TraceFileWriter::create(path);
  ASSERT_TRUE(first);
  const auto second = TraceFileWriter::create(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  declare_run(recorder);
  recorder.drain(**first);
  EXPECT_TRUE((*first)->finish(recorder));
  EXPECT_FALSE(read_trace(path).value().lanes.empty()) << "the refused one emptied nothing";
  EXPECT_TRUE(TraceFileWriter::create(path));
}

TEST(TraceFileWriter, that_gives_up_leaves_what_was_flushed) {
  const TemporaryPath path;
  Recorder recorder;
  auto writer = TraceFileWriter::create(path);
  ASSERT_TRUE(writer);
  declare_run(recorder);
  recorder.drain(**writer);
  ASSERT_TRUE((*writer)->flush());
  (void)recorder.add_thread("never written");
  recorder.drain(**writer);
  (*writer)->give_up(Error::permanent(ErrorCode::kResourceExhausted, "no memory"));
  EXPECT_EQ((*writer)->finish(recorder).error().code, ErrorCode::kResourceExhausted);
  const Trace trace = read_trace(path).value();
  EXPECT_TRUE(trace.truncated);
  EXPECT_EQ(trace.lanes.size(), 1U);
  EXPECT_TRUE(trace.threads.empty());
}

}  // namespace
}  // namespace aegis::trace
