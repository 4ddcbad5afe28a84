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
  const std::size_t size = aligned(std::max<std::size_t>(bytes, 1));
  if (size < bytes) {
    return fail(Error::permanent(ErrorCode::kOutOfRange, "no block can be this large"));
  }
  auto found = best_fit(size);
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
  --chunks_[found->second.chunk].live_blocks;
  if (const auto right = std::next(found); right != blocks_.end()) join(found, right);
  if (found != blocks_.begin()) join(std::prev(found), found);
  return true;
}

std::vector<Leak> Pool::close() {
  std::vector<Leak> leaks;
  if (std::exchange(closed_, true)) return leaks;
  for (const auto& [begin, block] : blocks_) {
    if (block.live)
      leaks.push_back({.owner = owner_, .bytes = block.bytes, .number = block.number});
  }
  for (const Chunk& chunk : chunks_) {
    if (chunk.live_blocks == 0) source_.give_back(chunk.bytes);
  }
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
  const Result<std::span<std::byte>> chunk = source_.take(std::max(bytes, chunk_bytes_));
  if (!chunk) return fail(chunk.error());
  chunks_.push_back({.bytes = *chunk});
  held_ += chunk->size();
  return blocks_.emplace(chunk->data(), Block{.bytes = chunk->size(), .chunk = chunks_.size() - 1})
      .first;
}

// Chunks may lie side by side in memory, and still go back one by one.
void Pool::join(Blocks::iterator left, Blocks::iterator right) noexcept {
  if (left->second.live || right->second.live || left->second.chunk != right->second.chunk) return;
  left->second.bytes += right->second.bytes;
  blocks_.erase(right);
}

}  // namespace aegis::memory
