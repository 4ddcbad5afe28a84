#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demo: five real networks on one CPU lane under a proof, then FIFO and plain threads beside it, then the reason why a
# frame was late.   demo.sh AEGISRT MODELS [SECONDS]
set -euo pipefail

aegisrt=$(realpath "$1")
models=$(realpath "$2")
seconds=${3:-30}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(dirname "$models")/demo
mkdir -p "$work"
cd "$work"

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
show() {  # show COMMAND...: print it as a user would type it, run it, keep its exit code
  say "aegisrt ${*}"
  "$aegisrt" "$@"
}

echo "Measuring this machine (each model's segments, alternating, on the lane's CPU) ..."
/usr/bin/python3 "$here/make_workload.py" --models "$models" --out robot.toml
show profile robot.toml
/usr/bin/python3 "$here/make_workload.py" --models "$models" --out robot.toml --profile robot.profile.json --aegisrt "$aegisrt"

show admit robot.toml
missed=0
show run robot.toml --for "${seconds}s" --trace run.aegis || missed=1

echo
echo "The same models by first come, first served, and in plain threads without a scheduler:"
show run robot.toml --for "$((seconds / 3))s" --policy fifo --without-proof --quiet --trace fifo.aegis || true
show run robot.toml --for "$((seconds / 3))s" --plain-threads --quiet || true

echo
echo "Why was a frame late? (first come, first served; the trace knows)"
show explain fifo.aegis --misses --limit 1 || true
echo
echo "And the tracker's slowest frame under the proof:"
show explain run.aegis --slowest tracker --limit 1
status=0
show audit run.aegis || status=$?
show export run.aegis --format perfetto --output run.perfetto.json
echo "Open $work/run.perfetto.json in https://ui.perfetto.dev"
if [ "$missed" -ne 0 ]; then
  echo "Jobs were missed. Each names what was not as the proof assumed (this machine standing still, most likely):"
  echo "  $aegisrt explain $work/run.aegis --misses"
fi
exit "$status"  # a miss with a cause is the machine's; one without would fail the audit, and be ours
