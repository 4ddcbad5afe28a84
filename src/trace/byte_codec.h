// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "aegis/base/ids.h"
#include "aegis/base/time.h"

namespace aegis::trace {

static_assert(std::endian::native == std::endian::little,
              "the file is written as memory stands; a big-endian port must swap here");

// Values to bytes and back. Encoder and Decoder have the same call operator, so that one list of
// fields serves both:
//
//   template <class Codec> void fields(Codec& codec, Lane& lane) { codec(lane.id, lane.name,
//   lane.cpu); }
class Encoder {
 public:
  template <class... Fields>
  void operator()(const Fields&... fields) {
    (put(fields), ...);
  }
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  template <class T>
    requires std::is_arithmetic_v<T>
  void put(T value) {
    const auto* raw = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), raw, raw + sizeof(value));
  }
  void put(Duration value) { put(value.ns()); }
  template <class Tag>
  void put(Id<Tag> id) {
    put(id.value);
  }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    const auto* raw = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), raw, raw + text.size());
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put(static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) put(value);
  }

  std::vector<std::byte> bytes_;
};

// Reads what an Encoder wrote. Whatever the bytes are: nothing is read beyond them, no length is
// believed that they could not hold, and a duration outside 0 .. 100 years is refused. After the
// first fault everything reads as zero.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class... Fields>
  void operator()(Fields&... fields) {
    (get(fields), ...);
  }
  // Everything was read, nothing is left.
  [[nodiscard]] bool complete() const { return !failed_ && bytes_.empty(); }

 private:
  static constexpr std::int64_t kLongestNs = 100LL * 366 * 86'400 * 1'000'000'000;

  template <class T>
    requires std::is_arithmetic_v<T>
  void get(T& value) {
    value = T{};
    if (!has(sizeof(T))) return;
    if constexpr (std::same_as<T, bool>) {
      value = bytes_.front() != std::byte{0};
    } else {
      std::memcpy(&value, bytes_.data(), sizeof(T));
    }
    bytes_ = bytes_.subspan(sizeof(T));
  }
  void get(Duration& value) {
    std::int64_t ns = 0;
    get(ns);
    failed_ = failed_ || ns < 0 || ns > kLongestNs;
    value = failed_ ? Duration::zero() : Duration::nanoseconds(ns);
  }
  template <class Tag>
  void get(Id<Tag>& id) {
    get(id.value);
  }
  void get(std::string& text) {
    std::uint32_t size = 0;
    get(size);
    text.clear();
    if (!has(size)) return;
    text.assign(reinterpret_cast<const char*>(bytes_.data()), size);
    bytes_ = bytes_.subspan(size);
  }
  template <class T>
  void get(std::vector<T>& values) {
    std::uint32_t size = 0;
    get(size);
    values.clear();
    if (!has(std::size_t{size} * sizeof(T))) return;
    values.resize(size);
    for (T& value : values) get(value);
  }
  bool has(std::size_t count) {
    failed_ = failed_ || count > bytes_.size();
    return !failed_;
  }

  std::span<const std::byte> bytes_;
  bool failed_ = false;
};

}  // namespace aegis::trace
