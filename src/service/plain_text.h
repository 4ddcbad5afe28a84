// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aegis::service {

// Where `text` stops being UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past
// U+10FFFF); nothing when it never does. Linear.
[[nodiscard]] std::optional<std::size_t> first_invalid_utf8(std::string_view text);

// Whether `text` holds a character that does not print: C0 (tab and newline included), DEL, or NUL.
[[nodiscard]] bool has_control_character(std::string_view text);

// The same text with every control character and every byte that is not UTF-8 spelt out as \xNN:
// what somebody else wrote can be shown without breaking the line or the terminal.
[[nodiscard]] std::string one_line(std::string_view text);

// The text between double quotes for a diagnostic, cut after 40 bytes (between characters): enough
// to recognise a value.
[[nodiscard]] std::string in_quotes(std::string_view text);

// The word of `known` nearest to `word`, capitals and small letters alike: fewest insertions,
// deletions, replacements and swaps of neighbours, if these are at most a third of the longer word
// (at least one) and less than half of it; nothing otherwise. "perid" -> "period", "wcet" ->
// "WCET". O(|word| |known|) each.
template <class Words>
[[nodiscard]] std::optional<std::string> nearest_word(std::string_view word, const Words& known);

// Restricted Damerau-Levenshtein distance (optimal string alignment) over bytes; ASCII letters'
// case does not count.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

template <class Words>
std::optional<std::string> nearest_word(std::string_view word, const Words& known) {
  std::optional<std::string> nearest;
  std::size_t fewest = 0;
  for (const std::string_view candidate : known) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    if (longer > 64) continue;  // no key of ours is that long, and the work stays bounded
    const std::size_t edits = edit_distance(word, candidate);
    const bool near = edits <= std::max<std::size_t>(1, longer / 3) && 2 * edits < longer;
    if (!near || (nearest && edits >= fewest)) continue;
    fewest = edits;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace aegis::service
