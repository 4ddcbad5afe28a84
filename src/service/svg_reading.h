// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

// What tests ask of a picture.
namespace aegis::service::test {

inline std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++count;
  }
  return count;
}

// Whether a '&' at `at` begins one of the entities that every reader of XML knows.
inline bool is_entity(std::string_view text, std::size_t at) {
  for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;"}) {
    if (text.substr(at).starts_with(entity)) return true;
  }
  return false;
}

// Why the text is no well-formed XML of the kind we write (elements, double-quoted attributes, no
// comments); empty when it is. Stricter than XML where that makes it simpler.
inline std::string why_malformed(std::string_view text) {
  std::vector<std::string> open;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '>' || (c == '&' && !is_entity(text, at))) return "raw " + std::string(1, c);
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') return "a control character";
    if (c != '<') continue;
    std::size_t end = at + 1;
    std::size_t quotes = 0;
    for (; end < text.size() && (text[end] != '>' || quotes % 2 == 1); ++end) {
      if (text[end] == '"') ++quotes;
      if (text[end] == '<') return "a raw < in a tag";
      if (text[end] == '&' && !is_entity(text, end)) return "a raw & in a tag";
    }
    if (end == text.size()) return "an open tag at the end";
    const std::string tag(text.substr(at + 1, end - at - 1));
    const std::string name = tag.substr(0, tag.find_first_of(" /?", tag[0] == '/' ? 1 : 0));
    at = end;
    if (tag[0] == '?' || tag.ends_with('/')) continue;
    if (tag[0] != '/') {
      open.push_back(name);
    } else if (open.empty() || "/" + open.back() != name) {
      return "<" + tag + "> closes nothing";
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

}  // namespace aegis::service::test
