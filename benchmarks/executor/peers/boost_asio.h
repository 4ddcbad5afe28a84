// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "aegis/executor/hybrid_wait.h"

#include "executor.h"
#include "worker_thread.h"

namespace aegis::benchmarks {

// boost::asio::post to an io_context that one thread runs (which the context is told: hint 1): a
// first-in-first-out queue behind a mutex. Spins with poll_one(), parks in run_one().
class BoostAsio {
 public:
  static constexpr std::string_view kName = "Boost.Asio post";
  static constexpr bool kWatchesItsWorker = true;

  explicit BoostAsio(const WorkerPlan& plan)
      : parks_(plan.idle == Idle::kParks), worker_(plan, [this] { step(); }) {}
  BoostAsio(const BoostAsio&) = delete;
  BoostAsio& operator=(const BoostAsio&) = delete;
  ~BoostAsio() {
    worker_.stop();
    submit({.run = [](void*) {}});
  }

  void submit(Task task) {
    boost::asio::post(context_, [task] { task.run(task.argument); });
  }
  [[nodiscard]] std::string refused() const { return worker_.refused(); }

 private:
  void step() {
    if (parks_) {
      context_.run_one();
    } else if (context_.poll_one() == 0) {
      executor::spin_pause();
    }
  }

  const bool parks_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  WorkerThread worker_;
};
static_assert(Executor<BoostAsio>);

}  // namespace aegis::benchmarks
