#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the demo's workload for the machine it runs on.

A robot's five networks share one CPU lane. A real robot's rates are given; a demo must run on any machine, so the rates
are derived from what was measured here: each model gets its share of the lane, together SHARE_OF_LANE. One model, the
tracker, gets a deadline so tight that its slack is below a fifth of it.

    make_workload.py --models DIR --out robot.toml                        before profiling: nominal rates
    make_workload.py --models DIR --out robot.toml --profile P --aegisrt A   after: rates and the tight deadline
"""

import argparse
import json
import pathlib
import subprocess
import sys

SHARE_OF_LANE = 0.80
TIGHT_MODEL = "tracker"
TIGHTNESS = 1.12  # its deadline over the shortest that is admitted: slack is then 1 - 1/1.12 = 11 % of the deadline

# name, ONNX model, parts, share of the lane's load, deadline as a fraction of the period
MODELS = [
    ("control", "control_mlp", 1, 0.02, 1.0),
    ("tracker", "mobilenet_v2", 4, 0.26, 1.0),
    ("detector", "yolo_nano", 4, 0.26, 1.0),
    ("planner", "encoder4", 4, 0.22, 1.0),
    ("scene", "resnet18", 8, 0.24, 1.0),
]
NOMINAL_PERIOD_MS = {"control": 10, "tracker": 30, "detector": 40, "planner": 50, "scene": 150}
SHORTEST_PERIOD_US = 5_000

HEADER = """# Written by examples/demo/make_workload.py for this machine: {why}
schema = 1

[machine]
policy = "edf"
overheads = {{ release = "150us", dispatch = "30us", completion = "30us", clock_error = "1us" }}
lost_supply = "1ms"
co_runners = "lane"   # nothing else loads this machine while the demo runs; its user vouches for that
"""

MODEL = """
[[model]]
name = "{name}"
parts = [{parts}]
period = "{period_us}us"
deadline = "{deadline_us}us"
budget = {{ memory = "256MiB" }}
"""


def measured_wcets(profile):
    """Model name -> the sum of its segments' WCETs in microseconds."""
    models = json.loads(profile.read_text())["models"]
    return {m["identity"]["model"]: sum(s["wcet_ns"] for s in m["segments"]) / 1000 for m in models}


def periods_for(wcets):
    """Rates that give each model its share of SHARE_OF_LANE, in microseconds, rounded down to 100 us."""
    periods = {}
    for name, _, _, share, _ in MODELS:
        period = max(wcets[name] / (share * SHARE_OF_LANE), SHORTEST_PERIOD_US)
        periods[name] = int(period) // 100 * 100
    return periods


def render(models_dir, periods, deadlines, why):
    text = HEADER.format(why=why)
    for name, onnx, parts, _, _ in MODELS:
        files = ", ".join(f'"{models_dir / onnx}.part{i}.onnx"' for i in range(parts))
        text += MODEL.format(name=name, parts=files, period_us=periods[name], deadline_us=deadlines[name])
    return text


def admitted(aegisrt, workload, profile):
    command = [aegisrt, "admit", str(workload), "--profile", str(profile), "--json"]
    ended = subprocess.run(command, capture_output=True, text=True).returncode
    if ended not in (0, 1, 3):
        sys.exit(f"make_workload.py: {' '.join(command)} ended with {ended}")
    return ended == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=pathlib.Path, required=True, help="folder of the generated ONNX models")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="workload to write")
    parser.add_argument("--profile", type=pathlib.Path, help="profile of this machine")
    parser.add_argument("--aegisrt", help="the executable, to find the tight deadline with")
    arguments = parser.parse_args()
    models_dir = arguments.models.resolve()

    if not arguments.profile:
        periods = {name: ms * 1000 for name, ms in NOMINAL_PERIOD_MS.items()}
        arguments.out.write_text(render(models_dir, periods, periods, "nominal rates, to profile with"))
        return

    periods = periods_for(measured_wcets(arguments.profile))
    deadlines = {name: int(periods[name] * fraction) for name, _, _, _, fraction in MODELS}
    why = f"rates that load the lane to about {SHARE_OF_LANE:.0%} of its time"

    def fits(tight_deadline_us):
        text = render(models_dir, periods, {**deadlines, TIGHT_MODEL: tight_deadline_us}, why)
        arguments.out.write_text(text)
        return admitted(arguments.aegisrt, arguments.out, arguments.profile)

    longest = periods[TIGHT_MODEL]
    if not fits(longest):
        sys.exit("make_workload.py: the workload is not admitted on this machine even with the tracker's deadline at "
                 "its period; run `aegisrt admit` on it to see why")
    shortest = 0
    while longest - shortest > 50:
        middle = (shortest + longest) // 2
        if fits(middle):
            longest = middle
        else:
            shortest = middle
    fits(min(int(longest * TIGHTNESS), periods[TIGHT_MODEL]))


if __name__ == "__main__":
    main()
