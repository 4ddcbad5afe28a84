// SPDX-License-Identifier: Apache-2.0
#include "machine_tree.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ranges>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace aegis::service {

namespace {

constexpr int kLastCpu = 8191;
constexpr int kBitsPerMaskWord = 32;
constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const auto end = text.find_first_of(separators);
    if (end != 0) pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return pieces;
}

std::optional<int> parse_cpu(std::string_view text) {
  const auto cpu = parse_integer(text);
  if (!cpu || *cpu < 0 || *cpu > kLastCpu) return std::nullopt;
  return static_cast<int>(*cpu);
}

class OpenFile {
 public:
  OpenFile(const std::filesystem::path& path, int flags)
      // Non-blocking: a pipe in the place of a file is not waited for.
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<std::string> read_bounded(const std::filesystem::path& path) {
  const OpenFile file(path, O_RDONLY);
  if (file.descriptor() < 0) return fail(Error::system("cannot read", path.string(), errno));
  std::string text;
  std::array<char, 4096> block;
  while (text.size() < MachineTree::kMostBytes) {
    const ssize_t got = ::read(file.descriptor(), block.data(), block.size());
    if (got < 0) return fail(Error::system("cannot read", path.string(), errno));
    if (got == 0) break;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  text.erase(text.find_last_not_of(kBlanks) + 1);
  return text;
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::optional<std::int64_t> integer_of(const Result<std::string>& text) {
  return text ? parse_integer(*text) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<CpuSet> parse_cpu_list(std::string_view text) {
  CpuSet cpus;
  for (const std::string_view range : split(trimmed(text), ",")) {
    const auto dash = range.find('-');
    const auto first = parse_cpu(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_cpu(range.substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.insert(cpu);
  }
  return cpus;
}

std::string format_cpu_list(const CpuSet& cpus) {
  std::string text;
  for (const int first : cpus) {
    if (cpus.contains(first - 1)) continue;  // inside a range that is written already
    int last = first;
    while (cpus.contains(last + 1)) ++last;
    if (!text.empty()) text += ',';
    text += first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
  }
  return text;
}

std::string format_cpu_mask(const CpuSet& cpus) {
  const int highest = cpus.empty() ? 0 : *cpus.rbegin();
  std::vector<std::uint32_t> words(static_cast<std::size_t>(highest / kBitsPerMaskWord) + 1);
  for (const int cpu : cpus) {
    words[static_cast<std::size_t>(cpu / kBitsPerMaskWord)] |= 1U << (cpu % kBitsPerMaskWord);
  }
  std::string text = fmt::format("{:x}", words.back());
  words.pop_back();
  for (const std::uint32_t word : std::views::reverse(words)) text += fmt::format(",{:08x}", word);
  return text;
}

std::optional<CpuSet> parse_cpu_mask(std::string_view text) {
  CpuSet cpus;
  int lowest = 0;
  const auto words = split(trimmed(text), ",");
  if (words.empty()) return std::nullopt;
  for (const std::string_view word : std::views::reverse(words)) {
    std::uint32_t bits = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), bits, 16);
    const bool whole = error == std::errc{} && end == word.data() + word.size();
    if (!whole || lowest > kLastCpu) return std::nullopt;
    for (int bit = 0; bit < kBitsPerMaskWord; ++bit) {
      if ((bits >> bit & 1U) != 0) cpus.insert(lowest + bit);
    }
    lowest += kBitsPerMaskWord;
  }
  return cpus;
}

std::vector<std::string_view> words_of(std::string_view text) {
  return split(text, kBlanks);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  return split(text, "\n");
}

std::optional<std::string_view> field_of(std::string_view text, std::string_view name) {
  for (const std::string_view line : lines_of(text)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (trimmed(line.substr(0, colon)) == name) return trimmed(line.substr(colon + 1));
  }
  return std::nullopt;
}

Result<std::string> MachineTree::proc(std::string_view path) const {
  return read_bounded(roots_.proc / path);
}

Result<std::string> MachineTree::sys(std::string_view path) const {
  return read_bounded(roots_.sys / path);
}

std::optional<std::int64_t> MachineTree::sys_integer(std::string_view path) const {
  return integer_of(sys(path));
}

std::optional<std::int64_t> MachineTree::proc_integer(std::string_view path) const {
  return integer_of(proc(path));
}

std::optional<CpuSet> MachineTree::sys_cpus(std::string_view path) const {
  const Result<std::string> text = sys(path);
  return text ? parse_cpu_list(*text) : std::nullopt;
}

std::vector<std::string> MachineTree::proc_names(std::string_view folder) const {
  return names_in(roots_.proc / folder);
}

std::vector<std::string> MachineTree::sys_names(std::string_view folder) const {
  return names_in(roots_.sys / folder);
}

bool MachineTree::device_exists(std::string_view name) const {
  std::error_code error;
  return std::filesystem::exists(roots_.dev / name, error);
}

Status MachineTree::device_opens(std::string_view name) const {
  const OpenFile file(roots_.dev / name, O_WRONLY);
  if (file.descriptor() >= 0) return ok();
  return fail(Error::system("cannot open", (roots_.dev / name).string(), errno));
}

}  // namespace aegis::service
