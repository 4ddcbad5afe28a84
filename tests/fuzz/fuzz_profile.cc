// SPDX-License-Identifier: Apache-2.0
//
// parse_profiles: any text is a list of profiles or one line. What was accepted, saved and read
// again, is the same, to the byte of the second saving.
#include <string>
#include <vector>

#include "aegis/base/atomic_file.h"
#include "aegis/service/profile_file.h"

#include "fuzz_target.h"
#include "scratch.h"

namespace {

using aegis::Duration;
using aegis::fuzz::require;
using aegis::scheduler::ModelProfile;
using aegis::scheduler::SegmentProfile;
using aegis::scheduler::worst_condition;

constexpr const char* kFile = "p.json";

void check(const ModelProfile& profile) {
  const std::string& model = profile.identity.model;
  require(!profile.segments.empty(), "a profile has a segment", model);
  for (const SegmentProfile& segment : profile.segments) {
    const auto* worst = worst_condition(segment, profile.identity.co_runners);
    require(worst != nullptr, "a WCET stands on a condition", model);
    require(segment.wcet > Duration::zero() && segment.wcet >= worst->max,
            "a WCET is positive and not below the maximum", model);
    for (const auto& condition : segment.conditions) {
      require(condition.samples > 0, "a figure stands on a sample", model);
      require(condition.samples + condition.excluded == condition.raw.size(),
              "every sample is there", model);
    }
  }
}

std::string saved(const std::vector<ModelProfile>& profiles) {
  static const aegis::fuzz::ScratchFolder folder;
  const auto file = folder.path() / kFile;
  const aegis::Status status = aegis::service::save_profiles(file, profiles);
  require(status.has_value(), "a profile can be saved", status ? "" : status.error().message());
  const auto text = aegis::read_file(file, 64U << 20);
  require(text.has_value(), "a saved profile is a file");
  return *text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto profiles = aegis::service::parse_profiles(aegis::fuzz::text_of(data, size), kFile);
  if (!profiles) {
    aegis::fuzz::require_one_line(profiles.error().message(), kFile);
    return 0;
  }
  for (const ModelProfile& profile : *profiles) check(profile);
  const std::string text = saved(*profiles);
  const auto again = aegis::service::parse_profiles(text, kFile);
  require(again.has_value(), "a saved profile is read", text);
  require(again->size() == profiles->size(), "no profile is lost", text);
  for (std::size_t i = 0; i < again->size(); ++i) {
    require((*again)[i].identity.differences((*profiles)[i].identity).empty(),
            "an identity survives", text);
    require((*again)[i].segments.size() == (*profiles)[i].segments.size(), "no segment is lost",
            text);
  }
  require(saved(*again) == text, "saved twice, it is the same text", text);
  return 0;
}
