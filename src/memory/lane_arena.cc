// SPDX-License-Identifier: Apache-2.0
#include "aegis/memory/lane_arena.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "aegis/base/check.h"

#include "pages.h"

namespace aegis::memory {

namespace {

std::size_t whole_pages(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

}  // namespace

ArenaShare::~ArenaShare() {
  if (arena_ != nullptr) arena_->give_back(bytes_.size());
}

ArenaShare::ArenaShare(ArenaShare&& other) noexcept
    : arena_(std::exchange(other.arena_, nullptr)), bytes_(std::exchange(other.bytes_, {})) {}

ArenaShare& ArenaShare::operator=(ArenaShare&& other) noexcept {
  std::swap(arena_, other.arena_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Result<LaneArena> LaneArena::reserve(std::size_t reserved_bytes) {
  for (std::size_t bytes = whole_pages(reserved_bytes); bytes > 0; bytes = whole_pages(bytes / 2)) {
    void* pages =
        ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages != MAP_FAILED) return LaneArena({static_cast<std::byte*>(pages), bytes});
    if (bytes == whole_pages(1)) break;
  }
  return fail(Error::system("cannot reserve addresses", "activation arena", errno));
}

LaneArena::LaneArena(LaneArena&& other) noexcept
    : reserved_(std::exchange(other.reserved_, {})),
      size_(std::exchange(other.size_, 0)),
      shares_(std::move(other.shares_)),
      page_locked_(other.page_locked_) {
  check(shares_.empty(), "an arena moves only before it is shared");
}

LaneArena::~LaneArena() {
  check(shares_.empty(), "an arena outlives its shares");
  if (!reserved_.empty()) ::munmap(reserved_.data(), reserved_.size());
}

Result<ArenaShare> LaneArena::share(std::size_t bytes) {
  if (bytes > reserved_.size()) {
    return fail(Error::permanent(ErrorCode::kResourceExhausted,
                                 "activations need more than a lane's arena can hold")
                    .with_detail(std::to_string(bytes) + " of " + std::to_string(reserved_.size()) +
                                 " bytes"));
  }
  if (const Status grown = grow(whole_pages(bytes)); !grown) return fail(grown.error());
  shares_.push_back(bytes);
  return ArenaShare(*this, reserved_.first(bytes));
}

Status LaneArena::grow(std::size_t bytes) {
  if (bytes <= size_) return ok();
  std::byte* behind = reserved_.data() + size_;
  const std::size_t more = bytes - size_;
  if (::mprotect(behind, more, PROT_READ | PROT_WRITE) != 0) {
    return fail(Error::system("cannot get memory", "activation arena", errno));
  }
  const std::size_t before = std::exchange(size_, bytes);
  const Result<bool> locked = keep_in_memory({behind, more});
  if (!locked) {
    shrink(before);
    return fail(locked.error());
  }
  page_locked_ = *locked && page_locked_;
  return ok();
}

// A mapping laid over the old pages: the memory is given back, the addresses stay ours. Where the
// system has no room for another mapping, the pages stay.
void LaneArena::shrink(std::size_t bytes) noexcept {
  if (bytes >= size_) return;
  const void* laid = ::mmap(reserved_.data() + bytes, size_ - bytes, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (laid != MAP_FAILED) size_ = bytes;
}

void LaneArena::give_back(std::size_t bytes) noexcept {
  const auto found = std::ranges::find(shares_, bytes);
  check(found != shares_.end(), "a share is given back once");
  shares_.erase(found);
  shrink(shares_.empty() ? 0 : whole_pages(*std::ranges::max_element(shares_)));
}

void LaneArena::poison() const noexcept {
  constexpr int kAllOnes = 0xff;  // NaN in float16, bfloat16, float32 and float64; -1 as an index
  std::memset(reserved_.data(), kAllOnes, size_);
}

}  // namespace aegis::memory
