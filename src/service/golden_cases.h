// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace aegis::service::test {

// One input and the message that must refuse it; see the files in testdata/.
struct GoldenCase {
  std::string input;
  std::string message;
};

inline std::vector<GoldenCase> read_golden_cases(const std::string& file) {
  constexpr std::string_view kMark = "==> ";
  std::vector<GoldenCase> cases;
  std::ifstream in(std::string(AEGIS_SOURCE_DIR) + "/src/service/testdata/" + file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(kMark)) {
      cases.push_back({"", line.substr(kMark.size())});
    } else if (!cases.empty()) {
      cases.back().input += line + "\n";
    }
  }
  return cases;
}

// Equal, or equal up to a final "..." of the expectation.
inline bool says(const std::string& message, std::string expected) {
  if (!expected.ends_with("...")) return message == expected;
  expected.resize(expected.size() - 3);
  return message.starts_with(expected);
}

}  // namespace aegis::service::test
