// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/trace/recorder.h"

namespace aegis::trace {

// A trace on disk: a header, then self-describing blocks, appended as the run goes on.
// Little-endian throughout.
//
//   header, 64 bytes   "AEGISTRC" | schema u32 | endianness mark u32 | event size u32 | zeros
//                      | XXH3-64 of what precedes
//   block, 48 bytes    "ABLK" | type u16 | zero u16 | thread u32 | payload length u32
//                      | sequence u64 | dropped u64
//                      | XXH3-64 of the payload | XXH3-64 of the header bytes that precede
//   payload            thread name | declaration | events, 64 bytes each | footer
//
// The one exception to "every file appears whole or not at all": a trace grows under its own name,
// so that a killed run leaves everything up to its last flushed block. That is why each block
// carries its own length, sequence and checksums:
//
// 1. A file cut anywhere reads as what its whole blocks say, `truncated`: no block depends on a
//    later one.
// 2. Sequences count from 0 without gaps, so that a lost or repeated block is found.
// 3. `dropped` is the thread's total so far, so that a cut file still knows what its rings lost.
// 4. Only finish() writes a footer, the last block: its absence says that the run did not end in
//    order.
//
// Compatibility: a reader refuses a newer schema. Within one schema it steps over block types that
// it does not know.
inline constexpr std::uint32_t kTraceSchema = 1;

// What the run itself counted, written last.
struct TraceFooter {
  std::uint64_t events = 0;                                  // written to this file
  std::uint64_t dropped = 0;                                 // lost in rings, all threads
  std::array<std::uint64_t, kAssumptionCount> violations{};  // Recorder's sticky counters
};

// Writes a trace as a recorder hands it over. One thread at a time. The first error is kept, and
// from then on nothing more is written: a full disk costs the rest of the trace, never the run.
class TraceFileWriter final : public Recorder::Sink {
 public:
  // Creates or empties the file and writes its header, so that an unwritable path is known before
  // the run starts. kAlreadyExists while another writer, of any process, has not finished with the
  // file: two runs into one trace would leave neither.
  [[nodiscard]] static Result<std::unique_ptr<TraceFileWriter>> create(
      const std::filesystem::path& path);
  ~TraceFileWriter() override;  // without finish(): the file stays as it was last flushed
  TraceFileWriter(const TraceFileWriter&) = delete;
  TraceFileWriter& operator=(const TraceFileWriter&) = delete;

  void on_thread(ThreadId thread, const std::string& name) override;
  void on_declaration(const Declaration& declaration) override;
  void on_events(ThreadId thread, std::span<const Event> events, std::uint64_t dropped) override;

  // Hands what has been collected to the kernel: from here on it survives the death of the process.
  Status flush();
  // Writes the footer with the recorder's counters, flushes to the disk and closes. Once.
  Status finish(const Recorder& recorder);
  // Writes nothing more, for a reason found outside it, unless there was an error before. What was
  // not flushed is dropped.
  void give_up(const Error& reason);
  // The first error, if any.
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] std::uint64_t events_written() const { return events_; }

 private:
  TraceFileWriter(int file, std::filesystem::path path);
  void append_block(std::uint16_t type, ThreadId thread, std::uint64_t dropped,
                    std::span<const std::byte> payload);

  int file_;
  std::filesystem::path path_;
  std::vector<std::byte> buffer_;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
  Status status_;
};

}  // namespace aegis::trace
