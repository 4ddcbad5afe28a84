// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "aegis/executor/nanosecond_scheduler.h"

namespace aegis::executor {

// What is known of one body.
struct Record {
  std::atomic<int> calls{0};
  std::atomic<int> destroyed{0};
  bool accepted = false;  // written before anybody else knows of it
  bool periodic = false;
  bool endless = false;  // ends when cancelled only, or follows one that does
};

// The one token of a body: whoever destroys the body destroys it.
class Token {
 public:
  explicit Token(Record& record) : record_(&record) {}
  Token(Token&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  Token& operator=(Token&&) = delete;
  ~Token() {
    if (record_ != nullptr) record_->destroyed.fetch_add(1, std::memory_order_relaxed);
  }
  void called() const noexcept { record_->calls.fetch_add(1, std::memory_order_relaxed); }

 private:
  Record* record_;
};

struct Known {
  TaskHandle handle;
  Record* record = nullptr;
};

// What all threads of a program share.
struct Shared {
  explicit Shared(NanosecondScheduler& its) : scheduler(its) {}

  NanosecondScheduler& scheduler;
  std::atomic<bool> closing{false};  // shut down, or about to be

  std::mutex mutex;
  std::array<Known, 64> board{};  // recent tasks of anybody
  std::vector<std::string> broken;

  void complain(std::string what) {
    const std::scoped_lock lock(mutex);
    if (broken.size() < 20) broken.push_back(std::move(what));
  }
};

}  // namespace aegis::executor
