// SPDX-License-Identifier: Apache-2.0
#include "aegis/context/probe.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "aegis/base/clock.h"

namespace aegis::context {

namespace {

// What the child says before it ends, in one write: no longer than PIPE_BUF, so it arrives whole or
// not at all. An Error itself would not do: its static text may be in a module that only the child
// has loaded.
struct Verdict {
  bool loaded = false;
  ErrorCategory category = ErrorCategory::kPermanent;
  ErrorCode code = ErrorCode::kInternal;
  std::array<char, Error::kDetailCapacity> words{};
};
static_assert(sizeof(Verdict) <= 512, "POSIX promises no larger PIPE_BUF");

class Pipe {
 public:
  Pipe() { open_ = ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] int reader() const { return ends_[0]; }
  [[nodiscard]] int writer() const { return ends_[1]; }
  void close_writer() { close_end(1); }

 private:
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
  bool open_ = false;
};

Error permanent(ErrorCode code, const char* text, const std::string& detail) {
  return Error::permanent(code, text).with_detail(detail);
}

void limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limits{soft, hard};
  ::setrlimit(resource, &limits);  // refused: a stricter limit is in force already
}

void confine_this_process(const ProbeLimits& limits) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CORE, 0, 0);
#ifndef AEGIS_SANITIZED
  limit(RLIMIT_AS, limits.address_space_bytes, limits.address_space_bytes);
#endif
  const auto seconds = static_cast<rlim_t>(std::max<std::int64_t>(
      (limits.processor_time + Duration::nanoseconds(999'999'999)) / Duration::seconds(1), 1));
  limit(RLIMIT_CPU, seconds, seconds + 1);  // SIGXCPU, and SIGKILL should that be ignored
}

Verdict try_to_load(const BackendFactory& factory, const LoadRequest& request) {
  const auto refusal = [](const Error& error) {
    Verdict verdict{.loaded = false, .category = error.category, .code = error.code, .words = {}};
    const std::string words = error.message();
    words.copy(verdict.words.data(), verdict.words.size() - 1);
    return verdict;
  };
  const auto backend = factory();
  if (!backend) return refusal(backend.error());
  const auto model = (*backend)->load(request);
  if (!model) return refusal(model.error());
  return {.loaded = true, .category = {}, .code = {}, .words = {}};
}

[[noreturn]] void be_the_child(int writer, const BackendFactory& factory,
                               const LoadRequest& request, const ProbeLimits& limits) {
  confine_this_process(limits);
  const Verdict verdict = try_to_load(factory, request);
  [[maybe_unused]] const auto written = ::write(writer, &verdict, sizeof(verdict));
  ::_exit(0);  // the parent's exit handlers and buffers are not ours to run
}

// Until the child writes or ends; true when `within` passed first.
bool times_out(int reader, Duration within) {
  const MonotonicClock clock;
  const TimePoint end = clock.now() + within;
  while (true) {
    const Duration left = end - clock.now();
    if (left <= Duration::zero()) return true;
    const std::int64_t milliseconds = left / Duration::milliseconds(1) + 1;
    pollfd waiting{.fd = reader, .events = POLLIN, .revents = 0};
    const int ready =
        ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(milliseconds, 60'000)));
    if (ready > 0) return false;
  }
}

std::optional<Verdict> read_verdict(int reader) {
  Verdict verdict;
  while (true) {
    const ssize_t got = ::read(reader, &verdict, sizeof(verdict));
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(sizeof(verdict))) return std::nullopt;
    return verdict;
  }
}

int reap(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

Error end_without_verdict(int status, const ProbeLimits& limits) {
  constexpr const char* kText = "model crashes its runtime while loading";
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
    return permanent(ErrorCode::kTimeout, "model does not finish loading",
                     fmt::format("stopped after {:.0f} s of processor time",
                                 limits.processor_time.seconds_as_double()));
  }
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const char* words = ::sigdescr_np(signal);
    return permanent(ErrorCode::kBackend, kText,
                     fmt::format("signal {} ({})", signal, words != nullptr ? words : "unknown"));
  }
  return permanent(ErrorCode::kBackend, kText, fmt::format("exit code {}", WEXITSTATUS(status)));
}

}  // namespace

Status probe_in_child(const BackendFactory& factory, const LoadRequest& request,
                      const ProbeLimits& limits) {
  Pipe pipe;
  if (!pipe.open()) return fail(Error::system("cannot probe model", request.name, errno));
  const pid_t child = ::fork();
  if (child < 0) return fail(Error::system("cannot probe model", request.name, errno));
  if (child == 0) be_the_child(pipe.writer(), factory, request, limits);
  pipe.close_writer();
  const bool late = times_out(pipe.reader(), limits.wall_time);
  if (late) ::kill(child, SIGKILL);
  const std::optional<Verdict> verdict = late ? std::nullopt : read_verdict(pipe.reader());
  const int status = reap(child);
  if (late) {
    return fail(
        permanent(ErrorCode::kTimeout, "model does not finish loading",
                  fmt::format("stopped after {:.0f} s", limits.wall_time.seconds_as_double())));
  }
  if (!verdict.has_value()) return fail(end_without_verdict(status, limits));
  if (verdict->loaded) return ok();
  // The words are the whole message: a static text from the child may not exist here.
  Error error = permanent(verdict->code, "", verdict->words.data());
  error.category = verdict->category;
  return fail(error);
}

}  // namespace aegis::context
