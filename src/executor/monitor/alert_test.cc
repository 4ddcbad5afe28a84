// SPDX-License-Identifier: Apache-2.0
#include "aegis/executor/alert.h"

#include <atomic>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "aegis/executor/alert_delivery.h"

namespace aegis::executor {
namespace {

using namespace time_literals;

constexpr TimePoint at(Duration since_start) {
  return TimePoint{} + since_start;
}

Alert miss(Duration late, std::string_view task = "fusion") {
  Alert alert{.kind = AlertKind::kDeadlineMiss, .cause = MissCause::kOverrun, .measured = late};
  alert.set_task(task);
  return alert;
}

// One queue, and all that was handed over.
struct Heard {
  explicit Heard(std::uint32_t per_kind_and_second, std::size_t capacity = 1024)
      : queue(3, capacity),
        queues{&queue},
        delivery({.on_alert = [this](const Alert& alert) { alerts.push_back(alert); },
                  .per_kind_and_second = per_kind_and_second},
                 queues) {}

  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const Alert& alert : alerts) sum += alert.count;
    return sum;
  }

  AlertQueue queue;
  std::vector<AlertQueue*> queues;
  std::vector<Alert> alerts;
  AlertDelivery delivery;
};

TEST(Alert, kinds_have_words_of_their_own) {
  std::set<std::string> words;
  for (std::size_t i = 0; i < kAlertKindCount; ++i) {
    words.emplace(to_string(static_cast<AlertKind>(i)));
  }
  EXPECT_EQ(words.size(), kAlertKindCount);
  EXPECT_FALSE(words.contains("unknown"));
  EXPECT_EQ(to_string(static_cast<AlertKind>(kAlertKindCount)), "unknown");
}

TEST(Alert, cuts_a_long_name_between_characters) {
  Alert alert;
  alert.set_task("short");
  EXPECT_EQ(alert.task_name(), "short");
  alert.set_task(std::string(Alert::kNameCapacity, 'x'));
  EXPECT_EQ(alert.task_name().size(), Alert::kNameCapacity);
  alert.set_task(std::string(500, 'x'));
  EXPECT_EQ(alert.task_name().size(), Alert::kNameCapacity);
  const std::string umlaut = "\xC3\xBC";  // would straddle the end
  alert.set_task(std::string(Alert::kNameCapacity - 1, 'x') + umlaut);
  EXPECT_EQ(alert.task_name(), std::string(Alert::kNameCapacity - 1, 'x'));
  alert.set_task(std::string(500, '\x80'));  // no UTF-8 at all
  EXPECT_EQ(alert.task_name(), "");
  alert.set_task("");
  EXPECT_EQ(alert.task_name(), "");
}

TEST(AlertDelivery, hands_over_what_was_raised_in_order) {
  Heard heard(10);
  EXPECT_TRUE(heard.queue.raise(miss(2_ms, "a")));
  EXPECT_TRUE(heard.queue.raise(miss(1_ms, "b")));
  heard.delivery.deliver(at(0_ns));
  ASSERT_EQ(heard.alerts.size(), 2U);
  EXPECT_EQ(heard.alerts[0].task_name(), "a");
  EXPECT_EQ(heard.alerts[1].task_name(), "b");
  EXPECT_EQ(heard.alerts[1].cause, MissCause::kOverrun);
  EXPECT_EQ(heard.alerts[1].count, 1U);
  heard.delivery.flush(at(1_ms));
  EXPECT_EQ(heard.alerts.size(), 2U);
}

//   1000 misses within a second: ten one by one, then at its end one that stands for 990.
TEST(AlertDelivery, collapses_a_storm_into_its_worst) {
  Heard heard(10);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(heard.queue.raise(miss(i == 500 ? 9_ms : 1_ms, i == 500 ? "worst" : "other")));
  }
  EXPECT_TRUE(heard.queue.raise({.kind = AlertKind::kHungTask}));  // another kind is not its victim
  heard.delivery.deliver(at(0_ns));
  EXPECT_EQ(heard.alerts.size(), 11U);
  heard.delivery.deliver(at(999_ms));
  EXPECT_EQ(heard.alerts.size(), 11U);
  heard.delivery.deliver(at(1_s));
  ASSERT_EQ(heard.alerts.size(), 12U);
  EXPECT_EQ(heard.alerts[11].count, 990U);
  EXPECT_EQ(heard.alerts[11].task_name(), "worst");
  EXPECT_EQ(heard.alerts[11].measured, 9_ms);
  EXPECT_TRUE(heard.queue.raise(miss(1_ms)));  // a new second
  heard.delivery.deliver(at(1001_ms));
  EXPECT_EQ(heard.alerts.size(), 13U);
  EXPECT_EQ(heard.delivery.delivered(), 13U);
}

TEST(AlertDelivery, with_none_one_by_one_each_second_is_one_alert_a_kind) {
  Heard heard(0);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(heard.queue.raise(miss(1_ms)));
  heard.delivery.deliver(at(0_ns));
  EXPECT_TRUE(heard.alerts.empty());
  heard.delivery.flush(at(1_ms));
  ASSERT_EQ(heard.alerts.size(), 1U);
  EXPECT_EQ(heard.alerts[0].count, 5U);
}

TEST(AlertDelivery, reports_what_a_full_queue_dropped) {
  Heard heard(100, 4);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(heard.queue.raise(miss(1_ms)), i < 4);
  heard.delivery.deliver(at(5_ms));
  ASSERT_EQ(heard.alerts.size(), 5U);
  EXPECT_EQ(heard.alerts[4].kind, AlertKind::kAlertsDropped);
  EXPECT_EQ(heard.alerts[4].count, 6U);
  EXPECT_EQ(heard.alerts[4].worker, 3U);
  EXPECT_EQ(heard.alerts[4].at, at(5_ms));
  heard.delivery.flush(at(6_ms));
  EXPECT_EQ(heard.total(), 10U);
}

TEST(AlertDelivery, a_listener_that_throws_is_counted_and_called_again) {
  AlertQueue queue(0);
  AlertQueue* const queues[] = {&queue};
  int called = 0;
  AlertDelivery delivery({.on_alert =
                              [&](const Alert&) {
                                if (++called == 1) throw std::runtime_error("listener");
                              }},
                         queues);
  EXPECT_TRUE(queue.raise(miss(1_ms)));
  EXPECT_TRUE(queue.raise(miss(1_ms)));
  delivery.deliver(at(0_ns));
  EXPECT_EQ(called, 2);
  EXPECT_EQ(delivery.delivered(), 2U);
  EXPECT_EQ(delivery.failed(), 1U);
}

TEST(AlertDelivery, without_a_listener_queues_are_emptied_all_the_same) {
  AlertQueue queue(0, 2);
  AlertQueue* const queues[] = {&queue};
  AlertDelivery delivery({.on_alert = {}}, queues);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(queue.raise(miss(1_ms)));
    delivery.deliver(at(0_ns));
  }
  EXPECT_EQ(queue.dropped(), 0U);
  EXPECT_EQ(delivery.delivered(), 0U);
}

// Random bursts, capacities and pauses: nothing is lost in silence, and no second brings more than
// is allowed.
TEST(AlertDelivery, counts_sum_up_to_what_was_raised) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 200; ++round) {
    const auto limit = static_cast<std::uint32_t>(random() % 4);
    Heard heard(limit, 1 + random() % 16);
    std::uint64_t raised = 0;
    TimePoint now;
    for (int turn = 0; turn < 20; ++turn) {
      for (std::uint64_t i = random() % 30; i > 0; --i, ++raised) {
        const auto kind = static_cast<AlertKind>(random() % (kAlertKindCount - 1));
        (void)heard.queue.raise({.kind = kind});
      }
      now += Duration::milliseconds(static_cast<std::int64_t>(random() % 1500));
      const std::size_t before = heard.alerts.size();
      heard.delivery.deliver(now);
      ASSERT_LE(heard.alerts.size() - before, kAlertKindCount * (limit + 1));
    }
    heard.delivery.flush(now);
    ASSERT_EQ(heard.total(), raised);
  }
}

// A worker raises while another thread delivers: the same, and in order. (The ring's own wrong
// twins stand in its layer's tests.)
TEST(AlertDeliveryStress, loses_nothing_in_silence) {
  constexpr std::uint64_t kAlerts = 20'000;
  Heard heard(1U << 30, 64);
  std::atomic<bool> done{false};
  std::thread worker([&] {
    for (std::uint64_t i = 1; i <= kAlerts; ++i) {
      (void)heard.queue.raise(miss(Duration::nanoseconds(static_cast<std::int64_t>(i))));
    }
    done = true;
  });
  while (!done) heard.delivery.deliver(at(0_ns));
  worker.join();
  heard.delivery.flush(at(0_ns));
  EXPECT_EQ(heard.total(), kAlerts);
  Duration last;
  for (const Alert& alert : heard.alerts) {
    if (alert.kind != AlertKind::kDeadlineMiss) continue;
    EXPECT_GT(alert.measured, last);
    EXPECT_EQ(alert.task_name(), "fusion");
    last = alert.measured;
  }
}

}  // namespace
}  // namespace aegis::executor
