// SPDX-License-Identifier: Apache-2.0
#include "sample_text.h"

#include <cstdint>
#include <optional>

#include <zstd.h>

#include "base64.h"

namespace aegis::service {

namespace {

using scheduler::Sample;

// 2 x an hour in nanoseconds has 43 bits, a difference with its sign 44: seven groups of seven.
constexpr std::size_t kMostBytesEach = 7;
// Of zstd's 22: beyond it a profile's few hundred kilobytes hardly shrink.
constexpr int kCompression = 9;

std::uint64_t fold(std::int64_t difference) {
  const std::uint64_t sign = difference < 0 ? ~std::uint64_t{0} : 0;
  return (static_cast<std::uint64_t>(difference) << 1U) ^ sign;
}

std::int64_t unfold(std::uint64_t folded) {
  return static_cast<std::int64_t>(folded >> 1U) ^ -static_cast<std::int64_t>(folded & 1U);
}

void append(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7U) bytes += static_cast<char>(0x80U | (number & 0x7FU));
  bytes += static_cast<char>(number);
}

// The next number of `bytes`, which it is taken off; nothing when there is none of at most
// kMostBytesEach.
std::optional<std::uint64_t> take(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < kMostBytesEach && i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    number |= std::uint64_t{byte & 0x7FU} << (7 * i);
    if ((byte & 0x80U) != 0) continue;
    bytes.remove_prefix(i + 1);
    return number;
  }
  return std::nullopt;
}

Error corrupt(const char* expected) {
  return Error::permanent(ErrorCode::kCorrupt, expected);
}

}  // namespace

std::string pack_samples(const std::vector<Sample>& samples) {
  std::string bytes;
  std::int64_t before = 0;
  for (const Sample& sample : samples) {
    const std::int64_t number = sample.execution.ns() * 2 + (sample.excluded ? 1 : 0);
    append(bytes, fold(number - before));
    before = number;
  }
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kCompression);
  check(ZSTD_isError(size) == 0, "zstd compresses into a buffer of its own bound");
  packed.resize(size);
  return to_base64(packed);
}

Result<std::vector<Sample>> unpack_samples(std::string_view text, std::size_t count) {
  const std::optional<std::string> packed = from_base64(text);
  if (!packed) return fail(corrupt("samples in Base64"));
  std::string bytes(count * kMostBytesEach, '\0');
  const std::size_t size =
      ZSTD_decompress(bytes.data(), bytes.size(), packed->data(), packed->size());
  if (ZSTD_isError(size) != 0)
    return fail(corrupt("samples compressed by zstd, as many as stated"));
  std::string_view left(bytes.data(), size);
  std::vector<Sample> samples;
  samples.reserve(count);
  for (std::int64_t number = 0; samples.size() < count;) {
    const std::optional<std::uint64_t> folded = take(left);
    if (!folded) break;
    number += unfold(*folded);
    const Duration execution = Duration::nanoseconds(number >> 1U);
    if (execution <= Duration::zero() || execution > kLongestSample) {
      return fail(corrupt("samples of 1 ns to 1 h"));
    }
    samples.push_back({.execution = execution, .excluded = (number & 1) != 0});
  }
  if (samples.size() != count || !left.empty()) return fail(corrupt("as many samples as stated"));
  return samples;
}

}  // namespace aegis::service
