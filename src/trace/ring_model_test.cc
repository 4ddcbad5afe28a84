// SPDX-License-Identifier: Apache-2.0
//
// The ring's protocol under a model of memory instead of on luck. Two logical threads run the
// ring's own code on one real one; every access of the ring goes through CheckedMemory, which
//
//   - keeps a vector clock per thread (Fidge, Mattern): a release store publishes it, an acquire
//   load that reads that
//     store joins it, a relaxed access carries nothing. Two accesses of one slot, one of them a
//     write, that are not ordered by these clocks are a data race, found however lucky the run;
//   - lets the other side run a whole operation just before any chosen access, so that every point
//   at which one side can
//     be overtaken by the other is visited.
//
// Property: in every script of pushes and drains, with either side overtaken at every access: no
// race, values arrive in order, none is lost or invented. Each wrong twin breaks exactly one rule
// of PublishThenFree and must be caught. Not modelled: reading an outdated index. It makes the ring
// look fuller or emptier than it is, which both sides allow.
#include <array>
#include <functional>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/trace/ring.h"

namespace aegis::trace {
namespace {

enum Side : std::size_t { kProducer = 0, kConsumer = 1 };
using VectorClock = std::array<std::uint64_t, 2>;

// One run of one script: who runs, what has been ordered, and where the other side cuts in.
struct World {
  Side running = kProducer;
  std::array<VectorClock, 2> clocks{{{1, 0}, {0, 1}}};
  std::uint64_t accesses = 0;
  std::optional<std::uint64_t> overtaken_at;
  std::function<void()> other_side;
  bool raced = false;

  void before_access() {
    if (overtaken_at != accesses++) return;
    const Side interrupted = running;
    running = interrupted == kProducer ? kConsumer : kProducer;
    other_side();
    running = interrupted;
  }
  [[nodiscard]] VectorClock& clock() { return clocks[running]; }
};
World* world = nullptr;  // of the run at hand: the ring constructs its memory without arguments

struct CheckedMemory {
  template <class T>
  class Atomic {
   public:
    explicit Atomic(T value) : value_(value) {}
    T load(std::memory_order order) const {
      world->before_access();
      if (order == std::memory_order_acquire) {
        for (std::size_t i = 0; i < 2; ++i) {
          world->clock()[i] = std::max(world->clock()[i], published_[i]);
        }
      }
      return value_;
    }
    void store(T value, std::memory_order order) {
      world->before_access();
      value_ = value;
      published_ = order == std::memory_order_release ? world->clock() : VectorClock{};
      ++world->clock()[world->running];
    }

   private:
    T value_;
    VectorClock published_{};
  };

  template <class T>
  class Slots {
   public:
    explicit Slots(std::size_t count) : slots_(count) {}
    void write(std::size_t index, const T& value) {
      world->before_access();
      Slot& slot = slots_[index];
      require_ordered(slot.last_write);
      require_ordered(slot.last_read);
      slot.value = value;
      slot.last_write[world->running] = world->clock()[world->running];
    }
    const T& read(std::size_t index) {
      world->before_access();
      Slot& slot = slots_[index];
      require_ordered(slot.last_write);
      slot.last_read[world->running] = world->clock()[world->running];
      return slot.value;
    }

   private:
    struct Slot {
      T value{};
      VectorClock last_write{};
      VectorClock last_read{};
    };
    static void require_ordered(const VectorClock& earlier) {
      for (std::size_t i = 0; i < 2; ++i) {
        if (earlier[i] > world->clock()[i]) world->raced = true;
      }
    }
    std::vector<Slot> slots_;
  };
};

// A script: bit i says who takes turn i. In turn `turn` the other side overtakes at access `at`.
struct Schedule {
  unsigned script = 0;
  int turns = 0;
  int overtaken_turn = -1;
  std::uint64_t overtaken_access = 0;
};

struct Outcome {
  bool correct = false;
  bool overtaken = false;  // the schedule's access existed
};

template <class Protocol>
class Run {
 public:
  explicit Run(const Schedule& schedule) {
    world = &world_;
    ring_.emplace(2);
    for (int turn = 0; turn < schedule.turns; ++turn) {
      const bool producer = ((schedule.script >> turn) & 1U) != 0;
      world_.running = producer ? kProducer : kConsumer;
      world_.accesses = 0;
      world_.overtaken_at.reset();
      if (turn == schedule.overtaken_turn) world_.overtaken_at = schedule.overtaken_access;
      world_.other_side = producer ? std::function<void()>([this] { drain(); })
                                   : std::function<void()>([this] { push(); });
      producer ? push() : drain();
      if (turn == schedule.overtaken_turn) {
        outcome_.overtaken = world_.accesses > schedule.overtaken_access;
      }
    }
    world_.overtaken_at.reset();
    world_.running = kConsumer;
    drain();
    outcome_.correct = !world_.raced && received_ == pushed_;
    world = nullptr;
  }
  [[nodiscard]] Outcome outcome() const { return outcome_; }

 private:
  void push() {
    const int value = ++attempted_;
    if (ring_->push(value)) pushed_.push_back(value);
  }
  void drain() {
    std::array<int, 4> out{};
    const std::size_t count = ring_->pop_into(out, ring_->published());
    received_.insert(received_.end(), out.begin(), out.begin() + static_cast<long>(count));
  }

  World world_;
  std::optional<SpscRing<int, CheckedMemory, Protocol>> ring_;
  int attempted_ = 0;
  std::vector<int> pushed_;
  std::vector<int> received_;
  Outcome outcome_;
};

// Tries every schedule; returns how many ran and how many went wrong.
template <class Protocol>
std::pair<int, int> explore() {
  constexpr int kTurns =
      8;  // capacity 2: enough to fill it, wrap it twice and find it full in between
  int runs = 0;
  int wrong = 0;
  for (unsigned script = 0; script < (1U << kTurns); ++script) {
    for (int turn = 0; turn < kTurns; ++turn) {
      for (std::uint64_t access = 0;; ++access) {
        const Outcome outcome = Run<Protocol>({script, kTurns, turn, access}).outcome();
        if (!outcome.overtaken) break;
        ++runs;
        wrong += outcome.correct ? 0 : 1;
      }
    }
  }
  return {runs, wrong};
}

struct PublishedRelaxed : PublishThenFree {
  static constexpr std::memory_order kPublish = std::memory_order_relaxed;
};
struct ObservedRelaxed : PublishThenFree {
  static constexpr std::memory_order kObservePublished = std::memory_order_relaxed;
};
struct FreedRelaxed : PublishThenFree {
  static constexpr std::memory_order kFree = std::memory_order_relaxed;
};
struct FreeObservedRelaxed : PublishThenFree {
  static constexpr std::memory_order kObserveFreed = std::memory_order_relaxed;
};
struct IndexBeforeData : PublishThenFree {
  static constexpr bool kWriteBeforePublish = false;
};
struct FreedBeforeRead : PublishThenFree {
  static constexpr bool kReadBeforeFree = false;
};

TEST(RingModel, every_interleaving_of_the_ring_is_free_of_races_and_losses) {
  const auto [runs, wrong] = explore<PublishThenFree>();
  EXPECT_GT(runs, 6'000);
  EXPECT_EQ(wrong, 0);
}

TEST(RingModel, catches_an_index_published_without_release) {
  EXPECT_GT(explore<PublishedRelaxed>().second, 0);
}
TEST(RingModel, catches_an_index_observed_without_acquire) {
  EXPECT_GT(explore<ObservedRelaxed>().second, 0);
}
TEST(RingModel, catches_slots_freed_without_release) {
  EXPECT_GT(explore<FreedRelaxed>().second, 0);
}
TEST(RingModel, catches_freed_slots_observed_without_acquire) {
  EXPECT_GT(explore<FreeObservedRelaxed>().second, 0);
}
TEST(RingModel, catches_an_index_published_before_its_data) {
  EXPECT_GT(explore<IndexBeforeData>().second, 0);
}
TEST(RingModel, catches_slots_freed_before_they_are_read) {
  EXPECT_GT(explore<FreedBeforeRead>().second, 0);
}

}  // namespace
}  // namespace aegis::trace
