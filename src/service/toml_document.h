// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aegis/service/diagnostic.h"

// A parsed TOML file as a plain tree in which every key and value knows its line. The library that
// parses is named in toml_document.cc and nowhere else: it is a large header.
namespace aegis::service {

struct TomlValue;
struct TomlEntry;
using TomlArray = std::vector<TomlValue>;
struct TomlTable {
  std::vector<TomlEntry> entries;  // ordered by line
};
struct TomlDate {};  // a date or time: nothing of ours takes one

struct TomlValue {
  int line = 0;  // from 1; of a table: its header
  std::variant<std::string, std::int64_t, double, bool, TomlDate, TomlArray, TomlTable> value;
};

struct TomlEntry {
  std::string key;
  int line = 0;
  TomlValue value;
};

// The value for a diagnostic's "found ...": "20ms" in quotes, 20, true, a table.
[[nodiscard]] std::string describe(const TomlValue& value);

// TOML 1.0. `text` may be hostile: its size is the caller's to limit (parse_workload: 1 MiB),
// nesting is limited here.
[[nodiscard]] Parsed<TomlTable> parse_toml(std::string_view text,
                                           const std::filesystem::path& file);

}  // namespace aegis::service
