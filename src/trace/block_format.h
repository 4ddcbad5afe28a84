// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "aegis/trace/event.h"
#include "aegis/trace/trace_file.h"

namespace aegis::trace {

// The bytes of trace_file.h, as structs that are copied as they stand.
enum class BlockType : std::uint16_t { kThreadName = 1, kDeclaration, kEvents, kFooter };

// The largest payload that is believed: 64 drained batches of 256 KiB, and longer than any
// rationale.
inline constexpr std::uint32_t kLargestPayload = 16U << 20;

[[nodiscard]] std::uint64_t checksum(std::span<const std::byte> bytes) noexcept;

template <class T>
  requires std::is_trivially_copyable_v<T>
[[nodiscard]] std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span<const T, 1>(&value, 1));
}

struct FileHeader {
  std::array<char, 8> magic{'A', 'E', 'G', 'I', 'S', 'T', 'R', 'C'};
  std::uint32_t schema = kTraceSchema;
  std::uint32_t endianness = 0x01020304;
  std::uint32_t event_size = sizeof(Event);
  std::array<std::uint32_t, 9> zeros{};
  std::uint64_t header_checksum = 0;

  [[nodiscard]] std::uint64_t expected_checksum() const {
    return checksum(bytes_of(*this).first(offsetof(FileHeader, header_checksum)));
  }
};
static_assert(sizeof(FileHeader) == 64);

struct BlockHeader {
  std::array<char, 4> magic{'A', 'B', 'L', 'K'};
  std::uint16_t type = 0;
  std::uint16_t zero = 0;
  std::uint32_t thread = ThreadId::kNone;
  std::uint32_t payload_length = 0;
  std::uint64_t sequence = 0;
  std::uint64_t dropped = 0;
  std::uint64_t payload_checksum = 0;
  std::uint64_t header_checksum = 0;

  [[nodiscard]] std::uint64_t expected_checksum() const {
    return checksum(bytes_of(*this).first(offsetof(BlockHeader, header_checksum)));
  }
  [[nodiscard]] bool plausible() const {
    return magic == BlockHeader{}.magic && header_checksum == expected_checksum() &&
           payload_length <= kLargestPayload;
  }
};
static_assert(sizeof(BlockHeader) == 48);
static_assert(std::is_trivially_copyable_v<TraceFooter>);

}  // namespace aegis::trace
