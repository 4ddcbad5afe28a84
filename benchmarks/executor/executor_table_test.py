#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table is whole: every figure and everybody in it, in Markdown and in JSON. Nothing is said about times.

    executor_table_test.py EXECUTOR_TABLE
"""

import json
import pathlib
import subprocess
import sys
import tempfile

PEERS = ["AegisRT", "mutex + std::priority_queue", "oneTBB task_arena::enqueue", "Boost.Asio post",
         "moodycamel::ConcurrentQueue"]
ROWS = {
    "cache_line": ["at the start", "at the end"],
    "submit": PEERS,
    "submit_to_start": PEERS,
    "rounds": ["AegisRT, wait_for_completion", *PEERS],
    "rounds_outside": ["AegisRT, wait_for_completion", *PEERS],
    "wake_shallow": [*PEERS, "futex alone", "cyclictest"],
    "wake_deep": [*PEERS, "futex alone", "cyclictest"],
    "release": ["AegisRT, 60 us of spinning", "AegisRT, 200 us of spinning", "clock_nanosleep", "timerfd", "clock_nanosleep, then 60 us of spinning",
                "clock_nanosleep, then 200 us of spinning", "cyclictest"],
    "task_switch": PEERS,
    "thread_switch": ["sched_yield", "futex ping-pong"],
    "empty_tasks": PEERS,
    "response": ["AegisRT"],
    "misses": ["AegisRT"],
    "response_1ms": ["AegisRT"],
    "misses_1ms": ["AegisRT"],
    "allocations": PEERS,
}
GOALS = {"submit", "submit_to_start", "rounds", "rounds_outside", "wake_shallow", "wake_deep", "release", "task_switch",
         "thread_switch", "empty_tasks", "misses", "misses_1ms", "allocations"}
FIELDS = {"p50", "p99", "max", "samples", "caches"}


def findings(document, markdown):
    rows = {(row["figure"], row["who"]): row for row in document["rows"]}
    for figure, everybody in ROWS.items():
        for who in everybody:
            row = rows.pop((figure, who), None)
            if row is None:
                yield f"{figure}: no row of {who}"
                continue
            if not row["repetitions"] and not row["note"]:
                yield f"{figure}: {who} has neither figures nor a reason"
            if any(set(repetition) != FIELDS for repetition in row["repetitions"]):
                yield f"{figure}: {who} has repetitions that are not {sorted(FIELDS)}"
            if not any(line.startswith(f"| {row['title']} | {who} |") for line in markdown.splitlines()):
                yield f"{figure}: {who} is in JSON only"
    for figure in ("rounds", "rounds_outside"):
        rows.pop((figure, "oneTBB task_group, run and wait"), None)  # stands only where oneTBB is installed
    yield from (f"{figure}: no goal" for figure in GOALS - {goal["figure"] for goal in document["goals"]})
    yield from (f"a row that this test does not know: {key}" for key in rows)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "table.json"
        run = subprocess.run([sys.argv[1], "--quick", "--repetitions", "1", "--json", path], text=True,
                             stdout=subprocess.PIPE, check=False)
        if run.returncode != 0:
            return run.returncode
        found = list(findings(json.loads(path.read_text()), run.stdout))
    print("\n".join(found) or "every row is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
