// SPDX-License-Identifier: Apache-2.0
#include "table_reader.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aegis/base/duration_text.h"

#include "byte_size.h"
#include "plain_text.h"

namespace aegis::service {

namespace {

constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kTextBytes = 4096;  // PATH_MAX, the longest path Linux takes

bool is_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !text.empty() && text.size() <= kNameBytes && std::ranges::all_of(text, allowed);
}

}  // namespace

const TomlEntry* TableReader::entry(std::string_view key) const {
  const auto found = std::ranges::find(table_->entries, key, &TomlEntry::key);
  return found == table_->entries.end() ? nullptr : &*found;
}

const TomlEntry* TableReader::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  return entry(key);
}

bool TableReader::has(std::string_view key) const {
  return entry(key) != nullptr;
}

int TableReader::line_of(std::string_view key) const {
  const TomlEntry* found = entry(key);
  return found == nullptr ? place_.line : found->line;
}

std::string TableReader::path_of(std::string_view key) const {
  if (place_.path.empty() || key.empty()) return place_.path + std::string(key);
  return place_.path + "." + std::string(key);
}

void TableReader::report(std::string_view key, std::string problem) {
  report_at(line_of(key), key, std::move(problem));
}

void TableReader::report_at(int line, std::string_view key, std::string problem) {
  problems_->report(line, path_of(key), std::move(problem));
}

void TableReader::expected(std::string_view key, std::string_view what, const TomlValue& found) {
  report_at(found.line, key, fmt::format("expected {}; found {}", what, describe(found)));
}

void TableReader::require(std::string_view key, std::string_view why) {
  if (find(key) == nullptr) missing_.emplace_back(key, fmt::format("missing; {}", why));
}

void TableReader::schema(std::int64_t newest) {
  const TomlEntry* found = find("schema");
  const auto* version = found ? std::get_if<std::int64_t>(&found->value.value) : nullptr;
  if (found == nullptr) {
    report("schema", fmt::format("missing; expected schema = {}", newest));
  } else if (version != nullptr && *version > newest) {
    report("schema", fmt::format("{} is newer than this program reads ({})", *version, newest));
  } else if (version == nullptr || *version != newest) {
    expected("schema", std::to_string(newest), found->value);
  }
}

std::optional<std::int64_t> TableReader::integer_at(std::string_view key, IntegerRange range) {
  const TomlEntry* found = find(key);
  if (found == nullptr) return std::nullopt;
  const auto* integer = std::get_if<std::int64_t>(&found->value.value);
  if (integer != nullptr && *integer >= range.least && *integer <= range.most) return *integer;
  expected(key, fmt::format("a whole number from {} to {}", range.least, range.most), found->value);
  return std::nullopt;
}

void TableReader::boolean(std::string_view key, bool& into) {
  const TomlEntry* found = find(key);
  if (found == nullptr) return;
  if (const auto* truth = std::get_if<bool>(&found->value.value)) {
    into = *truth;
  } else {
    expected(key, "true or false", found->value);
  }
}

std::optional<Duration> TableReader::duration_in(std::string_view key, DurationRange range,
                                                 const TomlValue& value) {
  const auto* text = std::get_if<std::string>(&value.value);
  const Result<Duration> duration = parse_duration(text != nullptr ? *text : std::string());
  if (!duration) {
    expected(key, "a duration with a unit (ns, us, ms, s, min), like \"20ms\"", value);
    return std::nullopt;
  }
  if (*duration >= range.least && *duration <= range.most) return *duration;
  expected(key, fmt::format("{} to {}", format_duration(range.least), format_duration(range.most)),
           value);
  return std::nullopt;
}

std::optional<Duration> TableReader::duration_at(std::string_view key, DurationRange range) {
  const TomlEntry* found = find(key);
  return found == nullptr ? std::nullopt : duration_in(key, range, found->value);
}

void TableReader::durations(std::string_view key, DurationRange range,
                            std::vector<Duration>& into) {
  const TomlEntry* found = find(key);
  if (found == nullptr) return;
  const auto* array = std::get_if<TomlArray>(&found->value.value);
  if (array == nullptr) {
    if (const auto one = duration_in(key, range, found->value)) into = {*one};
    return;
  }
  if (array->empty()) report(key, "expected at least one duration; found an empty array");
  into.clear();
  for (const TomlValue& item : *array) {
    if (const auto one = duration_in(key, range, item)) into.push_back(*one);
  }
}

std::optional<std::string> TableReader::text_in(std::string_view key, const TomlValue& value) {
  const auto* text = std::get_if<std::string>(&value.value);
  if (text == nullptr || text->empty()) {
    expected(key, "a non-empty string", value);
  } else if (text->size() > kTextBytes) {
    report_at(value.line, key, fmt::format("longer than {} bytes", kTextBytes));
  } else if (has_control_character(*text)) {
    report_at(value.line, key, "contains a control character");
  } else {
    return *text;
  }
  return std::nullopt;
}

void TableReader::text(std::string_view key, std::string& into) {
  const TomlEntry* found = find(key);
  if (found == nullptr) return;
  if (auto text = text_in(key, found->value)) into = std::move(*text);
}

void TableReader::texts(std::string_view key, std::vector<std::string>& into) {
  const TomlEntry* found = find(key);
  if (found == nullptr) return;
  const auto* array = std::get_if<TomlArray>(&found->value.value);
  if (array == nullptr || array->empty()) {
    expected(key, "a non-empty array of strings", found->value);
    return;
  }
  for (const TomlValue& item : *array) {
    if (auto text = text_in(key, item)) into.push_back(std::move(*text));
  }
}

void TableReader::name(std::string_view key, std::string& into) {
  const TomlEntry* found = find(key);
  if (found == nullptr) return;
  const auto* text = std::get_if<std::string>(&found->value.value);
  if (text != nullptr && is_name(*text)) {
    into = *text;
  } else {
    expected(key, fmt::format("a name of 1 to {} letters, digits, '_', '.' or '-'", kNameBytes),
             found->value);
  }
}

void TableReader::byte_size(std::string_view key, std::optional<std::size_t>& into) {
  constexpr std::size_t kMost = 1ULL << 40;  // 1 TiB: no machine for these models has more
  const TomlEntry* found = find(key);
  if (found == nullptr) return;
  const auto* text = std::get_if<std::string>(&found->value.value);
  const auto bytes = parse_byte_size(text != nullptr ? *text : std::string());
  if (!bytes) {
    expected(key, "a size in bytes, like \"64MiB\"", found->value);
  } else if (*bytes == 0 || *bytes > kMost) {
    expected(key, "a size from 1 byte to 1 TiB", found->value);
  } else {
    into = bytes;
  }
}

void TableReader::not_a_choice(std::string_view key, std::span<const std::string_view> words,
                               const TomlValue& found) {
  const std::string known = fmt::format("\"{}\"", fmt::join(words, "\", \""));
  expected(key, words.size() == 1 ? known : "one of " + known, found);
}

std::optional<std::string> TableReader::option_in(std::string_view key, const TomlValue& value) {
  if (std::holds_alternative<std::string>(value.value)) return text_in(key, value);
  const auto* number = std::get_if<double>(&value.value);
  const bool plain = std::holds_alternative<std::int64_t>(value.value) ||
                     std::holds_alternative<bool>(value.value) ||
                     (number != nullptr && std::isfinite(*number));
  if (plain) return describe(value);
  expected(key, "a string, a number, true or false", value);
  return std::nullopt;
}

void TableReader::all_options(Options& into) {
  for (const TomlEntry& option : table_->entries) {
    (void)find(option.key);
    if (!is_name(option.key)) {
      report(option.key, "an option's name has 1 to 64 letters, digits, '_', '.' or '-'");
    } else if (auto text = option_in(option.key, option.value)) {
      into[option.key] = std::move(*text);
    }
  }
}

void TableReader::options(std::string_view key, Options& into) {
  if (auto inner = table(key)) inner->all_options(into);
}

std::optional<TableReader> TableReader::table(std::string_view key) {
  const TomlEntry* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (const auto* inner = std::get_if<TomlTable>(&found->value.value)) {
    return TableReader(*inner, {path_of(key), found->value.line}, *problems_);
  }
  expected(key, "a table", found->value);
  return std::nullopt;
}

std::vector<TableReader> TableReader::tables(std::string_view key) {
  std::vector<TableReader> readers;
  const TomlEntry* found = find(key);
  if (found == nullptr) return readers;
  const auto* array = std::get_if<TomlArray>(&found->value.value);
  const std::string header = fmt::format("tables headed [[{}]]", path_of(key));
  if (array == nullptr || array->empty()) {
    expected(key, header, found->value);
    return readers;
  }
  for (const TomlValue& item : *array) {
    if (const auto* inner = std::get_if<TomlTable>(&item.value)) {
      std::string path = fmt::format("{}[{}]", path_of(key), readers.size() + 1);
      readers.emplace_back(*inner, Place{std::move(path), item.line}, *problems_);
    } else {
      expected(key, header, item);
    }
  }
  return readers;
}

std::vector<std::pair<std::string, TableReader>> TableReader::named_tables() {
  std::vector<std::pair<std::string, TableReader>> readers;
  for (const TomlEntry& entry : table_->entries) {
    if (auto inner = table(entry.key)) readers.emplace_back(entry.key, std::move(*inner));
  }
  return readers;
}

void TableReader::finish() {
  bool all_known = true;
  for (const TomlEntry& entry : table_->entries) {
    if (std::ranges::find(known_, entry.key) != known_.end()) continue;
    all_known = false;
    const auto nearest = nearest_word(entry.key, known_);
    report_at(entry.line, entry.key,
              nearest ? fmt::format("unknown key; did you mean \"{}\"?", *nearest)
                      : fmt::format("unknown key; known here: {}", fmt::join(known_, ", ")));
  }
  if (!all_known) return;
  for (const auto& [key, problem] : missing_) report_at(place_.line, key, problem);
}

}  // namespace aegis::service
