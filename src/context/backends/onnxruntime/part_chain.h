// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "aegis/base/result.h"
#include "aegis/context/runtime_backend.h"

namespace aegis::context {

// One file of a model that was cut into segments, as the runtime describes it.
struct PartDescription {
  std::string file;
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;
};

// Whose memory a part's tensor is in.
struct TensorPlace {
  enum class Owner : std::uint8_t { kModelInput, kModelOutput, kIntermediate };
  Owner owner = Owner::kModelInput;
  std::size_t index = 0;  // in the chain's list of that kind
  bool operator==(const TensorPlace&) const = default;
};

// How the parts hang together, by tensor names alone:
//
//   part 0: image -> a, skip      inputs         image        read by a part, produced by none
//   part 1: a -> b                intermediates  a, skip, b   produced and read by a later part
//   part 2: b, skip -> boxes      outputs        boxes        of the last part, or read by nobody
//
// Outputs are those of the last part first, then the others in the order of their parts.
struct PartChain {
  struct Places {
    std::vector<TensorPlace> inputs;
    std::vector<TensorPlace> outputs;
  };
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;
  std::vector<TensorDescription> intermediates;
  std::vector<Places> parts;
};

// Quadratic in the number of tensors at the cuts, which is a handful. Refuses, naming tensor and
// file: kMismatch when two parts disagree about a tensor's type or shape; kInvalidArgument when two
// parts produce the same tensor, or a part reads what only a later one produces.
[[nodiscard]] Result<PartChain> connect_parts(const std::vector<PartDescription>& parts);

}  // namespace aegis::context
