// SPDX-License-Identifier: Apache-2.0
//
// Runs a harness over files, without libFuzzer: the committed corpus on every compiler, or one
// finding under a debugger.   replay_trace FILE-OR-FOLDER...
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz_target.h"

namespace {

void replay(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> content{std::istreambuf_iterator<char>(in), {}};
  // A copy of exactly the input's size: a sanitizer sees a read beyond its end.
  const std::vector<std::uint8_t> input(content.begin(), content.end());
  std::printf("%s: %zu bytes\n", file.c_str(), input.size());
  std::fflush(stdout);  // the last name printed is the one that ended the process
  static_cast<void>(LLVMFuzzerTestOneInput(input.data(), input.size()));
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

}  // namespace

int main(int count, char** arguments) {
  std::size_t replayed = 0;
  for (int i = 1; i < count; ++i) {
    for (const std::filesystem::path& file : files_of(arguments[i])) {
      replay(file);
      ++replayed;
    }
  }
  if (replayed > 0) return 0;
  std::fprintf(stderr, "replay: no input; expected files or folders that hold some\n");
  return 2;
}
