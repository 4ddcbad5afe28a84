// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/host_region.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "aegis/memory/memory_source.h"

namespace aegis::memory {
namespace {

bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte value) { return value == std::byte{0}; });
}

TEST(HostRegion, is_zeroed_aligned_and_stays_where_it_is_when_moved) {
  HostRegion region = HostRegion::create(100'000).value();
  const std::byte* begin = region.bytes().data();
  EXPECT_EQ(region.bytes().size(), 100'000U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(begin) % kAlignment, 0U);
  EXPECT_TRUE(all_zero(region.bytes()));
  const HostRegion moved = std::move(region);
  EXPECT_EQ(moved.bytes().data(), begin);
}

TEST(HostRegion, of_nothing_is_empty) {
  EXPECT_TRUE(HostRegion::create(0).value().bytes().empty());
}

TEST(HostRegion, more_than_there_is_is_refused) {
  const auto refused = HostRegion::create(std::numeric_limits<std::size_t>::max() / 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
}

TEST(HostMemory, gives_chunks_and_takes_them_back) {
  HostMemory host;
  const auto one = host.take(5000).value();
  const auto other = host.take(5000).value();
  std::ranges::fill(one, std::byte{1});
  EXPECT_TRUE(all_zero(other));
  host.give_back(one);
  std::ranges::fill(other, std::byte{2});
  host.give_back(other);
}

}  // namespace
}  // namespace aegis::memory
