// SPDX-License-Identifier: Apache-2.0
#include "aegis/trace/recorder.h"

#include <utility>

#include "aegis/trace/ring.h"

namespace aegis::trace {

class Ring final : public SpscRing<Event> {
 public:
  using SpscRing::SpscRing;
};

struct Recorder::Thread {
  Thread(ThreadId number, std::string title, std::size_t events)
      : id(number), name(std::move(title)), ring(events) {}

  ThreadId id;
  std::string name;
  Ring ring;
  // The draining thread's own.
  bool announced = false;
  std::uint64_t end = 0;  // of the pass that is going on
  std::uint64_t dropped = 0;
};

bool Writer::record(const Event& event) noexcept {
  return ring_ != nullptr && ring_->push(event);
}

Recorder::Recorder(RecorderConfig config) : config_(config) {}
Recorder::~Recorder() = default;

Writer Recorder::add_thread(std::string name) {
  const std::lock_guard lock(mutex_);
  const ThreadId id{static_cast<std::uint32_t>(threads_.size())};
  threads_.push_back(std::make_unique<Thread>(id, std::move(name), config_.events_per_ring));
  return Writer(&threads_.back()->ring);
}

void Recorder::declare(Declaration declaration) {
  const std::lock_guard lock(mutex_);
  declarations_.push_back(std::move(declaration));
}

void Recorder::drain(Sink& sink) {
  std::vector<Thread*> threads;
  std::vector<Declaration> declarations;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& thread : threads_) {
      thread->end = thread->ring.published();
      threads.push_back(thread.get());
    }
    // After the positions: whoever declared before recording an event below `end` is in this batch
    // or an earlier one.
    declarations.swap(declarations_);
  }
  for (Thread* thread : threads) {
    if (!std::exchange(thread->announced, true)) sink.on_thread(thread->id, thread->name);
  }
  for (const Declaration& declaration : declarations) sink.on_declaration(declaration);

  constexpr std::size_t kBatch =
      4096;  // 256 KiB: fits the second-level cache, and is one block of the file
  std::vector<Event> batch(kBatch);
  for (Thread* thread : threads) {
    const std::uint64_t dropped = thread->ring.dropped();
    bool news = std::exchange(thread->dropped, dropped) != dropped;
    std::size_t count = thread->ring.pop_into(batch, thread->end);
    while (count > 0 || news) {
      sink.on_events(thread->id, std::span(batch).first(count), dropped);
      news = false;
      count = thread->ring.pop_into(batch, thread->end);
    }
  }
}

std::uint64_t Recorder::dropped() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& thread : threads_) sum += thread->ring.dropped();
  return sum;
}

}  // namespace aegis::trace
