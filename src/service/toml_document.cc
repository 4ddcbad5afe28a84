// SPDX-License-Identifier: Apache-2.0
#include "toml_document.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>

namespace aegis::service {
namespace {
struct ParserGaveUp {};
// Thrown through the parser, which cleans up after itself, and caught in parse_bounded() below.
[[noreturn]] inline void give_up() {
  throw ParserGaveUp{};
}
}  // namespace
}  // namespace aegis::service

// Version 3.3 states as assertions what hostile text can violate ("x = [}"): they must neither end
// the process nor be assumed to hold, so they stay active in every build and refuse the text
// instead.
#undef NDEBUG
#define TOML_ASSERT(holds) ((holds) ? static_cast<void>(0) : ::aegis::service::give_up())
// How deep arrays and inline tables nest. A workload needs two ([[model]] budget = { ... }, wcet =
// [ ... ]).
#define TOML_MAX_NESTED_VALUES 8
#include <toml++/toml.h>

#include "plain_text.h"

namespace aegis::service {

namespace {

// The library destroys nested tables recursively, and a dotted key a.b.c... nests once a dot. With
// at most 256 dots a line and 8 nested values the tree is at most about 256 (8 + 2) = 2560 deep:
// some 2 MiB of an 8 MiB stack. Too small only for a line that names more than 256 files.
constexpr std::ptrdiff_t kDotsPerLine = 256;
// The same for our own copy of the tree, which is much shallower: nothing in a workload nests
// deeper than machine.backend.<name>.<option>.
constexpr int kDepth = 16;

struct Problem {
  int line;
  std::string text;
};

int line_of(const toml::source_region& source) {
  return static_cast<int>(source.begin.line);
}

std::optional<Problem> refuse_unreadable(std::string_view text) {
  int line = 1;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view content = text.substr(begin, end - begin);
    if (first_invalid_utf8(content)) return Problem{line, "not valid UTF-8"};
    if (content.find('\0') != std::string_view::npos) return Problem{line, "contains a NUL byte"};
    if (std::ranges::count(content, '.') > kDotsPerLine) {
      return Problem{line, fmt::format("more than {} dots on one line; break it", kDotsPerLine)};
    }
    begin = end + 1;
  }
  return std::nullopt;
}

// Copies the library's tree; stops at what is nested too deep.
class Copy {
 public:
  TomlTable table(const toml::table& from, int depth) {
    TomlTable copy;
    for (auto&& [key, node] : from) {
      copy.entries.push_back({std::string(key.str()), line_of(key.source()), value(node, depth)});
    }
    std::ranges::sort(copy.entries, {},
                      [](const TomlEntry& entry) { return std::tie(entry.line, entry.key); });
    return copy;
  }

  [[nodiscard]] const std::optional<Problem>& problem() const { return problem_; }

 private:
  TomlValue value(const toml::node& node, int depth) {
    TomlValue copy{line_of(node.source()), TomlDate{}};
    if (depth == kDepth) {
      if (!problem_) problem_ = Problem{copy.line, "nested too deep"};
    } else if (const toml::table* inner = node.as_table()) {
      copy.value = table(*inner, depth + 1);
    } else if (const toml::array* items = node.as_array()) {
      copy.value = array(*items, depth + 1);
    } else {
      copy_scalar(node, copy);
    }
    return copy;
  }

  TomlArray array(const toml::array& from, int depth) {
    TomlArray copy;
    for (const toml::node& item : from) copy.push_back(value(item, depth));
    return copy;
  }

  static void copy_scalar(const toml::node& node, TomlValue& copy) {
    if (const auto* text = node.as_string()) copy.value = text->get();
    if (const auto* integer = node.as_integer()) copy.value = integer->get();
    if (const auto* number = node.as_floating_point()) copy.value = number->get();
    if (const auto* truth = node.as_boolean()) copy.value = truth->get();
  }

  std::optional<Problem> problem_;
};

// The library's description without the name of the macro that set a limit.
std::string in_our_words(std::string_view description) {
  return std::string(description.substr(0, description.find(" (TOML_")));
}

struct Describe {
  std::string operator()(const std::string& text) const { return in_quotes(text); }
  std::string operator()(std::int64_t integer) const { return std::to_string(integer); }
  std::string operator()(double number) const { return fmt::format("{:#}", number); }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(const TomlDate&) const { return "a date or time"; }
  std::string operator()(const TomlArray& array) const {
    const bool tables = !array.empty() && std::holds_alternative<TomlTable>(array.front().value);
    return tables ? "an array of tables" : "an array";
  }
  std::string operator()(const TomlTable&) const { return "a table"; }
};

// The library's answer, or nothing where it met what it took for impossible.
std::optional<toml::parse_result> parse_bounded(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const ParserGaveUp&) {
    return std::nullopt;
  }
}

// The line at which the parser gives up, found by bisection: it reads from left to right, so it
// gives up on every beginning of the text that contains the place and on none that does not.
int line_of_giving_up(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    ends.push_back(at + 1);
  }
  const auto survives = [text](std::size_t end) {
    return parse_bounded(text.substr(0, end)).has_value();
  };
  const auto first_bad = std::ranges::partition_point(ends, survives);
  return static_cast<int>(first_bad - ends.begin()) + 1;
}

}  // namespace

std::string describe(const TomlValue& value) {
  return std::visit(Describe{}, value.value);
}

Parsed<TomlTable> parse_toml(std::string_view text, const std::filesystem::path& file) {
  if (const auto problem = refuse_unreadable(text)) {
    return fail(Diagnostic{file, problem->line, "", problem->text});
  }
  const std::optional<toml::parse_result> result = parse_bounded(text);
  if (!result) return fail(Diagnostic{file, line_of_giving_up(text), "", "not valid TOML"});
  if (!*result) {
    const toml::parse_error& error = result->error();
    return fail(Diagnostic{file, line_of(error.source()), "", in_our_words(error.description())});
  }
  Copy copy;
  TomlTable root = copy.table(result->table(), 0);
  if (copy.problem()) {
    return fail(Diagnostic{file, copy.problem()->line, "", copy.problem()->text});
  }
  return root;
}

}  // namespace aegis::service
