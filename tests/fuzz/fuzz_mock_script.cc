// SPDX-License-Identifier: Apache-2.0
//
// parse_mock_script, from lines "key = value": a script whose faults name segments that it has, or
// an error with words. Options that say nothing leave it as it is.
#include <map>
#include <string>

#include "aegis/context/mock_script.h"

#include "fuzz_target.h"

namespace {

using aegis::Duration;
using aegis::context::MockFault;
using aegis::context::MockScript;
using aegis::context::MockSegment;
using aegis::fuzz::require;

aegis::context::Options options_in(std::string_view text) {
  aegis::context::Options options;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t sign = line.find(" = ");
    if (sign == std::string_view::npos) continue;
    options[std::string(line.substr(0, sign))] = std::string(line.substr(sign + 3));
  }
  return options;
}

void check(const MockScript& script) {
  require(!script.segments.empty(), "a script has a segment");
  for (const MockSegment& segment : script.segments) {
    require(segment.shortest >= Duration::zero() && segment.shortest <= segment.longest,
            "a segment's times are ordered");
  }
  for (const MockFault& fault : script.faults) {
    require(fault.segment < script.segments.size(), "a fault is in a segment that there is");
  }
  require(script.input_bytes > 0 && script.output_bytes > 0, "tensors have a byte");
  require(script.cancel_delay >= Duration::zero() && script.hang_limit >= Duration::zero(),
          "delays are not negative");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto script =
      aegis::context::parse_mock_script(options_in(aegis::fuzz::text_of(data, size)));
  if (!script) {
    require(!script.error().message().empty(), "a refusal has words");
    return 0;
  }
  check(*script);
  const auto again = aegis::context::parse_mock_script({}, *script);
  require(again && again->segments.size() == script->segments.size() &&
              again->faults.size() == script->faults.size(),
          "no option changes nothing");
  return 0;
}
