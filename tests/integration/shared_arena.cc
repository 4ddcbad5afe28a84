// SPDX-License-Identifier: Apache-2.0
//
// The demo's models on one arena: isolated first, then in random order over one that is poisoned
// before every segment.
//
//   shared_arena MODELS_FOLDER RUNS SEED
//
// Exit 0: every output was bit-equal to the isolated one, no activation came from the heap, and the
// arena is at least 40 % below the sum of isolated tight plans. What is measured is printed.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <malloc.h>

#include "aegis/base/check.h"
#include "aegis/context/backend_registry.h"
#include "aegis/context/execution_context.h"
#include "aegis/memory/lane_arena.h"

// Every heap allocation of this process that a tensor could be in, whatever allocator ONNX Runtime
// believes to use: the library finds these functions before libc's. It allocates tensors aligned,
// of whatever size; its books (a vector with an entry a tensor, 6 KiB for these models) are not.
namespace {
constexpr std::size_t kLargerThanBooks = 16384;
std::atomic<bool> watching{false};
std::atomic<std::uint64_t> tensor_allocations{0};

[[maybe_unused]] void count_if_watching() {
  if (watching.load(std::memory_order_relaxed)) tensor_allocations.fetch_add(1);
}
}  // namespace

#ifndef AEGIS_SANITIZED
constexpr bool kHeapIsWatched = true;
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): glibc's own names
void* __libc_malloc(std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
void* malloc(std::size_t bytes) {
  if (bytes >= kLargerThanBooks) count_if_watching();
  return __libc_malloc(bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count_if_watching();
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
  count_if_watching();
  *block = __libc_memalign(alignment, bytes);
  return *block != nullptr ? 0 : ENOMEM;
}
}
#else
constexpr bool kHeapIsWatched = false;  // sanitizers bring their own
#endif

namespace aegis {
namespace {

using context::ExecutionContext;

constexpr std::uint64_t kInputs = 3;  // different ones, of each model

struct Subject {
  std::string name;
  std::vector<std::filesystem::path> parts;
  std::unique_ptr<ExecutionContext> context = {};
  // Outputs for each input, alone, in memory that ONNX Runtime manages as it likes.
  std::vector<std::vector<std::byte>> isolated = {};
};

std::vector<std::byte> outputs_of(const ExecutionContext& context) {
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < context.model().outputs.size(); ++i) {
    const auto output = context.output(i);
    all.insert(all.end(), output.begin(), output.end());
  }
  return all;
}

// On that input, with outputs that hold nothing of an earlier run.
bool run_job(ExecutionContext& context, const memory::LaneArena& arena, std::uint64_t input) {
  context.fill_inputs(input);
  for (std::size_t i = 0; i < context.model().outputs.size(); ++i) {
    const auto output = context.output(i);
    // The context owns them and no segment runs: only its interface is constant.
    std::fill_n(const_cast<std::byte*>(output.data()), output.size(), std::byte{0xee});
  }
  for (std::uint32_t segment = 0; segment < context.model().segment_count; ++segment) {
    arena.poison();
    watching = true;
    const bool ran = context.start_segment(segment) && context.poll();
    watching = false;
    if (!ran) return false;
  }
  return true;
}

std::vector<Subject> subjects(const std::filesystem::path& folder) {
  std::vector<Subject> found;
  for (const char* name : {"mobilenet_v2", "resnet18", "yolo_nano", "encoder4", "control_mlp"}) {
    found.push_back({.name = name, .parts = {folder / (std::string(name) + ".onnx")}});
  }
  // The same network in segments, as the demo runs the large ones.
  Subject cut{.name = "resnet18 in 8 segments", .parts = {}};
  for (int part = 0; part < 8; ++part) {
    cut.parts.push_back(folder / ("resnet18.part" + std::to_string(part) + ".onnx"));
  }
  found.push_back(std::move(cut));
  return found;
}

std::unique_ptr<ExecutionContext> load(context::RuntimeBackend& runtime, const Subject& subject,
                                       std::uint32_t id, memory::LaneArena& arena) {
  auto context = ExecutionContext::create(ContextId{id}, runtime,
                                          {.name = subject.name, .parts = subject.parts}, arena);
  if (!context) {
    std::fprintf(stderr, "%s\n", context.error().message().c_str());
    check(false, "the demo's models load");
  }
  return std::move(*context);
}

double mib(std::size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

struct Sums {
  std::size_t isolated_plans = 0;
  std::size_t largest = 0;
};

// The watch itself on trial: ONNX Runtime in charge of its own memory must be seen to take it.
bool watch_sees_tensors(const Subject& subject) {
  const auto runtime = context::builtin_backends().create("onnxruntime", {{"memory", "runtime"}});
  memory::LaneArena arena = memory::LaneArena::reserve().value();
  watching = true;
  const auto context = load(**runtime, subject, 0, arena);
  watching = false;
  return tensor_allocations.exchange(0) > 0 || !kHeapIsWatched;
}

// All but the last, which is the second one again in segments.
Sums load_all(context::RuntimeBackend& runtime, context::RuntimeBackend& by_itself,
              std::vector<Subject>& all, memory::LaneArena& shared) {
  Sums sums;
  std::printf("%-24s %9s %9s %9s %9s %9s MiB\n", "model", "weights", "runtime", "io", "activat.",
              "scratch");
  for (std::uint32_t id = 0; id < all.size(); ++id) {
    memory::LaneArena own = memory::LaneArena::reserve().value();
    const auto alone = load(by_itself, all[id], id, own);
    for (std::uint64_t input = 0; input < kInputs; ++input) {
      check(run_job(*alone, own, input), "the demo's models run");
      all[id].isolated.push_back(outputs_of(*alone));
    }
    tensor_allocations = 0;  // of that run, which may
    all[id].context = load(runtime, all[id], id, shared);
    const memory::MemoryAccount account = all[id].context->memory();
    std::printf("%-24s %9.2f %9.2f %9.2f %9.2f %9.2f\n", all[id].name.c_str(), mib(account.weights),
                mib(account.runtime), mib(account.io), mib(account.activations),
                mib(account.scratch));
    if (id + 1 < all.size()) sums.isolated_plans += account.activations;
    sums.largest = std::max(sums.largest, account.activations);
  }
  return sums;
}

int run(const std::filesystem::path& folder, int runs, unsigned seed) {
  const auto runtime = context::builtin_backends().create("onnxruntime");
  if (!runtime) {
    std::fprintf(stderr, "skipped: %s\n", runtime.error().message().c_str());
    return 77;
  }
  memory::LaneArena shared = memory::LaneArena::reserve().value();
  std::vector<Subject> all = subjects(folder);
  if (!watch_sees_tensors(all.front())) {
    std::fprintf(stderr, "the heap is not watched\n");
    return 1;
  }
  const auto by_itself = context::builtin_backends().create("onnxruntime", {{"memory", "runtime"}});
  check(by_itself.has_value(), "the same library, another memory");
  const Sums sums = load_all(**runtime, **by_itself, all, shared);
  std::mt19937 random(seed);
  std::uint64_t different = 0;
  std::uint64_t unplanned = 0;
  for (int i = 0; i < runs; ++i) {
    Subject& subject = all[random() % all.size()];
    const std::uint64_t input = random() % kInputs;
    if (!run_job(*subject.context, shared, input)) return 1;
    different += outputs_of(*subject.context) == subject.isolated[input] ? 0U : 1U;
  }
  for (const Subject& subject : all) unplanned += subject.context->unplanned_allocations();
  const double saving =
      1 - static_cast<double>(shared.size_bytes()) / static_cast<double>(sums.isolated_plans);
  std::printf(
      "isolated tight plans %.2f MiB, largest %.2f MiB, shared arena %.2f MiB: %.1f %% less\n",
      mib(sums.isolated_plans), mib(sums.largest), mib(shared.size_bytes()), 100 * saving);
  std::printf(
      "%d inferences in random order over poison: %llu differ from isolated runs, %llu unplanned "
      "allocations, "
      "%llu tensors on the heap\n",
      runs, static_cast<unsigned long long>(different), static_cast<unsigned long long>(unplanned),
      static_cast<unsigned long long>(tensor_allocations.load()));
  for (Subject& subject : all) subject.context.reset();
  const std::size_t leaks = (*runtime)->leaks().size();
  std::printf("%zu leaks\n", leaks);
  const bool good = different == 0 && unplanned == 0 && tensor_allocations.load() == 0 &&
                    saving >= 0.4 && leaks == 0;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace aegis

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: shared_arena MODELS_FOLDER RUNS SEED\n");
    return 2;
  }
  return aegis::run(argv[1], std::atoi(argv[2]), static_cast<unsigned>(std::atoi(argv[3])));
}
