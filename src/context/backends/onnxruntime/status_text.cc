// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/status_text.h"

namespace aegis::context {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_path(std::string_view message) noexcept {
  constexpr std::string_view kEnd = " failed:";
  const std::size_t at = message.find(kEnd);
  if (!message.starts_with("Load model from ") || at == std::string_view::npos) return message;
  return message.substr(at + kEnd.size());
}

// Past "file.cc:177 ", or the same text when it does not begin so.
std::string_view without_location(std::string_view message) noexcept {
  const std::string_view word = message.substr(0, message.find(' '));
  const std::size_t colon = word.rfind(':');
  if (word.size() == message.size() || colon == std::string_view::npos ||
      colon + 1 == word.size()) {
    return message;
  }
  for (const char c : word.substr(colon + 1)) {
    if (!is_digit(c)) return message;
  }
  return message.substr(word.size() + 1);
}

// Past "void ns::function(arguments) ", or past the bare name of a function.
std::string_view without_function(std::string_view message) noexcept {
  const std::size_t open = message.find('(');
  const std::string_view before = message.substr(0, open);
  const bool signature = open != std::string_view::npos &&
                         before.substr(before.rfind(' ') + 1).find("::") != std::string_view::npos;
  std::size_t end = signature ? open : message.find(' ');
  for (int depth = 0; signature && end < message.size(); ++end) {
    if (message[end] == '(') ++depth;
    if (message[end] == ')' && --depth == 0) {
      ++end;
      break;
    }
  }
  if (end >= message.size()) return message;
  return message.substr(end + 1);
}

}  // namespace

std::string_view essence_of(std::string_view message) noexcept {
  message = without_path(message.substr(0, message.find('\n')));
  const std::string_view located = without_location(message);
  return located.size() == message.size() ? message : without_function(located);
}

}  // namespace aegis::context
