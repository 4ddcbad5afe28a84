// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/memory/memory_source.h"

namespace aegis::memory {

// A block that was never given back.
struct Leak {
  std::string owner;
  std::size_t bytes = 0;
  std::uint64_t number = 0;  // the owner's n-th allocation, from 0: where to look
};

// The memory that one owner (a model) holds for as long as it is loaded, cut from chunks of a
// source. It keeps its books outside the memory it manages, which may be a device's, and it can say
// at any time what is in use and, at the end, what was forgotten.
//
//   Pool weights(source, "detector");
//   std::byte* block = *weights.allocate(4096);
//   weights.release(block);
//   weights.close();                              // no leaks; every chunk goes back to the source
//
// A pool per owner, not one for all: a departing model gives whole chunks back, and no
// fragmentation passes from one model to the next.
//
// Best fit over the shared chunks' free blocks, neighbours joined again: O(log n) to release, O(n)
// to allocate in the number n of blocks. Slow path (it may call the source); one thread at a time.
class Pool {
 public:
  // Smaller requests share chunks of this size; a larger one has a chunk of its own, which goes
  // back with it. A runtime releases most of what it loads once its kernels have packed it, and one
  // small block that outlives a large one beside it would hold the whole chunk. The price is a
  // mapping a large weight; Linux allows 65530 a process.
  static constexpr std::size_t kChunkBytes = std::size_t{1} << 16;

  // `source` outlives the pool.
  Pool(MemorySource& source, std::string owner, std::size_t chunk_bytes = kChunkBytes);
  ~Pool();  // closes it
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // At a multiple of kAlignment; zero bytes get a block too. What the source refuses;
  // kFailedPrecondition after close().
  [[nodiscard]] Result<std::byte*> allocate(std::size_t bytes);
  // False: not a live block of this pool, and nothing happened (a double release, a foreign
  // pointer).
  bool release(const std::byte* block) noexcept;

  // Gives shared chunks without a live block back: after loading, when what loading alone needed is
  // free.
  void trim() noexcept;

  [[nodiscard]] std::size_t in_use_bytes() const noexcept { return in_use_; }  // as aligned
  [[nodiscard]] std::size_t held_bytes() const noexcept { return held_; }      // all its chunks

  // Ends the pool. Chunks without leaks go back; a leaked block's chunk is kept for ever, since
  // whoever forgot the block may still use it.
  std::vector<Leak> close();

 private:
  struct Chunk {
    std::span<std::byte> bytes;  // empty: gone back; the place in the list is used again
    std::size_t live_blocks = 0;
    bool shared = true;
  };
  struct Block {
    std::size_t bytes = 0;
    std::size_t chunk = 0;
    bool live = false;
    std::uint64_t number = 0;
  };
  using Blocks = std::map<const std::byte*, Block>;
  [[nodiscard]] Blocks::iterator best_fit(std::size_t bytes);
  [[nodiscard]] Result<Blocks::iterator> add_chunk(std::size_t bytes);
  void give_back(Chunk& chunk) noexcept;
  void join(Blocks::iterator left, Blocks::iterator right) noexcept;

  MemorySource& source_;
  const std::string owner_;
  const std::size_t chunk_bytes_;
  std::vector<Chunk> chunks_;
  Blocks blocks_;  // by address; together they partition the chunks
  std::size_t in_use_ = 0;
  std::size_t held_ = 0;
  std::uint64_t allocations_ = 0;
  bool closed_ = false;
};

}  // namespace aegis::memory
