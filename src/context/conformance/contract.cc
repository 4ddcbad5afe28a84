// SPDX-License-Identifier: Apache-2.0
#include "conformance/contract.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "conformance/bound_model.h"
#include "testing/allocation_counter.h"

namespace aegis::context::conformance {

namespace {

constexpr const char* kHolds = "";

// A model made and, unless told otherwise, bound; or the violation that prevents it.
struct Made {
  std::optional<BoundModel> model;
  std::string violation;
};

Made make_unbound(const Subject::MakeModel& make) {
  if (!make) return {std::nullopt, "this backend has no such model"};
  Result<std::unique_ptr<LoadedModel>> model = make();
  if (!model) return {std::nullopt, "load: " + model.error().message()};
  return {BoundModel(std::move(*model)), kHolds};
}

Made make(const Subject::MakeModel& how) {
  Made made = make_unbound(how);
  if (!made.model.has_value()) return made;
  made.model->fill_inputs(1);
  if (const Status bound = made.model->bind(); !bound) {
    return {std::nullopt, "bind: " + bound.error().message()};
  }
  return made;
}

std::string expect_done(const Status& status, const char* what) {
  return status ? kHolds : std::string(what) + ": " + status.error().message();
}

template <class T>
std::string expect_refused(const Result<T>& result, ErrorCode code, const char* what) {
  if (result.has_value()) return std::string(what) + " is not refused";
  if (result.error().code == code) return kHolds;
  return std::string(what) + " is refused with " + std::string(to_string(result.error().code));
}

std::string first_of(std::initializer_list<std::string> violations) {
  for (const std::string& violation : violations) {
    if (!violation.empty()) return violation;
  }
  return kHolds;
}

std::string jobs_run_one_after_another(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  for (int job = 0; bound && violation.empty() && job < 5; ++job) {
    violation = expect_done(bound->run_job(), "a job in order");
  }
  return violation;
}

std::string another_order_is_refused(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  if (!bound) return violation;
  LoadedModel& model = bound->model();
  const auto out_of_order = [&](std::uint32_t segment) {
    return expect_refused(model.start_segment(segment), ErrorCode::kFailedPrecondition,
                          "a segment out of order");
  };
  return first_of({out_of_order(1), out_of_order(bound->segments()), out_of_order(~0U),
                   expect_done(bound->run_job(), "a job after a refused start"), out_of_order(1)});
}

std::string segment_0_begins_anew(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  if (!bound) return violation;
  LoadedModel& model = bound->model();
  return first_of({expect_done(model.start_segment(0), "segment 0"),
                   expect_done(bound->finish_segment(), "its end"),
                   expect_done(bound->run_job(), "a job after a dropped one")});
}

std::string a_start_before_bind_is_refused(const Subject& subject) {
  auto [bound, violation] = make_unbound(subject.ordinary);
  if (!bound) return violation;
  return expect_refused(bound->model().start_segment(0), ErrorCode::kFailedPrecondition,
                        "a start before bind");
}

std::string a_start_while_running_is_refused(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  if (!bound) return violation;
  LoadedModel& model = bound->model();
  const auto again = [&] {
    return expect_refused(model.start_segment(0), ErrorCode::kFailedPrecondition,
                          "a start before the last segment's end is polled");
  };
  return first_of({expect_done(model.start_segment(0), "segment 0"), again(),
                   expect_done(bound->finish_segment(), "its end"),
                   expect_done(bound->run_job(), "a job afterwards")});
}

std::string a_poll_of_nothing_is_refused(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  if (!bound) return violation;
  const auto idle = [&] {
    return expect_refused(bound->model().poll(), ErrorCode::kFailedPrecondition,
                          "a poll while nothing runs");
  };
  return first_of({idle(), expect_done(bound->run_job(), "a job"), idle()});
}

std::string a_synchronous_segment_is_done_at_the_first_poll(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  if (!bound) return violation;
  if (const Status started = bound->model().start_segment(0); !started) {
    return "segment 0: " + started.error().message();
  }
  const Result<Progress> first = bound->model().poll();
  if (!first) return "the first poll: " + first.error().message();
  const bool done = *first == Progress::kDone;
  if (subject.executes_in_start && !done) return "the first poll says it is running";
  if (!subject.executes_in_start && done) return "the first poll says it is done already";
  return kHolds;
}

// Segment 0 on a lane's thread, cancelled by this one until it ends.
Status run_cancelled(BoundModel& bound) {
  std::atomic<bool> ended{false};
  Status end = ok();
  std::thread lane([&] {
    end = bound.model().start_segment(0);
    if (end) end = bound.finish_segment();
    ended.store(true);
  });
  while (!ended.load()) {
    bound.model().cancel();
    std::this_thread::yield();
  }
  lane.join();
  return end;
}

std::string a_cancel_from_another_thread_ends_a_segment(const Subject& subject) {
  auto [bound, violation] = make(subject.endless);
  if (!bound) return violation;
  // A busy machine may give this thread no processor until the segment is over: hence more than one
  // try.
  for (int attempt = 0; attempt < 20; ++attempt) {
    const Status end = run_cancelled(*bound);
    if (end) continue;
    if (end.error().category != ErrorCategory::kTransient) return "it is not transient";
    return expect_refused(end, ErrorCode::kCancelled, "a cancelled segment");
  }
  return "no cancel ever ended a segment";
}

std::string a_cancelled_model_is_usable_again(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  if (!bound) return violation;
  for (int job = 0; job < 20; ++job) {
    const Status end = run_cancelled(*bound);  // cancelled or faster, as it happens
    if (!end && end.error().code != ErrorCode::kCancelled) return end.error().message();
    violation = expect_done(bound->run_job(), "a job after a cancelled one");
    if (!violation.empty()) return violation;
  }
  return kHolds;
}

std::string a_cancel_that_has_returned_reaches_nothing_later(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  if (!bound) return violation;
  for (int job = 0; job < 50 && violation.empty(); ++job) {
    bound->model().cancel();
    violation = expect_done(bound->run_job(), "a job after a cancel while idle");
  }
  return violation;
}

std::string a_fatal_error_closes_the_model(const Subject& subject) {
  auto [bound, violation] = make(subject.doomed);
  if (!bound) return violation;
  const Status end = bound->run_job();
  if (end || end.error().category != ErrorCategory::kFatal) return "the model did not fail fatally";
  return first_of({expect_refused(bound->model().start_segment(0), ErrorCode::kFailedPrecondition,
                                  "a start after a fatal error"),
                   expect_refused(bound->model().poll(), ErrorCode::kFailedPrecondition,
                                  "a poll after a fatal error")});
}

std::string same_inputs_give_the_same_bits(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  auto [other, other_violation] = make(subject.ordinary);
  if (!bound || !other) return violation + other_violation;
  violation = expect_done(bound->run_job(), "a job");
  const std::vector<std::byte> expected = bound->outputs();
  for (unsigned job = 0; job < 20 && violation.empty(); ++job) {
    other->fill_inputs(100 + job);
    bound->fill_inputs(200 + job);
    violation = first_of({expect_done(other->run_job(), "another model's job"),
                          expect_done(bound->run_job(), "a job on other inputs")});
    if (bound->outputs() == expected) return "other inputs give the same outputs: nothing is shown";
    bound->fill_inputs(1);
    if (violation.empty()) violation = expect_done(bound->run_job(), "a job on the first inputs");
    if (bound->outputs() != expected) return "the same inputs give other outputs";
  }
  return violation;
}

std::string the_path_of_a_job_does_not_allocate(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  if (!bound) return violation;
  const AllocationCounter counter;
  for (int job = 0; job < 50; ++job) {
    bound->model().cancel();
    if (const Status done = bound->run_job(); !done) return done.error().message();
  }
  const std::size_t count = counter.count();
  return count == 0 ? kHolds : std::to_string(count) + " allocations in 50 jobs";
}

std::string an_unfit_binding_is_refused(const Subject& subject) {
  auto [bound, violation] = make_unbound(subject.ordinary);
  if (!bound) return violation;
  const auto refused = [&](const Binding& binding, const char* what) {
    return expect_refused(bound->model().bind(binding), ErrorCode::kInvalidArgument, what);
  };
  Binding missing = bound->binding();
  missing.inputs.clear();
  Binding small = bound->binding();
  small.outputs[0] = small.outputs[0].first(small.outputs[0].size() - 1);
  // The memory is the caller's and is not read before it is found misaligned.
  Binding crooked = bound->binding();
  crooked.inputs[0] = {crooked.inputs[0].data() + 1, crooked.inputs[0].size()};
  return first_of({refused(missing, "a binding without inputs"),
                   refused(small, "an output one byte short"), refused(crooked, "an odd address"),
                   expect_done(bound->bind(), "a fitting binding afterwards"),
                   expect_done(bound->run_job(), "a job")});
}

std::string a_second_bind_is_refused(const Subject& subject) {
  auto [bound, violation] = make(subject.ordinary);
  if (!bound) return violation;
  return first_of({expect_refused(bound->bind(), ErrorCode::kFailedPrecondition, "a second bind"),
                   expect_done(bound->run_job(), "a job")});
}

// What is in the arena before a segment does not matter, and nothing is written past its end.
std::string the_arena_holds_nothing_between_segments(const Subject& subject) {
  auto [bound, violation] = make_unbound(subject.ordinary);
  if (!bound) return violation;
  constexpr std::size_t kBeyond = 4096;
  const std::size_t activations = bound->model().describe().memory.activations;
  memory::HostRegion arena = memory::HostRegion::create(activations + kBeyond).value();
  Binding binding = bound->binding();
  binding.arena = arena.bytes();
  bound->fill_inputs(1);
  violation = expect_done(bound->model().bind(binding), "bind");
  std::vector<std::byte> expected;
  for (const int poison : {0x00, 0xff, 0x7f, 0x80, 0x01}) {
    const auto filling = static_cast<std::byte>(poison);
    for (std::uint32_t segment = 0; violation.empty() && segment < bound->segments(); ++segment) {
      std::ranges::fill(arena.bytes(), filling);
      violation = first_of({expect_done(bound->model().start_segment(segment), "a segment"),
                            expect_done(bound->finish_segment(), "its end")});
      const auto beyond = arena.bytes().subspan(activations);
      if (!std::ranges::all_of(beyond, [=](std::byte b) { return b == filling; })) {
        return "a segment writes beyond its share of the arena";
      }
    }
    if (!violation.empty()) return violation;
    if (expected.empty()) expected = bound->outputs();
    if (bound->outputs() != expected) return "the arena's old content changes the outputs";
  }
  if (bound->model().unplanned_allocations() != 0) return "a run was served from elsewhere";
  return kHolds;
}

std::string a_binding_with_too_small_an_arena_is_refused(const Subject& subject) {
  auto [bound, violation] = make_unbound(subject.ordinary);
  if (!bound) return violation;
  const std::size_t activations = bound->model().describe().memory.activations;
  if (activations == 0) return "its models need no arena";
  Binding small = bound->binding();
  small.arena = small.arena.first(activations - 1);
  return first_of({expect_refused(bound->model().bind(small), ErrorCode::kInvalidArgument,
                                  "an arena one byte short"),
                   expect_done(bound->bind(), "a fitting binding afterwards")});
}

}  // namespace

const std::vector<Line>& contract() {
  static const std::vector<Line> lines{
      {"line_1_jobs_run_one_after_another", jobs_run_one_after_another},
      {"line_1_another_order_is_refused", another_order_is_refused},
      {"line_1_segment_0_begins_anew", segment_0_begins_anew},
      {"line_1_a_start_before_bind_is_refused", a_start_before_bind_is_refused},
      {"line_2_a_start_while_running_is_refused", a_start_while_running_is_refused},
      {"line_2_a_poll_of_nothing_is_refused", a_poll_of_nothing_is_refused},
      {"line_3_a_synchronous_segment_is_done_at_the_first_poll",
       a_synchronous_segment_is_done_at_the_first_poll},
      {"line_4_a_cancel_from_another_thread_ends_a_segment",
       a_cancel_from_another_thread_ends_a_segment},
      {"line_4_a_cancelled_model_is_usable_again", a_cancelled_model_is_usable_again},
      {"line_4_a_cancel_that_has_returned_reaches_nothing_later",
       a_cancel_that_has_returned_reaches_nothing_later},
      {"line_5_a_fatal_error_closes_the_model", a_fatal_error_closes_the_model},
      {"line_6_same_inputs_give_the_same_bits", same_inputs_give_the_same_bits},
      {"line_7_the_path_of_a_job_does_not_allocate", the_path_of_a_job_does_not_allocate},
      {"line_8_an_unfit_binding_is_refused", an_unfit_binding_is_refused},
      {"line_8_a_second_bind_is_refused", a_second_bind_is_refused},
      {"line_9_too_small_an_arena_is_refused", a_binding_with_too_small_an_arena_is_refused},
      {"line_9_the_arena_holds_nothing_between_segments",
       the_arena_holds_nothing_between_segments}};
  return lines;
}

}  // namespace aegis::context::conformance
