// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aegis::service::test {

// Damages a good text in one to four places the way careless and hostile hands do: bytes replaced,
// dropped, doubled, ends cut off, stretches moved, and tokens that mean something to the format put
// where they do not belong.
class Mutator {
 public:
  Mutator(std::uint64_t seed, std::vector<std::string_view> tokens)
      : random_(seed), tokens_(std::move(tokens)) {}

  std::string mutated(std::string text) {
    const std::size_t damages = 1 + below(4);
    for (std::size_t i = 0; i < damages; ++i) damage(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void damage(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = std::min(below(40), text.size() - at);
    switch (below(6)) {
      case 0:
        text.insert(at, 1, static_cast<char>(random_()));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(below(text.size() + 1), 1 + below(200)));
        break;
      case 3:
        text.replace(at, length, tokens_[below(tokens_.size())]);
        break;
      case 4:
        text.insert(at, tokens_[below(tokens_.size())]);
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random_());
        if (below(20) == 0) text.resize(at);
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string_view> tokens_;
};

}  // namespace aegis::service::test
