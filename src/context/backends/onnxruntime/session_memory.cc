// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/session_memory.h"

#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <utility>

namespace aegis::context {

namespace {

using memory::kAlignment;

// In front of every block that is not in an arena: who must take it back, on whatever thread and in
// whatever scope it is released. Fills a whole unit of alignment.
struct alignas(kAlignment) BlockHeader {
  SessionMemory* owner = nullptr;  // null: the heap
  memory::Pool* pool = nullptr;
};

// Whose memory the calling thread is in. ORT's allocator interface knows only the allocator, which
// all sessions share.
thread_local SessionMemory* current = nullptr;

// As the C interface wants it, with what Info() returns behind it.
struct Router : OrtAllocator {
  const OrtMemoryInfo* info = nullptr;
};

const OrtMemoryInfo* ORT_API_CALL info_of(const OrtAllocator* self) {
  return static_cast<const Router*>(self)->info;
}

}  // namespace

SessionMemory::Scope::Scope(SessionMemory& memory) noexcept
    : before_(std::exchange(current, &memory)) {}

SessionMemory::Scope::~Scope() {
  current = before_;
}

SessionMemory::SessionMemory(std::shared_ptr<memory::MemorySource> source, const std::string& owner)
    : owner_(owner), source_(std::move(source)), weights_(*source_, owner) {
  spill_.emplace(*source_, owner_);
}

void SessionMemory::begin_observed_run() {
  recorder_.begin();
  phase_ = Phase::kObserved;
}

Result<memory::AllocationLog> SessionMemory::end_observed_run() {
  phase_ = Phase::kHolding;
  return recorder_.end();
}

Status SessionMemory::plan(memory::AllocationLog log) {
  Result<memory::PlannedAllocator> made = memory::PlannedAllocator::plan(std::move(log));
  if (!made) return fail(made.error());
  planned_ = std::move(*made);
  spill_.emplace(*source_, owner_);  // what the observed runs took goes back
  return ok();
}

void SessionMemory::place(std::span<std::byte> arena) noexcept {
  planned_->place(arena);
}

void SessionMemory::withdraw_arena() noexcept {
  planned_->withdraw();
}

void SessionMemory::begin_run() noexcept {
  if (!planned_) return;
  planned_->begin();
  phase_ = Phase::kPlanned;
}

Status SessionMemory::end_run(bool completed) noexcept {
  if (!planned_) return ok();
  phase_ = Phase::kHolding;
  return planned_->end(completed);
}

std::size_t SessionMemory::held_bytes() const noexcept {
  return weights_.held_bytes() + spill_->held_bytes();
}

std::vector<memory::Leak> SessionMemory::close() {
  std::vector<memory::Leak> leaks = weights_.close();
  for (memory::Leak& leak : spill_->close()) leaks.push_back(std::move(leak));
  return leaks;
}

void* SessionMemory::allocate(std::size_t bytes) {
  if (phase_ == Phase::kHolding) return take(&weights_, this, bytes);
  if (phase_ == Phase::kPlanned) {
    if (std::byte* planned = planned_->allocate(bytes); planned != nullptr) return planned;
  }
  void* block = take(&*spill_, this, bytes);
  if (phase_ == Phase::kObserved) recorder_.allocated(block, bytes);
  return block;
}

void SessionMemory::release(void* block) noexcept {
  if (phase_ == Phase::kObserved) recorder_.released(block);
  auto* header = static_cast<BlockHeader*>(block) - 1;
  header->pool->release(reinterpret_cast<std::byte*>(header));
}

void* SessionMemory::take(memory::Pool* pool, SessionMemory* owner, std::size_t bytes) {
  const std::size_t with_header = memory::aligned(bytes) + sizeof(BlockHeader);
  if (with_header < bytes) throw std::bad_alloc();
  void* memory = nullptr;
  if (pool != nullptr) {
    const Result<std::byte*> block = pool->allocate(with_header);
    memory = block ? *block : nullptr;
  } else {
    memory = std::aligned_alloc(kAlignment, with_header);
  }
  if (memory == nullptr) throw std::bad_alloc();
  return new (memory) BlockHeader{.owner = owner, .pool = pool} + 1;
}

void* SessionMemory::route_allocation(OrtAllocator* /*self*/, std::size_t bytes) {
  return current != nullptr ? current->allocate(bytes) : take(nullptr, nullptr, bytes);
}

void SessionMemory::route_release(OrtAllocator* /*self*/, void* block) {
  if (block == nullptr) return;
  if (current != nullptr && current->planned_ && current->planned_->release(block)) return;
  auto* header = static_cast<BlockHeader*>(block) - 1;
  if (header->owner != nullptr) return header->owner->release(block);
  std::free(header);  // NOLINT(cppcoreguidelines-no-malloc): from aligned_alloc, see take()
}

Result<OrtAllocator*> SessionMemory::router(const RuntimeLibrary& runtime) {
  // One a library, never destroyed: environments come and go, and refer to it until the process
  // ends.
  static std::mutex lock;
  static auto& routers = *new std::map<const OrtApi*, Router>;
  const std::lock_guard held(lock);
  const OrtApi& api = runtime.api();
  if (const auto known = routers.find(&api); known != routers.end()) return &known->second;
  Result<Handle<OrtMemoryInfo>> info = runtime.make<OrtMemoryInfo>(
      api.ReleaseMemoryInfo, "cannot describe memory", runtime.version(), [&](OrtMemoryInfo** out) {
        // An arena allocator's description is refused by RegisterAllocator.
        return api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, out);
      });
  if (!info) return fail(info.error());
  Router& made = routers[&api];
  made.version = RuntimeLibrary::kApiVersion;
  made.Alloc = route_allocation;
  made.Free = route_release;
  made.Info = info_of;
  made.Reserve = route_allocation;
  made.info = info->release();
  return &made;
}

}  // namespace aegis::context
