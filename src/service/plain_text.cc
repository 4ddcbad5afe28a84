// SPDX-License-Identifier: Apache-2.0
#include "plain_text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace aegis::service {

namespace {

constexpr std::size_t kQuotedBytes = 40;

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

bool continues(std::uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

// Length of the well-formed character at `at`, 0 if there is none. The second byte's range excludes
// overlong forms, surrogates and what lies past U+10FFFF (RFC 3629, section 4).
std::size_t character_length(std::string_view text, std::size_t at) {
  const std::uint8_t lead = byte_at(text, at);
  if (lead < 0x80) return 1;
  const std::uint8_t second = byte_at(text, at + 1);
  if (!continues(second)) return 0;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (!continues(byte_at(text, at + 2))) return 0;
  if (lead == 0xE0) return second >= 0xA0 ? 3 : 0;
  if (lead == 0xED) return second <= 0x9F ? 3 : 0;
  if (lead >= 0xE1 && lead <= 0xEF) return 3;
  if (!continues(byte_at(text, at + 3))) return 0;
  if (lead == 0xF0) return second >= 0x90 ? 4 : 0;
  if (lead == 0xF4) return second <= 0x8F ? 4 : 0;
  return lead >= 0xF1 && lead <= 0xF3 ? 4 : 0;
}

bool same_letter(char a, char b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return small(a) == small(b);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

std::string one_line(std::string_view text) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    if (length == 0 || is_control(text[at])) {
      shown += fmt::format("\\x{:02x}", byte_at(text, at));
      ++at;
    } else {
      shown += text.substr(at, length);
      at += length;
    }
  }
  return shown;
}

std::string in_quotes(std::string_view text) {
  if (text.size() <= kQuotedBytes) return '"' + one_line(text) + '"';
  std::size_t cut = kQuotedBytes;
  while (cut > 0 && continues(byte_at(text, cut))) --cut;
  return '"' + one_line(text.substr(0, cut)) + "...\"";
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // rows[i % 3][j]: distance of a's first i bytes to b's first j; a swap looks two rows back.
  std::vector<std::vector<std::size_t>> rows(3, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t>& row = rows[i % 3];
    const std::vector<std::size_t>& above = rows[(i - 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0U : 1U);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (swapped) row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace aegis::service
