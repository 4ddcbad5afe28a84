// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "aegis/base/result.h"
#include "aegis/memory/allocation_log.h"
#include "aegis/memory/planned_allocator.h"
#include "aegis/memory/pool.h"

#include "backends/onnxruntime/runtime_library.h"

namespace aegis::context {

// Where one ONNX Runtime session's memory comes from. ORT asks one allocator for everything (it is
// registered once, with the environment); while a Scope is alive, what is asked on its thread is
// answered by that scope's session:
//
//   while loading     from the session's pool: weights, and whatever it keeps
//   an observed run   from a pool of its own, written down in a log
//   a planned run     from the lane's arena, by plan; what is not as planned, from the pool for
//                     spills, and end_run() says so
//
// One thread at a time. A planned run is real-time: it neither allocates nor locks unless the
// session deviates from its plan. Must outlive the session that asks it.
class SessionMemory {
 public:
  class Scope {
   public:
    explicit Scope(SessionMemory& memory) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    SessionMemory* before_;
  };

  SessionMemory(std::shared_ptr<memory::MemorySource> source, const std::string& owner);
  SessionMemory(const SessionMemory&) = delete;
  SessionMemory& operator=(const SessionMemory&) = delete;

  void begin_observed_run();
  [[nodiscard]] Result<memory::AllocationLog> end_observed_run();

  // From the next run on, by plan; place() comes first.
  [[nodiscard]] Status plan(memory::AllocationLog log);
  [[nodiscard]] const std::optional<memory::PlannedAllocator>& planned() const { return planned_; }
  void place(std::span<std::byte> arena) noexcept;
  void withdraw_arena() noexcept;
  void begin_run() noexcept;
  [[nodiscard]] Status end_run(bool completed) noexcept;

  // Loading, or a first run, is over: what it alone needed goes back.
  void settle() noexcept { weights_.trim(); }
  [[nodiscard]] std::size_t weight_bytes() const noexcept { return weights_.held_bytes(); }
  [[nodiscard]] std::size_t held_bytes() const noexcept;
  // After the session is gone. Where it leaked, whoever forgot a block may still use or release it:
  // this object must then never be destroyed, nor its source.
  [[nodiscard]] std::vector<memory::Leak> close();

  // The allocator to register with the environment: it never ends, and asks the scope of the
  // calling thread, or the heap where there is none. Throws std::bad_alloc, as ORT's own do.
  [[nodiscard]] static Result<OrtAllocator*> router(const RuntimeLibrary& runtime);

 private:
  enum class Phase : std::uint8_t { kHolding, kObserved, kPlanned };
  [[nodiscard]] void* allocate(std::size_t bytes);
  void release(void* block) noexcept;
  static void* route_allocation(OrtAllocator* self, std::size_t bytes);
  static void route_release(OrtAllocator* self, void* block);
  [[nodiscard]] static void* take(memory::Pool* pool, SessionMemory* owner, std::size_t bytes);

  const std::string owner_;
  const std::shared_ptr<memory::MemorySource> source_;
  memory::Pool weights_;
  std::optional<memory::Pool> spill_;
  memory::AllocationRecorder recorder_;
  std::optional<memory::PlannedAllocator> planned_;
  Phase phase_ = Phase::kHolding;
};

}  // namespace aegis::context
