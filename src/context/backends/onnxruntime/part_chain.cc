// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/part_chain.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace aegis::context {

namespace {

struct Known {
  TensorDescription tensor;
  TensorPlace place;
  std::string file;
};

class Connection {
 public:
  explicit Connection(const std::vector<PartDescription>& parts) : parts_(parts) {}

  Result<PartChain> connect() {
    // The last part's outputs get the first places, so they are numbered before any part is walked
    // through.
    for (const TensorDescription& tensor : parts_.back().outputs) chain_.outputs.push_back(tensor);
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      chain_.parts.emplace_back();
      if (const Status read = read_inputs(part); !read) return fail(read.error());
      if (const Status written = write_outputs(part); !written) return fail(written.error());
    }
    return std::move(chain_);
  }

 private:
  Status read_inputs(std::size_t part) {
    for (const TensorDescription& tensor : parts_[part].inputs) {
      const auto known = known_.find(tensor.name);
      if (known != known_.end() && known->second.tensor != tensor) {
        return fail(disagreement(tensor, parts_[part].file, known->second));
      }
      const TensorPlace place = known != known_.end() ? known->second.place
                                                      : place_new(TensorPlace::Owner::kModelInput,
                                                                  chain_.inputs, tensor, part);
      chain_.parts[part].inputs.push_back(place);
    }
    return ok();
  }

  Status write_outputs(std::size_t part) {
    for (std::size_t i = 0; i < parts_[part].outputs.size(); ++i) {
      const TensorDescription& tensor = parts_[part].outputs[i];
      if (const auto known = known_.find(tensor.name); known != known_.end()) {
        const bool twice = known->second.place.owner != TensorPlace::Owner::kModelInput;
        return fail(Error::permanent(ErrorCode::kInvalidArgument,
                                     twice ? "two parts produce the same tensor"
                                           : "a part reads what only a later one produces")
                        .with_detail(fmt::format("'{}': {} and {}", tensor.name, known->second.file,
                                                 parts_[part].file)));
      }
      chain_.parts[part].outputs.push_back(place_output(tensor, part, i));
    }
    return ok();
  }

  TensorPlace place_output(const TensorDescription& tensor, std::size_t part, std::size_t index) {
    if (part + 1 == parts_.size()) {
      const TensorPlace place{TensorPlace::Owner::kModelOutput, index};
      known_.emplace(tensor.name, Known{tensor, place, parts_[part].file});
      return place;
    }
    return is_read_after(part, tensor.name)
               ? place_new(TensorPlace::Owner::kIntermediate, chain_.intermediates, tensor, part)
               : place_new(TensorPlace::Owner::kModelOutput, chain_.outputs, tensor, part);
  }

  TensorPlace place_new(TensorPlace::Owner owner, std::vector<TensorDescription>& list,
                        const TensorDescription& tensor, std::size_t part) {
    const TensorPlace place{owner, list.size()};
    list.push_back(tensor);
    known_.emplace(tensor.name, Known{tensor, place, parts_[part].file});
    return place;
  }

  [[nodiscard]] bool is_read_after(std::size_t part, const std::string& name) const {
    return std::any_of(parts_.begin() + static_cast<std::ptrdiff_t>(part) + 1, parts_.end(),
                       [&](const PartDescription& later) {
                         return std::ranges::find(later.inputs, name, &TensorDescription::name) !=
                                later.inputs.end();
                       });
  }

  static Error disagreement(const TensorDescription& tensor, const std::string& file,
                            const Known& known) {
    const auto text = [](const TensorDescription& t) {
      return fmt::format("{}[{}]", to_string(t.type), fmt::join(t.shape, ","));
    };
    return Error::permanent(ErrorCode::kMismatch, "parts disagree about a tensor")
        .with_detail(fmt::format("'{}' is {} in {}, {} in {}", tensor.name, text(known.tensor),
                                 known.file, text(tensor), file));
  }

  const std::vector<PartDescription>& parts_;
  PartChain chain_;
  std::map<std::string, Known> known_;
};

}  // namespace

Result<PartChain> connect_parts(const std::vector<PartDescription>& parts) {
  if (parts.empty()) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "model has no parts"));
  }
  return Connection(parts).connect();
}

}  // namespace aegis::context
