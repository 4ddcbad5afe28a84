// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/atomic_file.h"

#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aegis {

namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool is_special(const std::filesystem::path& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
}

bool is_folder(const std::filesystem::path& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

// A device or pipe is written to, never replaced.
Status write_through(const std::filesystem::path& path, std::string_view content) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const bool written = file.get() >= 0 && write_all(file.get(), content);
  return written ? ok() : fail(Error::system("cannot write", path.string(), errno));
}

}  // namespace

Status try_writing(const std::filesystem::path& path) {
  const auto refused = [&path](int why) {
    return fail(Error::system("cannot write", path.string(), why));
  };
  if (is_special(path)) {
    if (::access(path.c_str(), W_OK) != 0) return refused(errno);
    return ok();
  }
  if (is_folder(path)) return refused(EISDIR);
  std::string temporary = path.string() + ".XXXXXX";
  const FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return refused(errno);
  ::unlink(temporary.c_str());
  return ok();
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  if (is_special(path)) return write_through(path, content);
  std::string temporary = path.string() + ".XXXXXX";
  const FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return fail(Error::system("cannot write", path.string(), errno));
  ::fchmod(file.get(), 0644);
  if (!write_all(file.get(), content) || ::fsync(file.get()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int why = errno;
    ::unlink(temporary.c_str());
    return fail(Error::system("cannot write", path.string(), why));
  }
  return ok();
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes) {
  // A pipe nobody writes to would hold up the open itself.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return fail(Error::system("cannot read", path.string(), errno));
  struct stat found{};
  const bool regular = ::fstat(file.get(), &found) == 0 && S_ISREG(found.st_mode);
  if (!regular) {
    return fail(Error::permanent(ErrorCode::kInvalidArgument, "not a regular file")
                    .with_detail(path.string()));
  }
  std::string content;
  std::vector<char> chunk(1 << 16);
  while (true) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::system("cannot read", path.string(), errno));
    if (got == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(got));
    if (content.size() > limit_bytes) {
      return fail(Error::permanent(ErrorCode::kOutOfRange, "file is larger than any of its kind")
                      .with_detail(path.string()));
    }
  }
}

}  // namespace aegis
