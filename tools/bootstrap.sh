#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs the distribution packages that are missing for the given purposes (default: build runtime models), from the one
# list in tools/apt-packages.txt. Does nothing, and needs no rights and no network, when all are there.
#
#   tools/bootstrap.sh [purpose ...]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
purposes=("$@")
[ ${#purposes[@]} -gt 0 ] || purposes=(build runtime models)

missing=()
while read -r package; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done < <(
  for purpose in "${purposes[@]}"; do
    awk -v purpose="$purpose" '$1 == purpose { for (i = 2; i <= NF; ++i) print $i }' "$root/tools/apt-packages.txt"
  done
)
[ ${#missing[@]} -gt 0 ] || exit 0

echo "aegisrt: installing ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "aegisrt: run as root, or install sudo, or install these yourself: ${missing[*]}" >&2; exit 4; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
