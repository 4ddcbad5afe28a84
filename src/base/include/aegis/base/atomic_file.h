// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "aegis/base/result.h"

namespace aegis {

// Writes the file whole or not at all: a temporary file beside it, fsync, rename. On failure the
// old file, if any, is untouched and the temporary one is gone. Error detail names the path.
[[nodiscard]] Status write_file_atomically(const std::filesystem::path& path,
                                           std::string_view content);

// Whether write_file_atomically could begin now: the same refusal, before the work that the content
// costs rather than after. Makes and removes a temporary file; a device or pipe is not opened. The
// disk may fill up, or the folder go, in between.
[[nodiscard]] Status try_writing(const std::filesystem::path& path);

// The whole file, refused beyond `limit_bytes` (an input larger than any sane one of its kind is
// refused, not read).
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t limit_bytes);

}  // namespace aegis
