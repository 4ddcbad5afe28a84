// SPDX-License-Identifier: Apache-2.0
//
// A market maker has 5 µs from a tick to its quote: a later one would be traded against. So each
// quote is asked for by a deadline, and what to send without one is decided beforehand: nothing.
// How many are in time is the machine's business; that none is sent late is the scheduler's.
//
//   example_04_decide_in_time            what must hold on every machine
//   example_04_decide_in_time figures    what this one achieved

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "aegis/executor/decision.h"
#include "aegis/executor/nanosecond_scheduler.h"
#include "aegis/executor/real_time_thread.h"

using namespace aegis::time_literals;
using aegis::AbsoluteDeadline;
using aegis::Duration;
using aegis::RelativeDeadline;
using aegis::TimePoint;
using aegis::executor::decide_by;
using aegis::executor::NanosecondScheduler;
using aegis::executor::otherwise;
using aegis::executor::Priority;
using aegis::executor::SchedulerConfig;

namespace {

constexpr RelativeDeadline kTickToQuote{5_us};
constexpr int kTicks = 2'000;

// Prices in cents.
struct Book {
  std::array<std::int64_t, 8> bids{};
  std::array<std::int64_t, 8> asks{};
};
struct Quote {
  std::int64_t bid = 0;
  std::int64_t ask = 0;
  friend bool operator==(const Quote&, const Quote&) = default;
};
constexpr Quote kStandAside{};

Book book_at(int tick) {
  Book book;
  for (std::size_t level = 0; level < book.bids.size(); ++level) {
    const auto depth = static_cast<std::int64_t>(level);
    book.bids[level] = 10'000 + tick % 50 - depth;
    book.asks[level] = 10'002 + tick % 50 + depth;
  }
  return book;
}

// The decision: around the mean of the book, two cents apart.
Quote quote(const Book& book) {
  std::int64_t sum = 0;
  for (const std::int64_t bid : book.bids) sum += bid;
  for (const std::int64_t ask : book.asks) sum += ask;
  const std::int64_t middle = sum / 16;
  return {.bid = middle - 1, .ask = middle + 1};
}

// One worker, which keeps looking for work: waking up would take half of the 5 µs.
SchedulerConfig trading_desk() {
  SchedulerConfig config{.name = "desk", .spin = {.after_work = 200_us}};
  for (const Priority other : {Priority::kHigh, Priority::kNormal, Priority::kLow}) {
    config.group(other).enabled = false;
  }
  return config;
}

struct Tally {
  int quoted = 0;
  int stood_aside = 0;
  int late = 0;   // quotes sent that stood after their deadline
  int wrong = 0;  // quotes sent that are not what the book says
  std::vector<Duration> tick_to_quote;
};

void trade(NanosecondScheduler& desk, int tick, Tally& tally) {
  const Book book = book_at(tick);
  TimePoint stood;  // written by the task, before the decision is ours
  const TimePoint arrival = desk.clock().now();
  const AbsoluteDeadline deadline = arrival + kTickToQuote;
  const auto decision = decide_by(
      desk, deadline,
      [&](const aegis::executor::TaskContext& job) {
        const Quote made = quote(book);
        stood = job.clock.now();
        return made;
      },
      otherwise(kStandAside));
  if (decision.is_default()) {
    ++tally.stood_aside;
    return;
  }
  ++tally.quoted;
  tally.tick_to_quote.push_back(desk.clock().now() - arrival);
  if (stood > deadline.value) ++tally.late;
  if (decision.value() != quote(book)) ++tally.wrong;
}

void print_figures(Tally& tally) {
  std::ranges::sort(tally.tick_to_quote);
  std::printf("in time: %d of %d\n", tally.quoted, kTicks);
  if (tally.tick_to_quote.empty()) return;
  const std::size_t last = tally.tick_to_quote.size() - 1;
  std::printf("tick to quote in hand: p50 %lld ns, p99 %lld ns, max %lld ns\n",
              static_cast<long long>(tally.tick_to_quote[last / 2].ns()),
              static_cast<long long>(tally.tick_to_quote[last * 99 / 100].ns()),
              static_cast<long long>(tally.tick_to_quote[last].ns()));
}

void run(NanosecondScheduler& desk, bool figures) {
  Tally tally;
  tally.tick_to_quote.reserve(kTicks);
  for (int tick = 0; tick < kTicks; ++tick) trade(desk, tick, tally);

  std::printf("%d ticks, 5 us each to a quote\n", kTicks);
  std::printf("without an answer: %d\n", kTicks - tally.quoted - tally.stood_aside);
  std::printf("sent late: %d\n", tally.late);
  std::printf("sent wrong: %d\n", tally.wrong);

  // A deadline that nothing can meet is a value too, not an exception.
  const AbsoluteDeadline gone{desk.clock().now() - 1_ms};
  const auto hopeless = decide_by(desk, gone, [] { return quote(book_at(0)); });
  std::printf("due a millisecond ago: %s\n", hopeless ? "quoted" : "missed");

  if (figures) print_figures(tally);
}

}  // namespace

int main(int arguments, char**) {
  const auto desk = NanosecondScheduler::create(trading_desk());
  const auto cpus = aegis::executor::cpus_of_this_process();
  if (!desk || !cpus) {
    std::fputs("no scheduler here\n", stderr);
    return 4;
  }
  // The worker has taken the last CPU. Ticks come on the first: a thread that waits for an answer
  // must not stand where the answer is computed.
  auto trader = aegis::executor::RealTimeThread::start(
      {.name = "trader", .cpu = cpus->front()},
      [&](const aegis::executor::ThreadGrant&) { run(**desk, arguments > 1); });
  if (!trader) return 4;
  trader->join();
}
