// SPDX-License-Identifier: Apache-2.0
//
// The word of a slot under every interleaving instead of on luck. Its submitter, its worker, a
// canceller and a waiter (or follower) run the word's own code, one operation a step; a search goes
// through all orders of their steps, and in each step lets others be in time before any access of
// the word. An operation is one exchange that is repeated until nobody was faster, so this visits
// every outcome there is; whoever is overtaken within an operation goes on when the overtaking step
// is over. Not modelled: the order of memory. Every operation is a read-modify-write with acquire
// and release on one word, or a read with acquire.
//
// Properties, those of slot_state.h: each occupant is started or dropped, by exactly one; a handle
// acts on its own occupant; a pinned slot is not opened; an ended one has its outcome; nothing
// refers to a slot that is opened; who sleeps is rung, who follows is told; and in the end every
// slot is free again.
#include "slot_state.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace aegis::executor {
namespace {

// Depth first through all choices, by replay.
class Search {
 public:
  std::size_t choose(std::size_t of) {
    if (at_ == path_.size()) path_.push_back({0, of});
    return path_[at_++].taken;
  }
  // To the next path; false when all have been.
  bool next() {
    while (!path_.empty() && path_.back().taken + 1 == path_.back().of) path_.pop_back();
    at_ = 0;
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }

 private:
  struct Choice {
    std::size_t taken = 0;
    std::size_t of = 0;
  };
  std::vector<Choice> path_;
  std::size_t at_ = 0;
};

struct Actor {
  Actor() = default;
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  virtual ~Actor() = default;
  // Whether it has something to do now.
  [[nodiscard]] virtual bool able() const = 0;
  virtual void step() = 0;
  bool in_step = false;
};

struct World {
  explicit World(Search& choices) : search(choices) {}

  Search& search;
  std::vector<Actor*> actors;
  std::string broken;

  void require(bool holds, const char* what) {
    if (!holds && broken.empty()) broken = what;
  }
  // Lets any others make steps, until the search says that it is enough.
  void let_others(bool must) {
    for (;;) {
      std::vector<Actor*> able;
      for (Actor* actor : actors) {
        if (!actor->in_step && actor->able()) able.push_back(actor);
      }
      if (able.empty() || !broken.empty()) return;
      const std::size_t choice = search.choose(able.size() + (must ? 0 : 1));
      if (choice == able.size()) return;
      able[choice]->in_step = true;
      able[choice]->step();
      able[choice]->in_step = false;
    }
  }
};
World* world = nullptr;  // of the run at hand: the word constructs its memory without arguments

template <class T>
class SearchedAtomic {
 public:
  explicit SearchedAtomic(T value) : value_(value) {}
  [[nodiscard]] T load(std::memory_order /*order*/) const {
    world->let_others(false);
    return value_;
  }
  void store(T value, std::memory_order /*order*/) {
    world->let_others(false);
    value_ = value;
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order /*order*/) {
    world->let_others(false);
    if (value_ == expected) {
      value_ = desired;
      return true;
    }
    expected = value_;
    return false;
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order order,
                             std::memory_order /*failure*/) {
    return compare_exchange_strong(expected, desired, order);
  }
  T fetch_sub(T amount, std::memory_order /*order*/) {
    world->let_others(false);
    const T before = value_;
    value_ -= amount;
    return before;
  }

 private:
  T value_;
};

struct Searched : SlotProtocol {
  template <class T>
  using Atomic = SearchedAtomic<T>;
};
struct OpenedByStore : Searched {
  static constexpr bool kOpenByExchange = false;
};
struct EndedByStore : Searched {
  static constexpr bool kEndByExchange = false;
};
struct BurialForgotten : Searched {
  static constexpr bool kBuryRemembered = false;
};

// A slot, what its ring holds, and what a test knows of it besides.
template <class Protocol>
struct Slot {
  BasicSlotState<Protocol> state;
  std::uint32_t occupant = 0;
  std::uint32_t outcome_of = 0;  // 0: written by nobody yet
  bool in_ring = false;
  int followers = 0;  // in its list
  bool list_closed = false;
  int bell = 0;
  int told = 0;                                   // followers
  std::vector<int> owners = std::vector<int>(8);  // by generation

  void own() {
    ++owners[occupant];
    world->require(owners[occupant] == 1, "two own one task");
    world->require(outcome_of == 0, "owned after its end");
  }
  void end(Phase as) {
    outcome_of = occupant;
    const auto audience = state.end(as);
    if (audience.waiters) ++bell;
    if (!audience.dependents) return;
    world->let_others(false);
    list_closed = true;
    told += std::exchange(followers, 0);
    state.unpin();
  }
};

template <class Protocol>
struct SubmitterActor : Actor {
  explicit SubmitterActor(Slot<Protocol>& its) : slot(its) {}
  [[nodiscard]] bool able() const override { return tries > 0; }
  void step() override {
    --tries;
    const auto generation = slot.state.open(Phase::kQueued);
    if (!generation) return;
    world->require(!slot.in_ring, "opened while its ring refers to it");
    world->require(slot.occupant == 0 || slot.outcome_of == slot.occupant, "opened before its end");
    world->require(slot.followers == 0, "opened while somebody stands in its list");
    slot.list_closed = false;
    slot.occupant = *generation;
    slot.outcome_of = 0;
    slot.in_ring = true;
  }
  Slot<Protocol>& slot;
  int tries = 2;
};

template <class Protocol>
struct WorkerActor : Actor {
  explicit WorkerActor(Slot<Protocol>& its) : slot(its) {}
  [[nodiscard]] bool able() const override { return runs || slot.in_ring; }
  void step() override {
    if (std::exchange(runs, false)) {
      slot.end(Phase::kEnded);
    } else if (slot.state.start()) {
      slot.in_ring = false;
      slot.own();
      runs = true;
    } else {
      slot.in_ring = false;
      slot.state.bury();
    }
  }
  Slot<Protocol>& slot;
  bool runs = false;
};

template <class Protocol>
struct CancellerActor : Actor {
  explicit CancellerActor(Slot<Protocol>& its) : slot(its) {}
  [[nodiscard]] bool able() const override { return won || (tries > 0 && slot.occupant != 0); }
  void step() override {
    if (std::exchange(won, false)) {
      slot.end(Phase::kDead);
      return;
    }
    --tries;
    const std::uint32_t handle = slot.occupant;
    if (slot.state.claim(handle) != BasicSlotState<Protocol>::Claim::kWon) return;
    world->require(slot.occupant == handle, "a handle claimed another occupant");
    slot.own();
    won = true;
  }
  Slot<Protocol>& slot;
  int tries = 1;
  bool won = false;
};

// Waits for whoever is there when it comes.
template <class Protocol>
struct WaiterActor : Actor {
  explicit WaiterActor(Slot<Protocol>& its) : slot(its) {}
  [[nodiscard]] bool able() const override {
    if (stage == Stage::kAsleep) return slot.bell != heard;
    return stage != Stage::kDone && slot.occupant != 0;
  }
  void step() override {
    switch (stage) {
      case Stage::kOutside: {
        handle = slot.occupant;
        const bool pinned = slot.state.pin(handle) == BasicSlotState<Protocol>::Pin::kPinned;
        stage = pinned ? Stage::kPinned : Stage::kDone;
        return;
      }
      case Stage::kPinned:
      case Stage::kAsleep:
        heard = slot.bell;
        stage = sees_end() ? Stage::kSeen : Stage::kAsleep;
        return;
      case Stage::kSeen:
        (void)sees_end();
        slot.state.unpin();
        stage = Stage::kDone;
        return;
      case Stage::kDone:
        return;
    }
  }
  bool sees_end() {
    const bool ended = slot.state.has_ended();
    world->require(slot.occupant == handle, "a pinned slot was opened");
    if (ended) world->require(slot.outcome_of == handle, "ended without its outcome");
    return ended;
  }
  enum class Stage : std::uint8_t { kOutside, kPinned, kAsleep, kSeen, kDone };
  Slot<Protocol>& slot;
  Stage stage = Stage::kOutside;
  std::uint32_t handle = 0;
  int heard = 0;
};

// Wants to be told of the end of whoever is there when it comes, unless it has ended.
template <class Protocol>
struct FollowerActor : Actor {
  explicit FollowerActor(Slot<Protocol>& its) : slot(its) {}
  [[nodiscard]] bool able() const override { return !done && slot.occupant != 0; }
  void step() override {
    done = true;
    const std::uint32_t handle = slot.occupant;
    if (slot.state.pin(handle, true) != BasicSlotState<Protocol>::Pin::kPinned) return;
    const bool ended = slot.state.has_ended();
    if (!ended) world->let_others(false);
    world->require(slot.occupant == handle, "a pinned slot was opened");
    if (!ended && !slot.list_closed) {
      ++slot.followers;
      stood = 1;
    } else {
      world->require(slot.state.has_ended(), "its list is closed and it has not ended");
      world->require(slot.outcome_of == handle, "ended without its outcome");
    }
    slot.state.unpin();
  }
  Slot<Protocol>& slot;
  bool done = false;
  int stood = 0;
};

struct Found {
  std::size_t runs = 0;
  std::string broken;  // the first property that did not hold
};

// All runs of submitter, worker and canceller with a Guest, until one breaks a property.
template <class Protocol, template <class> class Guest>
Found search_all() {
  Found found;
  Search search;
  do {
    World run(search);
    world = &run;
    Slot<Protocol> slot;
    SubmitterActor<Protocol> submitter(slot);
    WorkerActor<Protocol> worker(slot);
    CancellerActor<Protocol> canceller(slot);
    Guest<Protocol> guest(slot);
    run.actors = {&submitter, &worker, &canceller, &guest};
    run.let_others(true);
    run.actors.clear();  // from here on nobody overtakes
    if constexpr (requires { guest.stood; }) {
      run.require(slot.told == guest.stood, "a follower is told nothing");
    } else {
      run.require(guest.stage == Guest<Protocol>::Stage::kDone, "somebody sleeps for ever");
    }
    run.require(slot.state.reusable(), "a slot is never free again");
    run.require(slot.owners[slot.occupant] == 1, "a task is neither run nor dropped");
    ++found.runs;
    found.broken = run.broken;
    world = nullptr;
  } while (found.broken.empty() && search.next());
  return found;
}

TEST(SlotState, every_order_of_waiting_ending_cancelling_and_reusing_is_sound) {
  const Found found = search_all<Searched, WaiterActor>();
  EXPECT_EQ(found.broken, "") << "in run " << found.runs;
  EXPECT_GT(found.runs, 100'000U);
}

TEST(SlotState, every_order_of_following_ending_cancelling_and_reusing_is_sound) {
  const Found found = search_all<Searched, FollowerActor>();
  EXPECT_EQ(found.broken, "") << "in run " << found.runs;
  EXPECT_GT(found.runs, 40'000U);
}

TEST(SlotState, catches_a_slot_opened_by_a_store) {
  EXPECT_EQ((search_all<OpenedByStore, WaiterActor>().broken), "a pinned slot was opened");
}

TEST(SlotState, catches_a_task_ended_by_a_store) {
  EXPECT_NE((search_all<EndedByStore, WaiterActor>().broken), "");
  EXPECT_NE((search_all<EndedByStore, FollowerActor>().broken), "");
}

TEST(SlotState, catches_a_burial_that_overtakes_its_end_and_is_forgotten) {
  EXPECT_EQ((search_all<BurialForgotten, WaiterActor>().broken), "a slot is never free again");
}

}  // namespace
}  // namespace aegis::executor
