// SPDX-License-Identifier: Apache-2.0
#include "aegis/scheduler/model_content.h"

#include <array>
#include <cstdio>
#include <memory>
#include <string_view>

#include <xxhash.h>

#include "aegis/base/atomic_file.h"

namespace aegis::scheduler {

namespace {

constexpr std::size_t kLargestModel = std::size_t{4} << 30;  // beyond protobuf's own limit of 2 GiB

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

class Hash {
 public:
  Hash() : state_(XXH3_createState()) { XXH3_128bits_reset(state_.get()); }
  // Length first, so that "ab","c" and "a","bc" differ.
  void add(std::string_view bytes) {
    const std::uint64_t length = bytes.size();
    XXH3_128bits_update(state_.get(), &length, sizeof(length));
    XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
  }
  [[nodiscard]] std::string hexadecimal() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    std::array<char, 33> text{};
    std::snprintf(text.data(), text.size(), "%016llx%016llx",
                  static_cast<unsigned long long>(hash.high64),
                  static_cast<unsigned long long>(hash.low64));
    return text.data();
  }

 private:
  std::unique_ptr<XXH3_state_t, FreeState> state_;
};

}  // namespace

Result<std::string> content_hash(const context::LoadRequest& request) {
  Hash hash;
  for (const auto& part : request.parts) {
    const Result<std::string> bytes = read_file(part, kLargestModel);
    if (!bytes) return fail(bytes.error());
    hash.add(*bytes);
  }
  for (const auto& [name, value] : request.options) {
    hash.add(name);
    hash.add(value);
  }
  return hash.hexadecimal();
}

}  // namespace aegis::scheduler
