// SPDX-License-Identifier: Apache-2.0
//
// How libFuzzer changes a trace. Every block carries checksums, so that bytes changed blindly are
// refused at once; this mutator changes blocks, payloads and single fields of events, and seals the
// result as a writer would. One in sixteen is left unsealed: damage is an input too.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "aegis/trace/event.h"

#include "block_format.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed);

namespace {

using aegis::trace::BlockHeader;
using aegis::trace::BlockType;
using aegis::trace::Event;
using aegis::trace::FileHeader;
using Bytes = std::vector<std::uint8_t>;

struct Block {
  BlockHeader header;
  Bytes payload;

  [[nodiscard]] bool is(BlockType type) const {
    return header.type == static_cast<std::uint16_t>(type);
  }
};

struct File {
  FileHeader header;
  std::vector<Block> blocks;
};

template <class T>
T copied(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

// Where the next block's magic stands, from `at` on; the end where none does.
std::size_t next_magic(std::span<const std::uint8_t> bytes, std::size_t at) {
  constexpr std::array<std::uint8_t, 4> kMagic{'A', 'B', 'L', 'K'};
  const auto rest = bytes.subspan(std::min(at, bytes.size()));
  const auto found = std::search(rest.begin(), rest.end(), kMagic.begin(), kMagic.end());
  return bytes.size() - static_cast<std::size_t>(rest.end() - found);
}

File take_apart(std::span<const std::uint8_t> bytes) {
  File file;
  if (bytes.size() >= sizeof(FileHeader)) file.header = copied<FileHeader>(bytes.data());
  std::size_t at = next_magic(bytes, sizeof(FileHeader));
  while (bytes.size() - at >= sizeof(BlockHeader)) {
    Block block{.header = copied<BlockHeader>(bytes.data() + at), .payload = {}};
    at += sizeof(BlockHeader);
    std::size_t length = block.header.payload_length;
    // Bytes inserted or removed have moved the next block: it is where its magic is.
    if (length > bytes.size() - at) length = next_magic(bytes, at) - at;
    const auto payload = bytes.subspan(at, length);
    block.payload.assign(payload.begin(), payload.end());
    file.blocks.push_back(std::move(block));
    at = next_magic(bytes, at + length);
  }
  return file;
}

// What a reader would refuse before it looks at anything else.
void straighten(Block& block, std::uint64_t& events) {
  if (block.is(BlockType::kEvents)) {
    block.payload.resize(block.payload.size() / sizeof(Event) * sizeof(Event));
    for (std::size_t at = 0; at < block.payload.size(); at += sizeof(Event)) {
      block.payload[at + sizeof(std::int64_t) - 1] &= 0x3f;  // the time stays below 2^62
    }
    events += block.payload.size() / sizeof(Event);
  } else if (block.is(BlockType::kFooter)) {
    block.payload.resize(sizeof(aegis::trace::TraceFooter));
    std::memcpy(block.payload.data(), &events, sizeof(events));
  }
}

void append(Bytes& to, std::span<const std::byte> bytes) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
  to.insert(to.end(), first, first + bytes.size());
}

// The file with checksums, sequences and counts that agree; blocks beyond `max_size` are left out.
Bytes sealed(File file, std::size_t max_size) {
  file.header.header_checksum = file.header.expected_checksum();
  Bytes bytes;
  append(bytes, aegis::trace::bytes_of(file.header));
  std::uint64_t sequence = 0;
  std::uint64_t events = 0;
  for (Block& block : file.blocks) {
    straighten(block, events);
    BlockHeader& header = block.header;
    header.payload_length = static_cast<std::uint32_t>(block.payload.size());
    header.sequence = sequence++;
    header.payload_checksum = aegis::trace::checksum(std::as_bytes(std::span(block.payload)));
    header.header_checksum = header.expected_checksum();
    if (bytes.size() + sizeof(header) + block.payload.size() > max_size) break;
    append(bytes, aegis::trace::bytes_of(header));
    append(bytes, std::as_bytes(std::span(block.payload)));
  }
  return bytes;
}

class Mutation {
 public:
  Mutation(File& file, unsigned int seed) : file_(file), random_(seed) {}

  [[nodiscard]] std::size_t below(std::size_t limit) { return limit < 2 ? 0 : random_() % limit; }

  void apply() {
    if (file_.blocks.empty()) return;
    switch (below(8)) {
      case 0:
        return change_blocks();
      case 1:
      case 2:
        return change_payload(any_block());
      default:
        return change_events();
    }
  }

 private:
  Block& any_block() { return file_.blocks[below(file_.blocks.size())]; }

  void change_blocks() {
    std::vector<Block>& blocks = file_.blocks;
    const auto at = static_cast<std::ptrdiff_t>(below(blocks.size()));
    const std::size_t other = below(blocks.size());
    switch (below(4)) {
      case 0:
        blocks.erase(blocks.begin() + at);
        return;
      case 1:
        blocks.insert(blocks.begin() + at, Block(blocks[other]));
        return;
      case 2:
        std::swap(blocks[static_cast<std::size_t>(at)], blocks[other]);
        return;
      default:
        blocks[other].header.thread = static_cast<std::uint32_t>(below(4));
        blocks[other].header.dropped = below(2) == 0 ? 0 : random_();
        return;
    }
  }

  static void change_payload(Block& block) {
    const std::size_t size = block.payload.size();
    block.payload.resize(size + 64);
    block.payload.resize(LLVMFuzzerMutate(block.payload.data(), size, size + 64));
  }

  void change_events() {
    std::vector<Block*> with_events;
    for (Block& block : file_.blocks) {
      if (block.is(BlockType::kEvents) && block.payload.size() >= sizeof(Event)) {
        with_events.push_back(&block);
      }
    }
    if (with_events.empty()) return;
    change_event(with_events[below(with_events.size())]->payload);
  }

  void change_event(Bytes& events) {
    const std::size_t count = events.size() / sizeof(Event);
    const std::size_t to = below(count) * sizeof(Event);
    const std::size_t from = below(count) * sizeof(Event);
    const auto begin = events.begin() + static_cast<std::ptrdiff_t>(to);
    constexpr auto kLength = static_cast<std::ptrdiff_t>(sizeof(Event));
    switch (below(6)) {
      case 0:
        events.erase(begin, begin + kLength);
        return;
      case 1: {
        const auto source = events.begin() + static_cast<std::ptrdiff_t>(from);
        const Bytes copy(source, source + kLength);
        events.insert(begin, copy.begin(), copy.end());
        return;
      }
      case 2:
        std::swap_ranges(begin, begin + kLength,
                         events.begin() + static_cast<std::ptrdiff_t>(from));
        return;
      default:
        return change_field(events, to, from);
    }
  }

  // One field takes another event's value, a special one, or one nearby.
  void change_field(Bytes& events, std::size_t to, std::size_t from) {
    struct Field {
      std::size_t offset;
      std::size_t size;
    };
    constexpr std::size_t kPayload = offsetof(Event, payload);
    constexpr std::array<Field, 11> kFields{{{offsetof(Event, time_ns), 8},
                                             {offsetof(Event, job), 8},
                                             {offsetof(Event, task), 4},
                                             {offsetof(Event, lane), 2},
                                             {offsetof(Event, type), 1},
                                             {offsetof(Event, clock), 1},
                                             {kPayload, 8},
                                             {kPayload + 8, 8},
                                             {kPayload + 16, 8},
                                             {kPayload + 24, 8},
                                             {kPayload + 32, 8}}};
    const Field field = kFields[below(kFields.size())];
    std::int64_t value = 0;
    std::memcpy(&value, events.data() + to + field.offset, field.size);
    value = changed(value);
    if (below(2) == 0) std::memcpy(&value, events.data() + from + field.offset, field.size);
    std::memcpy(events.data() + to + field.offset, &value, field.size);
  }

  std::int64_t changed(std::int64_t value) {
    using Limits = std::numeric_limits<std::int64_t>;
    constexpr std::array<std::int64_t, 10> kSpecial{
        0,          1, 2, -1, Limits::max(), Limits::min(), Limits::min() + 1, INT64_C(1) << 62,
        UINT32_MAX, 20};
    const auto bits = static_cast<std::uint64_t>(value);
    if (below(2) == 0) return kSpecial[below(kSpecial.size())];
    return static_cast<std::int64_t>(bits + below(33) - 16);
  }

  File& file_;
  std::minstd_rand random_;
};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  if (seed % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
  if (seed % 16 < 3) size = LLVMFuzzerMutate(data, size, max_size);
  File file = take_apart({data, size});
  Mutation mutation(file, seed);
  for (std::size_t changes = 1 + mutation.below(3); changes > 0; --changes) mutation.apply();
  const Bytes bytes = sealed(std::move(file), max_size);
  std::copy_n(bytes.begin(), std::min(bytes.size(), max_size), data);
  return std::min(bytes.size(), max_size);
}
