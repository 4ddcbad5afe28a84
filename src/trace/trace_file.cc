// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/trace_file.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "block_format.h"
#include "declaration_codec.h"

namespace aegis::trace {

namespace {

// A flush every 20 ms at 10^6 events per second is 1.3 MB; beyond this, memory is spent for
// nothing.
constexpr std::size_t kFlushAt = 1U << 20;

int write_all(int file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : ENOSPC;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

namespace {

// Locked as long as it is open, and only then emptied. A device or pipe is anybody's, and a file
// system without locks has none to refuse.
Status take_over(int file, const std::filesystem::path& path) {
  struct stat found{};
  if (::fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) return ok();
  if (::flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return fail(Error::permanent(ErrorCode::kAlreadyExists, "another run is writing this trace")
                    .with_detail(path.string()));
  }
  if (::ftruncate(file, 0) == 0) return ok();
  return fail(Error::system("cannot write trace", path.string(), errno));
}

}  // namespace

std::uint64_t checksum(std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Result<std::unique_ptr<TraceFileWriter>> TraceFileWriter::create(
    const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return fail(Error::system("cannot write trace", path.string(), errno));
  std::unique_ptr<TraceFileWriter> writer(new TraceFileWriter(file, path));
  if (Status ours = take_over(file, path); !ours) return fail(ours.error());
  FileHeader header;
  header.header_checksum = header.expected_checksum();
  const auto bytes = bytes_of(header);
  writer->buffer_.assign(bytes.begin(), bytes.end());
  if (Status flushed = writer->flush(); !flushed) return fail(flushed.error());
  return writer;
}

TraceFileWriter::TraceFileWriter(int file, std::filesystem::path path)
    : file_(file), path_(std::move(path)) {}

TraceFileWriter::~TraceFileWriter() {
  if (file_ < 0) return;
  static_cast<void>(flush());
  ::close(file_);
}

void TraceFileWriter::append_block(std::uint16_t type, ThreadId thread, std::uint64_t dropped,
                                   std::span<const std::byte> payload) {
  if (!status_) return;
  BlockHeader header;
  header.type = type;
  header.thread = thread.value;
  header.payload_length = static_cast<std::uint32_t>(payload.size());
  header.sequence = sequence_++;
  header.dropped = dropped;
  header.payload_checksum = checksum(payload);
  header.header_checksum = header.expected_checksum();
  const auto head = bytes_of(header);
  buffer_.insert(buffer_.end(), head.begin(), head.end());
  buffer_.insert(buffer_.end(), payload.begin(), payload.end());
  if (buffer_.size() >= kFlushAt) static_cast<void>(flush());
}

void TraceFileWriter::on_thread(ThreadId thread, const std::string& name) {
  append_block(static_cast<std::uint16_t>(BlockType::kThreadName), thread, 0,
               std::as_bytes(std::span(name)).first(std::min<std::size_t>(name.size(), 4096)));
}

void TraceFileWriter::on_declaration(const Declaration& declaration) {
  const std::vector<std::byte> payload = encode(declaration);
  if (payload.size() > kLargestPayload) {
    status_ = fail(Error::permanent(ErrorCode::kOutOfRange, "declaration too long for a trace")
                       .with_detail(path_.string()));
    return;
  }
  append_block(static_cast<std::uint16_t>(BlockType::kDeclaration), ThreadId{}, 0, payload);
}

void TraceFileWriter::on_events(ThreadId thread, std::span<const Event> events,
                                std::uint64_t dropped) {
  // 64 KiB: a SIGKILL in the middle of a write tears one block, and costs no more than that.
  constexpr std::size_t kEventsPerBlock = 1024;
  static_assert(kEventsPerBlock * sizeof(Event) <= kLargestPayload);
  do {
    const auto part = events.first(std::min(events.size(), kEventsPerBlock));
    append_block(static_cast<std::uint16_t>(BlockType::kEvents), thread, dropped,
                 std::as_bytes(part));
    if (status_) events_ += part.size();
    events = events.subspan(part.size());
  } while (!events.empty());
}

Status TraceFileWriter::flush() {
  if (!status_ || file_ < 0) return status_;
  const int error = write_all(file_, buffer_);
  buffer_.clear();
  if (error != 0) status_ = fail(Error::system("cannot write trace", path_.string(), error));
  return status_;
}

void TraceFileWriter::give_up(const Error& reason) {
  buffer_.clear();
  if (status_) status_ = fail(reason);
}

Status TraceFileWriter::finish(const Recorder& recorder) {
  check(file_ >= 0, "a trace file is finished once");
  TraceFooter footer{.events = events_, .dropped = recorder.dropped()};
  for (std::size_t i = 0; i < footer.violations.size(); ++i) {
    footer.violations[i] = recorder.violations(static_cast<Assumption>(i));
  }
  append_block(static_cast<std::uint16_t>(BlockType::kFooter), ThreadId{}, 0, bytes_of(footer));
  static_cast<void>(flush());
  // Not every file can be synchronised (a pipe, /dev/null): that is no loss of data.
  const bool synced = ::fsync(file_) == 0 || errno == EINVAL || errno == EROFS;
  if (status_ && !synced) {
    status_ = fail(Error::system("cannot write trace", path_.string(), errno));
  }
  ::close(std::exchange(file_, -1));
  return status_;
}

}  // namespace aegis::trace
