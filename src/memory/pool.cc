// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace aegis::memory {

Pool::Pool(MemorySource& source, std::string owner, std::size_t chunk_bytes)
    : source_(source), owner_(std::move(owner)), chunk_bytes_(aligned(chunk_bytes)) {}

Pool::~Pool() {
  close();
}

Result<std::byte*> Pool::allocate(std::size_t bytes) {
  if (closed_) return fail(Error::permanent(ErrorCode::kFailedPrecondition, "the pool is closed"));
  const std::size_t size = occupied(bytes);
  if (size < bytes) {
    return fail(Error::permanent(ErrorCode::kOutOfRange, "no block can be this large"));
  }
  auto found = size <= chunk_bytes_ ? best_fit(size) : blocks_.end();
  if (found == blocks_.end()) {
    const Result<Blocks::iterator> added = add_chunk(size);
    if (!added) return fail(added.error());
    found = *added;
  }
  auto& [begin, block] = *found;
  if (block.bytes > size) {
    blocks_.emplace(begin + size, Block{.bytes = block.bytes - size, .chunk = block.chunk});
    block.bytes = size;
  }
  block.live = true;
  block.number = allocations_++;
  in_use_ += size;
  Chunk& chunk = chunks_[block.chunk];
  ++chunk.live_blocks;
  return chunk.bytes.data() + (begin - chunk.bytes.data());
}

bool Pool::release(const std::byte* block) noexcept {
  const auto found = blocks_.find(block);
  if (found == blocks_.end() || !found->second.live) return false;
  found->second.live = false;
  in_use_ -= found->second.bytes;
  Chunk& chunk = chunks_[found->second.chunk];
  --chunk.live_blocks;
  if (!chunk.shared) {
    give_back(chunk);
    return true;
  }
  if (const auto right = std::next(found); right != blocks_.end()) join(found, right);
  if (found != blocks_.begin()) join(std::prev(found), found);
  return true;
}

void Pool::trim() noexcept {
  for (Chunk& chunk : chunks_) {
    if (chunk.live_blocks == 0 && !chunk.bytes.empty()) give_back(chunk);
  }
}

// Without a live block, a chunk is one free block: its neighbours were joined.
void Pool::give_back(Chunk& chunk) noexcept {
  blocks_.erase(chunk.bytes.data());
  held_ -= chunk.bytes.size();
  source_.give_back(std::exchange(chunk.bytes, {}));
}

std::vector<Leak> Pool::close() {
  std::vector<Leak> leaks;
  if (std::exchange(closed_, true)) return leaks;
  for (const auto& [begin, block] : blocks_) {
    if (block.live)
      leaks.push_back({.owner = owner_, .bytes = block.bytes, .number = block.number});
  }
  trim();
  return leaks;
}

Pool::Blocks::iterator Pool::best_fit(std::size_t bytes) {
  auto best = blocks_.end();
  for (auto at = blocks_.begin(); at != blocks_.end(); ++at) {
    if (at->second.live || at->second.bytes < bytes) continue;
    if (best == blocks_.end() || at->second.bytes < best->second.bytes) best = at;
  }
  return best;
}

Result<Pool::Blocks::iterator> Pool::add_chunk(std::size_t bytes) {
  const bool shared = bytes <= chunk_bytes_;
  const Result<std::span<std::byte>> chunk = source_.take(shared ? chunk_bytes_ : bytes);
  if (!chunk) return fail(chunk.error());
  const auto unused = std::ranges::find_if(chunks_, [](const Chunk& c) { return c.bytes.empty(); });
  const auto at = static_cast<std::size_t>(unused - chunks_.begin());
  if (unused == chunks_.end()) chunks_.emplace_back();
  chunks_[at] = {.bytes = *chunk, .live_blocks = 0, .shared = shared};
  held_ += chunk->size();
  return blocks_.emplace(chunk->data(), Block{.bytes = chunk->size(), .chunk = at}).first;
}

// Chunks may lie side by side in memory, and still go back one by one.
void Pool::join(Blocks::iterator left, Blocks::iterator right) noexcept {
  if (left->second.live || right->second.live || left->second.chunk != right->second.chunk) return;
  left->second.bytes += right->second.bytes;
  blocks_.erase(right);
}

}  // namespace aegis::memory
