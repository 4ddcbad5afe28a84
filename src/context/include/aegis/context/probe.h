// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "aegis/base/result.h"
#include "aegis/base/time.h"
#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// Makes a backend, in the child: nothing of a runtime is loaded before the fork.
using BackendFactory = std::function<Result<std::unique_ptr<RuntimeBackend>>()>;

// What a model may use while it is loaded on trial. Raise them for a model that is honest and
// larger.
struct ProbeLimits {
  // Of addresses, not of memory touched: room for the program, the runtime and a model of several
  // GiB. Not applied in sanitizer builds, whose shadow memory alone is larger.
  std::size_t address_space_bytes = std::size_t{16} << 30;
  Duration processor_time = Duration::seconds(60);  // resnet18 takes 0.2 s; whole seconds
  Duration wall_time = Duration::seconds(120);      // for a load that sleeps instead of computing
};

// Loads the model in a child process that dies of whatever the model does to its runtime: a file
// nobody vouches for should pass this before the process that keeps deadlines loads it. Success
// promises nothing about a later load but that this one went well.
//
//   probe_in_child([&] { return backends.create("onnxruntime"); }, request)
//     -> "model crashes its runtime while loading: signal 11 (Segmentation fault)"
//
// Forks: call it early, while the process has one thread (a lock that another thread holds at that
// moment stays locked in the child for ever; wall_time ends that). Everything of the child's ends
// with it. Blocks until the child is gone. Returns the load's own error, with its words as detail;
// permanent kBackend for a crash, kTimeout beyond a time limit.
[[nodiscard]] Status probe_in_child(const BackendFactory& factory, const LoadRequest& request,
                                    const ProbeLimits& limits = {});

}  // namespace aegis::context
