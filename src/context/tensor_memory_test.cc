// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/tensor_memory.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include "aegis/context/runtime_backend.h"

namespace aegis::context {
namespace {

TEST(TensorMemory, gives_zeroed_aligned_tensors_that_do_not_overlap) {
  constexpr std::array<std::size_t, 4> kSizes{1, 100, 64, 5000};
  auto memory = TensorMemory::create(kSizes);
  ASSERT_TRUE(memory);
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    const std::span<std::byte> tensor = memory->tensor(i);
    EXPECT_EQ(tensor.size(), kSizes[i]);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % kTensorAlignment, 0U);
    EXPECT_TRUE(std::ranges::all_of(tensor, [](std::byte b) { return b == std::byte{0}; }));
    std::ranges::fill(tensor, std::byte{0xff});  // the next one must still be zero
  }
}

TEST(TensorMemory, stays_where_it_is_when_moved) {
  auto memory = TensorMemory::create(std::array<std::size_t, 1>{64});
  ASSERT_TRUE(memory);
  const std::byte* before = memory->tensor(0).data();
  TensorMemory moved = std::move(*memory);
  EXPECT_EQ(moved.tensor(0).data(), before);
  auto other = TensorMemory::create(std::array<std::size_t, 1>{64});
  ASSERT_TRUE(other);
  moved = std::move(*other);
  EXPECT_NE(moved.tensor(0).data(), before);
}

TEST(TensorMemory, of_nothing_is_nothing) {
  const auto memory = TensorMemory::create({});
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->count(), 0U);
  EXPECT_EQ(memory->size_bytes(), 0U);
}

TEST(TensorMemory, says_when_the_system_has_none) {
  const auto memory = TensorMemory::create(std::array<std::size_t, 1>{std::size_t{1} << 60});
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace aegis::context
