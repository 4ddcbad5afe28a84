#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures every figure of docs/BENCHMARKS.md on this machine and prints them as Markdown, targets beside them.
#   benchmarks/run.sh BUILD MODELS [SECONDS [LAYERS]]   raw results stay in BUILD/benchmarks; LAYERS: those to measure anew
# Run it on a quiet machine: what else runs is part of what is measured.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(realpath "$1")
models=$(realpath "$2")
seconds=${3:-30}
layers=${4-trace executor theory}
results=$build/benchmarks
aegisrt=$build/app/aegisrt/aegisrt
mkdir -p "$results"

real_time=(chrt -f 50)  # the measuring thread must not be preempted by what it does not measure
chrt -f 50 true 2>/dev/null || real_time=()
for layer in $layers; do
  echo "measuring $layer ..." >&2
  "${real_time[@]}" "$build/src/$layer/aegis_${layer}_benchmark" --benchmark_out="$results/$layer.json" --benchmark_out_format=json \
    --benchmark_repetitions=5 >"$results/$layer.txt" 2>&1
done

if [[ " $layers " == *" executor "* ]]; then
  echo "measuring the executor's peers ..." >&2  # it makes its own real-time threads
  "$build/benchmarks/executor/executor_table" --json "$results/executor_table.json" >"$results/executor_table.md" ||
    echo "Not measured: it needs two processors." >"$results/executor_table.md"
fi

cd "$results"
echo "measuring the demo ..." >&2
/usr/bin/python3 "$root/examples/demo/make_workload.py" --models "$models" --out robot.toml
"$aegisrt" profile robot.toml --jobs 1000 --json >profile.json
/usr/bin/python3 "$root/examples/demo/make_workload.py" --models "$models" --out robot.toml --profile robot.profile.json \
  --aegisrt "$aegisrt"
"$aegisrt" admit robot.toml --json >admit.json
run() {  # run NAME OPTIONS...: a run may well miss; that is a result
  "$aegisrt" run robot.toml --quiet --json --for "${seconds}s" "${@:2}" >"$1.json" || true
}
run edf --trace edf.aegis
run fifo --policy fifo --without-proof
run rm --policy rm --without-proof
run threads --plain-threads
"$aegisrt" audit edf.aegis --json >audit.json || true
/usr/bin/python3 "$root/benchmarks/report.py" "$results"
