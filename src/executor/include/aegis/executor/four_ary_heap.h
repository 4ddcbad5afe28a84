// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "aegis/base/check.h"

namespace aegis::executor {

// A priority queue in one array of fixed capacity: the d-ary heap of Johnson (1975) with d = 4.
//
//   index      0                       the smallest
//   children   4i+1 .. 4i+4            no smaller than their parent
//   parent     (i-1)/4
//
// Four children halve the depth of a binary heap and lie side by side in memory, so a pop touches
// log4(n) groups of neighbouring lines (LaMarca and Ladner 1996). Five levels hold 1,000 entries,
// nine hold 100,000.
//
// `Before` is a strict weak order. Entries are copied: keep T small and trivially copyable.
// Real-time: allocates in the constructor only; push, pop and replace_top are O(log n), the rest
// says its own bound. One thread.
template <class T, class Before>
class FourAryHeap {
 public:
  // Room for this many entries, allocated now.
  explicit FourAryHeap(std::size_t capacity) : items_(capacity) {}

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return items_.size(); }
  [[nodiscard]] const T& top() const noexcept {
    check(size_ > 0, "the top of a heap is asked for only when there is one");
    return items_[0];
  }

  // Whether there was room.
  [[nodiscard]] bool push(const T& item) noexcept {
    if (size_ == items_.size()) return false;
    sift_up(size_++, item);
    return true;
  }

  // Takes the smallest. The heap must not be empty: aborts.
  T pop() noexcept {
    const T smallest = top();
    const T last = items_[--size_];
    if (size_ > 0) sift_down(0, last);
    return smallest;
  }

  // One pop and one push for the price of a pop.
  void replace_top(const T& item) noexcept {
    check(size_ > 0, "only an existing top can be replaced");
    sift_down(0, item);
  }

  // Removes every entry for which `leaves(entry)` is true, in no particular order, and returns how
  // many. O(n).
  template <class Leaves>
  std::size_t remove_if(Leaves leaves) noexcept {
    const auto begin = items_.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(size_);
    const auto kept = std::remove_if(begin, end, leaves);
    const auto removed = static_cast<std::size_t>(end - kept);
    size_ -= removed;
    if (removed > 0) restore_order();
    return removed;
  }

  // Removes and returns the smallest entry for which `takes(entry)` is true. O(n): every entry is
  // looked at, then one gap is closed.
  template <class Takes>
  [[nodiscard]] std::optional<T> take_best(Takes takes) noexcept {
    std::size_t best = size_;
    for (std::size_t i = 0; i < size_; ++i) {
      if (best < size_ && !before_(items_[i], items_[best])) continue;
      if (takes(items_[i])) best = i;
    }
    if (best == size_) return std::nullopt;
    const T taken = items_[best];
    close_gap(best);
    return taken;
  }

  // At most so many may be asked of best_after_top: its cost grows with the square.
  static constexpr std::size_t kMaxBest = 8;

  // Copies the smallest entries after the top, ascending, and returns how many there were: up to
  // `out.size()`. O(k^2), independent of n: whoever is next smallest is a child of one already
  // taken, so only those are compared.
  [[nodiscard]] std::size_t best_after_top(std::span<T> out) const noexcept {
    check(out.size() <= kMaxBest, "the best few entries are few");
    std::array<std::size_t, kArity + kMaxBest*(kArity - 1)> frontier;
    std::size_t width = 0;
    const auto open = [&](std::size_t parent) {
      const std::size_t end = std::min(kArity * parent + kArity + 1, size_);
      for (std::size_t child = kArity * parent + 1; child < end; ++child) frontier[width++] = child;
    };
    open(0);
    std::size_t found = 0;
    while (found < out.size() && width > 0) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < width; ++i) {
        if (before_(items_[frontier[i]], items_[frontier[best]])) best = i;
      }
      const std::size_t index = frontier[best];
      frontier[best] = frontier[--width];
      out[found++] = items_[index];
      if (found < out.size()) open(index);
    }
    return found;
  }

 private:
  static constexpr std::size_t kArity = 4;

  // Floyd (1964): every parent, from the last one up. O(n).
  void restore_order() noexcept {
    for (std::size_t i = (size_ + kArity - 2) / kArity; i-- > 0;) sift_down(i, T(items_[i]));
  }

  // The last entry fills the gap. It may come from another branch, so it may belong above as well
  // as below.
  void close_gap(std::size_t gap) noexcept {
    const T last = items_[--size_];
    if (gap == size_) return;
    if (gap > 0 && before_(last, items_[(gap - 1) / kArity])) {
      sift_up(gap, last);
    } else {
      sift_down(gap, last);
    }
  }

  void sift_up(std::size_t hole, const T& item) noexcept {
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / kArity;
      if (!before_(item, items_[parent])) break;
      items_[hole] = items_[parent];
      hole = parent;
    }
    items_[hole] = item;
  }

  // Of the up to four from `first` on. Four are the common case, and which of them is the smallest
  // is random: a knock-out whose outcomes are added, not jumped on, spares mispredicted branches.
  [[nodiscard]] std::size_t smallest_child(std::size_t first) const noexcept {
    if (first + kArity <= size_) {
      const auto earlier = [&](std::size_t a, std::size_t b) {
        return a + (b - a) * static_cast<std::size_t>(before_(items_[b], items_[a]));
      };
      return earlier(earlier(first, first + 1), earlier(first + 2, first + 3));
    }
    std::size_t best = first;
    for (std::size_t child = first + 1; child < size_; ++child) {
      if (before_(items_[child], items_[best])) best = child;
    }
    return best;
  }

  void sift_down(std::size_t hole, const T& item) noexcept {
    for (;;) {
      const std::size_t first = kArity * hole + 1;
      if (first >= size_) break;
      const std::size_t best = smallest_child(first);
      if (!before_(items_[best], item)) break;
      items_[hole] = items_[best];
      hole = best;
    }
    items_[hole] = item;
  }

  std::vector<T> items_;
  std::size_t size_ = 0;
  [[no_unique_address]] Before before_;
};

}  // namespace aegis::executor
