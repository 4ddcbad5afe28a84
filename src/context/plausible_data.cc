// SPDX-License-Identifier: Apache-2.0
#include "plausible_data.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <random>

namespace aegis::context {

namespace {

// Integers that index something (tokens, classes) stay valid in any vocabulary of at least this
// many entries.
constexpr std::uint64_t kVocabulary = 16;

template <class Element, class Draw>
void fill(std::span<std::byte> tensor, Draw draw) {
  for (std::size_t at = 0; at + sizeof(Element) <= tensor.size(); at += sizeof(Element)) {
    const Element element = draw();
    std::memcpy(tensor.data() + at, &element, sizeof(Element));
  }
}

}  // namespace

std::uint16_t half_of_1024ths(int value) noexcept {
  if (value == 0) return 0;
  const auto magnitude = static_cast<unsigned>(std::abs(value));
  // value = 1.f * 2^(top - 10): exponent field top - 10 + 15, and the bits below the leading one in
  // ten places.
  const auto top = static_cast<unsigned>(std::bit_width(magnitude)) - 1;
  const unsigned fraction = (magnitude << (10 - top)) & 0x3ffU;
  return static_cast<std::uint16_t>((value < 0 ? 0x8000U : 0U) | ((top + 5) << 10) | fraction);
}

void fill_with_plausible_data(ElementType type, std::span<std::byte> tensor, std::uint64_t seed) {
  // Not the standard distributions: their results differ between libraries.
  std::mt19937_64 random(seed);
  switch (type) {
    case ElementType::kFloat32:
      return fill<float>(tensor, [&] {
        return static_cast<float>(static_cast<std::int64_t>(random() >> 40) - (1 << 23)) * 0x1p-23F;
      });
    case ElementType::kFloat16:
      return fill<std::uint16_t>(
          tensor, [&] { return half_of_1024ths(static_cast<int>(random() % 2048) - 1024); });
    case ElementType::kInt64:
      return fill<std::uint64_t>(tensor, [&] { return random() % kVocabulary; });
    case ElementType::kInt32:
      return fill<std::uint32_t>(
          tensor, [&] { return static_cast<std::uint32_t>(random() % kVocabulary); });
    case ElementType::kInt8:
    case ElementType::kUint8:
      return fill<std::uint8_t>(tensor, [&] { return static_cast<std::uint8_t>(random() >> 56); });
    case ElementType::kBool:
      return fill<std::uint8_t>(tensor, [&] { return static_cast<std::uint8_t>(random() >> 63); });
  }
}

}  // namespace aegis::context
