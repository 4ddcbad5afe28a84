#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Configures a preset with ONNX Runtime in place.   tools/configure.sh PRESET [cmake options]
# Without ONNX Runtime (no network, no recipe that works) it configures all the same; that backend then says why it is missing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
preset=$1
shift
onnxruntime=$("$root/tools/fetch-onnxruntime.sh") || onnxruntime=""
cd "$root"
cmake --preset "$preset" -DAEGIS_ONNXRUNTIME_ROOT="$onnxruntime" "$@"
