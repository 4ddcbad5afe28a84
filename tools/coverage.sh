#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Line coverage of our sources by the plain tests, as a table by layer. Fails below the floors of the project:
# theory and scheduler 80 %, everything 70 %.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
tools/configure.sh coverage
cmake --build --preset coverage -j "$(nproc)"
find build/coverage -name '*.gcda' -delete
ctest --preset coverage -j "$(nproc)"
gcovr --root . --object-directory build/coverage --exclude '.*_test\.cc' --exclude '.*_benchmark\.cc' --exclude 'build/.*' \
  --exclude 'tests/.*' --exclude-throw-branches --json-summary build/coverage/summary.json --txt build/coverage/lines.txt >/dev/null
/usr/bin/python3 - <<'PYTHON'
import collections, json, sys
floors = {"theory": 80, "scheduler": 80}
lines = collections.defaultdict(lambda: [0, 0])
for file in json.load(open("build/coverage/summary.json"))["files"]:
    parts = file["filename"].split("/")
    layer = parts[1] if parts[0] == "src" else parts[0]
    for name in (layer, "all"):
        lines[name][0] += file["line_covered"]
        lines[name][1] += file["line_total"]
failed = False
for name, (covered, total) in sorted(lines.items(), key=lambda item: item[0] == "all"):
    percent, floor = 100 * covered / max(total, 1), floors.get(name, 70 if name == "all" else 0)
    failed |= percent < floor
    print(f"{name:<12} {covered:>6} of {total:>6} lines  {percent:5.1f} %" + (f"  (floor {floor} %)" if floor else ""))
sys.exit(1 if failed else 0)
PYTHON
