#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Long runs of the demo's models, one after another, each audited: every decision reconstructed, every miss with a cause. Resumable: a
# round that passed is not run again; delete the folder to start over.
#   SOAK_SECONDS=3600 SOAK_ROUND_SECONDS=120 tests/soak/soak.sh AEGISRT MODELS
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
aegisrt=$(realpath "$1")
models=$(realpath "$2")
total=${SOAK_SECONDS:-3600}
round_seconds=${SOAK_ROUND_SECONDS:-120}
work=$(dirname "$models")/soak
mkdir -p "$work"
cd "$work"

if [ ! -f robot.profile.json ]; then
  /usr/bin/python3 "$root/examples/demo/make_workload.py" --models "$models" --out robot.toml
  "$aegisrt" profile robot.toml --jobs 2000
  /usr/bin/python3 "$root/examples/demo/make_workload.py" --models "$models" --out robot.toml --profile robot.profile.json \
    --aegisrt "$aegisrt"
fi

policies=(edf dm rm static)
rounds=$((total / round_seconds))
for ((round = 0; round < rounds; ++round)); do
  [ ! -f "round$round.passed" ] || continue
  policy=${policies[$((round % ${#policies[@]}))]}
  "$aegisrt" run robot.toml --for "${round_seconds}s" --policy "$policy" --without-proof --seed "$round" --quiet --json \
    --trace round.aegis >"round$round.json" || true
  "$aegisrt" audit round.aegis || { echo "soak: round $round ($policy): the audit did not pass; trace kept in $work/round.aegis" >&2; exit 1; }
  mv round.aegis last.aegis
  touch "round$round.passed"
  echo "soak: round $((round + 1)) of $rounds ($policy) passed"
done
