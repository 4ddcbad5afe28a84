// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aegis/base/time.h"
#include "aegis/service/diagnostic.h"

#include "diagnostic_log.h"
#include "toml_document.h"

namespace aegis::service {

// Ranges are inclusive; their ends appear in the diagnostic.
struct IntegerRange {
  std::int64_t least;
  std::int64_t most;
};
struct DurationRange {
  Duration least;
  Duration most;
};

using Options = std::map<std::string, std::string>;

// One table of the file, read key by key into a struct that already holds the defaults:
//
//   TableReader read(table, {"model[2]", 12}, problems);
//   read.require("period");
//   read.duration("period", {.least = 1_us, .most = 3600_s}, model.period);
//   read.finish();
//
// A key that is absent leaves its target alone, a wrong one is reported and does so too. Every key
// asked for is a known key; refuse_unknown() reports the others, with the nearest known one.
class TableReader {
 public:
  struct Place {
    std::string path;  // "model[2]"; empty: the top of the file
    int line;          // of the table's header
  };
  TableReader(const TomlTable& table, Place place, DiagnosticLog& problems)
      : table_(&table), place_(std::move(place)), problems_(&problems) {}

  [[nodiscard]] int line() const { return place_.line; }
  [[nodiscard]] bool has(std::string_view key) const;
  // Line of `key`, or of the table where it is absent.
  [[nodiscard]] int line_of(std::string_view key) const;

  // finish() will report the key at the table's header if it is absent; `why` follows "missing; ".
  void require(std::string_view key, std::string_view why = "it is required");
  // `schema = n`, required: this program reads up to `newest`.
  void schema(std::int64_t newest);

  void integer(std::string_view key, IntegerRange range, auto& into) {
    if (const auto value = integer_at(key, range)) into = narrow(into, *value);
  }
  void boolean(std::string_view key, bool& into);
  void duration(std::string_view key, DurationRange range, auto& into) {
    if (const auto value = duration_at(key, range)) into = *value;
  }
  // One duration or an array of them, at least one.
  void durations(std::string_view key, DurationRange range, std::vector<Duration>& into);
  // 1 to 64 of A-Z a-z 0-9 _ . -
  void name(std::string_view key, std::string& into);
  // Any text without control characters, 1 to 4096 bytes.
  void text(std::string_view key, std::string& into);
  void texts(std::string_view key, std::vector<std::string>& into);
  void byte_size(std::string_view key, std::optional<std::size_t>& into);
  // One of a few words, given as pairs (word, value); two words may mean the same.
  template <class Words, class Value>
  void choice(std::string_view key, const Words& words, Value& into);

  // Strings, numbers and booleans under free names, as text.
  void options(std::string_view key, Options& into);
  // A table, or nothing when absent or not a table.
  [[nodiscard]] std::optional<TableReader> table(std::string_view key);
  // [[key]] tables, in order; empty when absent or not such. Their paths count from 1: "model[1]".
  [[nodiscard]] std::vector<TableReader> tables(std::string_view key);
  // Every entry of this table must be a table: [machine.backend.<name>].
  [[nodiscard]] std::vector<std::pair<std::string, TableReader>> named_tables();
  // All entries of this table as free options.
  void all_options(Options& into);

  // Reports unknown keys, each with the known one it may mean; where there are none, the required
  // keys that are absent (a misspelt one is both, and its spelling is the better advice).
  void finish();

  void report(std::string_view key, std::string problem);
  void report_at(int line, std::string_view key, std::string problem);

 private:
  template <class T>
  static T narrow(const T&, std::int64_t value) {
    return static_cast<T>(value);
  }
  template <class T>
  static T narrow(const std::optional<T>&, std::int64_t value) {
    return static_cast<T>(value);
  }
  [[nodiscard]] const TomlEntry* entry(std::string_view key) const;
  // Marks the key as known; null when absent.
  const TomlEntry* find(std::string_view key);
  [[nodiscard]] std::string path_of(std::string_view key) const;
  void expected(std::string_view key, std::string_view what, const TomlValue& found);
  void not_a_choice(std::string_view key, std::span<const std::string_view> words,
                    const TomlValue& found);

  std::optional<std::int64_t> integer_at(std::string_view key, IntegerRange range);
  std::optional<Duration> duration_at(std::string_view key, DurationRange range);
  std::optional<Duration> duration_in(std::string_view key, DurationRange range,
                                      const TomlValue& value);
  std::optional<std::string> text_in(std::string_view key, const TomlValue& value);
  std::optional<std::string> option_in(std::string_view key, const TomlValue& value);

  const TomlTable* table_;
  Place place_;
  DiagnosticLog* problems_;
  std::vector<std::string> known_;
  std::vector<std::pair<std::string, std::string>> missing_;
};

template <class Words, class Value>
void TableReader::choice(std::string_view key, const Words& words, Value& into) {
  const TomlEntry* found = find(key);
  if (found == nullptr) return;
  const auto* text = std::get_if<std::string>(&found->value.value);
  std::vector<std::string_view> known;
  for (const auto& [word, value] : words) {
    known.push_back(word);
    if (text != nullptr && *text == word) {
      into = value;
      return;
    }
  }
  not_a_choice(key, known, found->value);
}

}  // namespace aegis::service
