// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/context/runtime_backend.h"

namespace aegis::context::conformance {

// A backend under test: how to make the models that the contract's lines need. Every call makes a
// fresh one.
struct Subject {
  using MakeModel = std::function<Result<std::unique_ptr<LoadedModel>>()>;

  std::string name;
  bool executes_in_start = true;  // line 3 applies
  MakeModel
      ordinary;  // ends by itself, soon; at least two segments where the backend has such models
  MakeModel
      endless;  // segment 0 lasts until it is cancelled, or long enough for another thread to do so
  MakeModel doomed;  // its first job ends in a fatal error; empty: the backend has none

  // Lines that this backend is known not to keep, and why. One that holds after all fails the
  // suite: take it out.
  std::map<std::string, std::string> known_gaps;
};

// Every backend of this build, and why others are not among them.
struct Subjects {
  std::vector<Subject> present;
  std::map<std::string, std::string> absent;
};
[[nodiscard]] Subjects subjects();

}  // namespace aegis::context::conformance
