// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/pool.h"

#include <algorithm>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aegis::memory {
namespace {

// A device of so many bytes, which says what it has given.
class SmallDevice final : public MemorySource {
 public:
  explicit SmallDevice(std::size_t capacity) : left_(capacity) {}
  Result<std::span<std::byte>> take(std::size_t bytes) override {
    if (bytes > left_) {
      return fail(Error::permanent(ErrorCode::kResourceExhausted, "the device is full"));
    }
    left_ -= bytes;
    return host_.take(bytes);
  }
  void give_back(std::span<std::byte> chunk) noexcept override {
    left_ += chunk.size();
    host_.give_back(chunk);
  }
  [[nodiscard]] std::size_t left() const { return left_; }

 private:
  HostMemory host_;
  std::size_t left_;
};

constexpr std::size_t kCapacity = std::size_t{1} << 20;

TEST(Pool, gives_aligned_blocks_and_every_chunk_back) {
  SmallDevice device(kCapacity);
  Pool pool(device, "detector", 4096);
  std::byte* one = pool.allocate(1).value();
  std::byte* none = pool.allocate(0).value();
  std::byte* large = pool.allocate(10'000).value();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(one) % kAlignment, 0U);
  EXPECT_NE(one, none);
  EXPECT_EQ(pool.in_use_bytes(), 64U + 64 + 10'048);
  EXPECT_EQ(pool.held_bytes(), 4096U + 10'048);
  for (std::byte* block : {one, none, large}) EXPECT_TRUE(pool.release(block));
  EXPECT_EQ(pool.in_use_bytes(), 0U);
  EXPECT_TRUE(pool.close().empty());
  EXPECT_EQ(device.left(), kCapacity);
}

TEST(Pool, a_block_that_nobody_gave_back_is_a_leak_by_name) {
  SmallDevice device(kCapacity);
  Pool pool(device, "detector", 4096);
  ASSERT_TRUE(pool.release(pool.allocate(100).value()));
  ASSERT_TRUE(pool.allocate(200));
  ASSERT_TRUE(pool.release(pool.allocate(8192).value()));
  const std::vector<Leak> leaks = pool.close();
  ASSERT_EQ(leaks.size(), 1U);
  EXPECT_EQ(leaks[0].owner, "detector");
  EXPECT_EQ(leaks[0].bytes, 256U);
  EXPECT_EQ(leaks[0].number, 1U) << "its second allocation";
  EXPECT_EQ(device.left(), kCapacity - 4096) << "what may still be in use is kept";
}

TEST(Pool, refuses_what_it_did_not_give_and_gives_nothing_twice) {
  SmallDevice device(kCapacity);
  Pool pool(device, "detector", 4096);
  std::byte* block = pool.allocate(100).value();
  EXPECT_FALSE(pool.release(block + 64));
  EXPECT_FALSE(pool.release(nullptr));
  EXPECT_TRUE(pool.release(block));
  EXPECT_FALSE(pool.release(block)) << "a double release";
  EXPECT_EQ(pool.in_use_bytes(), 0U);
  pool.close();
  EXPECT_EQ(pool.allocate(1).error().code, ErrorCode::kFailedPrecondition);
}

TEST(Pool, a_full_device_is_an_answer_and_the_pool_goes_on) {
  SmallDevice device(8192);
  Pool pool(device, "detector", 4096);
  ASSERT_TRUE(pool.allocate(4096));
  const auto refused = pool.allocate(5000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(pool.allocate(4096));
  EXPECT_EQ(pool.allocate(std::numeric_limits<std::size_t>::max()).error().code,
            ErrorCode::kOutOfRange);
}

TEST(Pool, neighbours_that_are_free_become_one) {
  SmallDevice device(4096);
  Pool pool(device, "detector", 4096);
  std::vector<std::byte*> blocks;
  for (int i = 0; i < 4; ++i) blocks.push_back(pool.allocate(1024).value());
  for (const int i : {2, 0, 1, 3}) EXPECT_TRUE(pool.release(blocks[static_cast<std::size_t>(i)]));
  EXPECT_TRUE(pool.allocate(4096)) << "the device has no second chunk";
}

TEST(Pool, a_large_block_goes_back_with_its_chunk) {
  SmallDevice device(kCapacity);
  Pool pool(device, "detector", 4096);
  std::byte* large = pool.allocate(50'000).value();
  std::byte* small = pool.allocate(100).value();
  ASSERT_TRUE(pool.release(large));
  EXPECT_EQ(pool.held_bytes(), 4096U) << "the small one never lives where a large one did";
  EXPECT_TRUE(pool.release(small));
}

TEST(Pool, trimmed_keeps_only_chunks_in_use) {
  SmallDevice device(kCapacity);
  Pool pool(device, "detector", 4096);
  std::byte* small = pool.allocate(100).value();
  std::byte* other = pool.allocate(4096).value();
  ASSERT_TRUE(pool.release(other));
  EXPECT_EQ(pool.held_bytes(), 2U * 4096);
  pool.trim();
  EXPECT_EQ(pool.held_bytes(), 4096U);
  EXPECT_EQ(device.left(), kCapacity - 4096);
  EXPECT_TRUE(pool.release(pool.allocate(50'000).value())) << "it goes on";
  EXPECT_TRUE(pool.release(small));
  EXPECT_TRUE(pool.close().empty());
  EXPECT_EQ(device.left(), kCapacity);
}

// Against the definition: live blocks never overlap, keep what was written, and the books agree.
TEST(Pool, random_use_agrees_with_a_simple_model) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    SmallDevice device(std::size_t{1} << 18);
    Pool pool(device, "detector", 4096);
    std::map<std::byte*, std::pair<std::size_t, std::byte>> live;
    std::size_t in_use = 0;
    for (int step = 0; step < 400; ++step) {
      if (random() % 3 != 0 || live.empty()) {
        const std::size_t bytes = random() % 6000;
        const auto block = pool.allocate(bytes);
        if (!block) continue;
        const auto mark = static_cast<std::byte>(random());
        std::fill_n(*block, bytes, mark);
        ASSERT_TRUE(live.emplace(*block, std::pair{bytes, mark}).second);
        in_use += aligned(std::max<std::size_t>(bytes, 1));
      } else {
        const auto at =
            std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
        const auto [bytes, mark] = at->second;
        ASSERT_TRUE(
            std::all_of(at->first, at->first + bytes, [m = mark](std::byte b) { return b == m; }));
        ASSERT_TRUE(pool.release(at->first));
        in_use -= aligned(std::max<std::size_t>(bytes, 1));
        live.erase(at);
      }
      if (random() % 50 == 0) pool.trim();
      ASSERT_EQ(pool.in_use_bytes(), in_use);
      ASSERT_LE(in_use, pool.held_bytes());
    }
    EXPECT_EQ(pool.close().size(), live.size());
  }
}

}  // namespace
}  // namespace aegis::memory
