// SPDX-License-Identifier: Apache-2.0
//
// Not a reader of ours: a wrong one, with the faults that the set-up must find. It reads
// "twin:<count>:<bytes>" and believes the count. A fuzzer that stays silent on it is not
// instrumented, lost its dictionary, or runs without the sanitizers.
#include <charconv>
#include <numeric>
#include <vector>

#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kMark = "twin:";
  std::string_view text = aegis::fuzz::text_of(data, size);
  if (!text.starts_with(kMark)) return 0;
  text.remove_prefix(kMark.size());
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end == text.data() + text.size() || *end != ':') return 0;
  const std::vector<char> bytes(end + 1, text.data() + text.size());
  aegis::fuzz::require(count <= bytes.size(), "a count is not larger than what follows it", text);
  return 0;
}
