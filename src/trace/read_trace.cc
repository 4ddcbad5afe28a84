// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aegis/trace/trace.h"

#include "block_format.h"
#include "declaration_codec.h"

namespace aegis::trace {

namespace {

// Where the bytes of a trace come from.
class Source {
 public:
  virtual ~Source() = default;
  // Bytes there are in all: nothing larger is ever allocated for a part of them.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // As many bytes as there are at `offset`, up to the span's size; -1: errno.
  [[nodiscard]] virtual std::int64_t read_at(std::uint64_t offset,
                                             std::span<std::byte> out) const = 0;
};

class MemorySource final : public Source {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] std::int64_t read_at(std::uint64_t offset,
                                     std::span<std::byte> out) const override {
    const auto rest = bytes_.subspan(std::min<std::size_t>(offset, bytes_.size()));
    const std::size_t count = std::min(rest.size(), out.size());
    if (count > 0) std::memcpy(out.data(), rest.data(), count);
    return static_cast<std::int64_t>(count);
  }

 private:
  std::span<const std::byte> bytes_;
};

class FileSource final : public Source {
 public:
  explicit FileSource(const std::filesystem::path& path)
      : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] bool is_open() const { return file_ >= 0; }
  [[nodiscard]] std::uint64_t size() const override {
    struct stat status{};
    return ::fstat(file_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }

  [[nodiscard]] std::int64_t read_at(std::uint64_t offset,
                                     std::span<std::byte> out) const override {
    std::size_t total = 0;
    while (total < out.size()) {
      const ssize_t got = ::pread(file_, out.data() + total, out.size() - total,
                                  static_cast<off_t>(offset + total));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return -1;
      if (got == 0) break;
      total += static_cast<std::size_t>(got);
    }
    return static_cast<std::int64_t>(total);
  }

 private:
  int file_;
};

// One pass over the file. A block is either taken in whole or not at all.
class Reader {
 public:
  Reader(const Source& source, std::string name) : source_(source), name_(std::move(name)) {}

  Result<Trace> read();

 private:
  enum class Step : std::uint8_t { kTaken, kEnd, kTorn, kMalformed };

  Status read_header();
  Step read_block();
  bool take_in(const BlockHeader& header, std::span<const std::byte> payload);
  bool take_in_events(ThreadId thread, std::uint64_t dropped, std::span<const std::byte> payload);
  bool take_in_footer(std::span<const std::byte> payload);
  [[nodiscard]] bool whole_block_behind(std::uint64_t offset) const;
  [[nodiscard]] bool is_whole_block(std::uint64_t offset, const BlockHeader& header) const;
  [[nodiscard]] Error corrupt(const char* text) const {
    return Error::permanent(ErrorCode::kCorrupt, text)
        .with_detail(name_ + ", offset " + std::to_string(offset_));
  }

  const Source& source_;
  std::string name_;
  std::uint64_t offset_ = 0;
  std::uint64_t sequence_ = 0;
  std::vector<bool> announced_;
  std::optional<TraceFooter> footer_;
  TraceCollector collector_;
};

Status Reader::read_header() {
  FileHeader header;
  const std::int64_t got = source_.read_at(0, std::as_writable_bytes(std::span(&header, 1)));
  if (got < 0) return fail(Error::system("cannot read trace", name_, errno));
  if (got < static_cast<std::int64_t>(sizeof(header)) || header.magic != FileHeader{}.magic) {
    return fail(Error::permanent(ErrorCode::kCorrupt, "not a trace").with_detail(name_));
  }
  if (header.endianness != FileHeader{}.endianness) {
    return fail(Error::permanent(ErrorCode::kUnsupported, "trace of the other endianness")
                    .with_detail(name_));
  }
  if (header.schema > kTraceSchema) {
    return fail(Error::permanent(ErrorCode::kUnsupported, "trace of a newer schema")
                    .with_detail(name_ + ", schema " + std::to_string(header.schema)));
  }
  if (header.header_checksum != header.expected_checksum() || header.schema == 0 ||
      header.event_size != sizeof(Event)) {
    return fail(corrupt("damaged trace header"));
  }
  offset_ = sizeof(header);
  return ok();
}

Reader::Step Reader::read_block() {
  BlockHeader header;
  const std::int64_t got = source_.read_at(offset_, std::as_writable_bytes(std::span(&header, 1)));
  if (got == 0) return Step::kEnd;
  if (got < static_cast<std::int64_t>(sizeof(header)) || !header.plausible()) return Step::kTorn;
  if (header.payload_length > source_.size() - std::min(source_.size(), offset_))
    return Step::kTorn;
  std::vector<std::byte> payload(header.payload_length);
  if (source_.read_at(offset_ + sizeof(header), payload) !=
          static_cast<std::int64_t>(payload.size()) ||
      checksum(payload) != header.payload_checksum) {
    return Step::kTorn;
  }
  if (header.sequence != sequence_ || footer_ || !take_in(header, payload)) return Step::kMalformed;
  ++sequence_;
  offset_ += sizeof(header) + payload.size();
  return Step::kTaken;
}

bool Reader::take_in(const BlockHeader& header, std::span<const std::byte> payload) {
  const ThreadId thread{header.thread};
  switch (static_cast<BlockType>(header.type)) {
    case BlockType::kThreadName:
      if (thread.value > UINT16_MAX) return false;
      if (announced_.size() <= thread.value) announced_.resize(thread.value + 1);
      announced_[thread.value] = true;
      collector_.on_thread(thread, {reinterpret_cast<const char*>(payload.data()), payload.size()});
      return true;
    case BlockType::kDeclaration: {
      const std::optional<Declaration> declaration = decode_declaration(payload);
      if (declaration) collector_.on_declaration(*declaration);
      return declaration.has_value();
    }
    case BlockType::kEvents:
      return take_in_events(thread, header.dropped, payload);
    case BlockType::kFooter:
      return take_in_footer(payload);
  }
  return true;  // of a kind that this reader does not know: stepped over
}

bool Reader::take_in_events(ThreadId thread, std::uint64_t dropped,
                            std::span<const std::byte> payload) {
  if (thread.value >= announced_.size() || !announced_[thread.value]) return false;
  if (payload.size() % sizeof(Event) != 0) return false;
  std::vector<Event> events(payload.size() / sizeof(Event));
  if (!payload.empty()) std::memcpy(events.data(), payload.data(), payload.size());
  const bool in_range = std::all_of(events.begin(), events.end(), [](const Event& event) {
    return event.time_ns >= 0 && event.time_ns < (std::int64_t{1} << 62);
  });
  if (in_range) collector_.on_events(thread, events, dropped);
  return in_range;
}

bool Reader::take_in_footer(std::span<const std::byte> payload) {
  if (payload.size() != sizeof(TraceFooter)) return false;
  footer_.emplace();
  std::memcpy(&*footer_, payload.data(), payload.size());
  return true;
}

bool Reader::is_whole_block(std::uint64_t offset, const BlockHeader& header) const {
  if (!header.plausible() || header.payload_length > source_.size()) return false;
  std::vector<std::byte> payload(header.payload_length);
  return source_.read_at(offset + sizeof(header), payload) ==
             static_cast<std::int64_t>(payload.size()) &&
         checksum(payload) == header.payload_checksum;
}

// Tells damage in the middle from a torn end: is there any whole block after `offset`?
bool Reader::whole_block_behind(std::uint64_t offset) const {
  std::vector<std::byte> window(std::min<std::uint64_t>(1U << 20, source_.size()));
  constexpr std::size_t kHeader = sizeof(BlockHeader);
  int damaged = 0;
  while (true) {
    const std::int64_t got = source_.read_at(offset, window);
    if (got < static_cast<std::int64_t>(kHeader)) return false;
    const auto last = static_cast<std::size_t>(got) - kHeader;
    for (std::size_t i = 0; i <= last; ++i) {
      if (window[i] != std::byte{'A'}) continue;
      BlockHeader header;
      std::memcpy(&header, window.data() + i, kHeader);
      if (is_whole_block(offset + i, header)) return true;
      // One torn write leaves one damaged block; many are no torn end (and would take quadratic
      // time to judge).
      if (header.plausible() && ++damaged > 16) return true;
    }
    offset += last + 1;
  }
}

Result<Trace> Reader::read() {
  if (Status header = read_header(); !header) return fail(header.error());
  Step step = Step::kTaken;
  while (step == Step::kTaken) step = read_block();
  if (step == Step::kMalformed) return fail(corrupt("a block of the trace makes no sense"));
  if (step == Step::kTorn && whole_block_behind(offset_ + 1)) {
    return fail(corrupt("the trace is damaged in its middle"));
  }
  Trace trace = collector_.take();
  trace.footer = footer_;
  trace.truncated = step == Step::kTorn || !footer_;
  if (footer_) trace.dropped = std::max(trace.dropped, footer_->dropped);
  if (footer_ && footer_->events != trace.events.size()) {
    return fail(corrupt("the footer counts other events than the trace holds"));
  }
  return trace;
}

}  // namespace

Result<Trace> read_trace(const std::filesystem::path& path) {
  const FileSource file(path);
  if (!file.is_open()) return fail(Error::system("cannot read trace", path.string(), errno));
  return Reader(file, path.string()).read();
}

Result<Trace> read_trace(std::span<const std::byte> bytes) {
  const MemorySource memory(bytes);
  return Reader(memory, "in memory").read();
}

}  // namespace aegis::trace
