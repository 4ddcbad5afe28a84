#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a profile hold for runs that it has not seen?

Profiles each model alone in a workload, then runs it with a period of twice its WCET, in pieces, until enough jobs have
run; counts the segments that took longer than their WCET (overruns), those within a recorded lost-supply window apart.

    held_back.py AEGISRT MODELS [--model mobilenet_v2 ...] [--jobs 20000] [--cpu 1] [--beside]

Ends with 0 if every model stays within the target, else 1. Minutes: a piece takes --piece seconds.
"""

import argparse
import contextlib
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

TARGET = 0.001  # of the held-back runs may exceed the WCET outside recorded lost-supply windows

WORKLOAD = """schema = 1
[machine]
overheads = {{ release = "150us", dispatch = "30us", completion = "30us", clock_error = "1us" }}
[[machine.lane]]
name = "cpu{cpu}"
cpu = {cpu}
[[model]]
name = "{name}"
path = "{path}"
period = "{period_us}us"
"""

# Copies memory on one CPU until it is killed.
COPY = "import os, sys\nos.sched_setaffinity(0, {int(sys.argv[1])})\na = bytearray(64 << 20)\nwhile True: bytes(a)\n"


def run(*command, codes=(0,)):
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if ended.returncode not in codes:
        sys.exit(f"held_back.py: {' '.join(map(str, command))} ended with {ended.returncode}\n{ended.stderr}")
    return ended.stdout


def overruns_in(trace_csv):
    """(all overruns, those in a busy period with a recorded lost-supply window) of a trace."""
    total = inside = in_this_period = 0
    lost = False
    with open(trace_csv, newline="") as text:
        for event in csv.DictReader(text):
            if event["event"] == "overrun":
                in_this_period += 1
            elif event["event"] == "assumption_violated" and "lost_supply" in event["fields"]:
                lost = True
            elif event["event"] == "idle_begin":
                total, inside = total + in_this_period, inside + (in_this_period if lost else 0)
                in_this_period, lost = 0, False
    return total + in_this_period, inside + (in_this_period if lost else 0)


@contextlib.contextmanager
def copying_beside(wanted, lane_cpu):
    """One process on each CPU but the lane's."""
    cpus = os.sched_getaffinity(0) - {lane_cpu} if wanted else ()
    others = [subprocess.Popen([sys.executable, "-c", COPY, str(cpu)]) for cpu in cpus]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


class HeldBack:
    def __init__(self, aegisrt, folder, arguments):
        self.aegisrt, self.folder, self.jobs = aegisrt, folder, arguments.jobs
        self.piece_s, self.beside = arguments.piece, arguments.beside
        self.cpu = max(os.sched_getaffinity(0)) if arguments.cpu is None else arguments.cpu

    def write(self, name, path, period_us):
        workload = self.folder / f"{name}.toml"
        workload.write_text(WORKLOAD.format(name=name, path=path, period_us=period_us, cpu=self.cpu))
        return workload

    def measure(self, path, profile_options):
        name = path.stem.replace(".", "_")
        workload = self.write(name, path, 3_600_000_000)
        begin = time.monotonic()
        profiled = json.loads(run(self.aegisrt, "profile", workload, "--json", *profile_options))["models"][0]
        took = time.monotonic() - begin
        wcet_ns = profiled["segments"][0]["wcet_ns"]
        self.write(name, path, max(2 * wcet_ns // 1000, 500))
        row = {"model": name, "profile_s": took, "warm_p50_ns": profiled["segments"][0]["conditions"][0]["p50_ns"],
               "wcet_ns": wcet_ns, "worst_condition": profiled["segments"][0]["worst_condition"], "jobs": 0, "overruns": 0,
               "in_lost_supply": 0, "lost_windows": 0, "max_ns": 0}
        with copying_beside(self.beside, self.cpu):
            while row["jobs"] < self.jobs:
                self.one_piece(workload, row)
        row["share"] = (row["overruns"] - row["in_lost_supply"]) / row["jobs"]
        return row

    def one_piece(self, workload, row):
        trace, table = workload.with_suffix(".aegis"), workload.with_suffix(".csv")
        report = json.loads(run(self.aegisrt, "run", workload, "--for", f"{self.piece_s}s", "--quiet", "--json", "--trace",
                                trace, codes=(0, 1)))
        run(self.aegisrt, "export", trace, "--format", "csv", "--output", table)
        total, inside = overruns_in(table)
        ran = report["models"][0]
        if total != ran["overruns"] or report["dropped_events"]:
            sys.exit(f"held_back.py: the trace has {total} overruns, the report {ran['overruns']}, "
                     f"{report['dropped_events']} events were dropped")
        row["jobs"] += ran["completed"]
        row["overruns"] += total
        row["in_lost_supply"] += inside
        row["lost_windows"] += report["lost_windows"]
        row["max_ns"] = max(row["max_ns"], ran["execution_max_ns"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("aegisrt", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path, help="folder of the generated ONNX models")
    parser.add_argument("--model", action="append", help="file name without .onnx; may be repeated")
    parser.add_argument("--jobs", type=int, default=20_000, help="held-back runs of each model")
    parser.add_argument("--cpu", type=int, help="of the lane; best one that no busy device interrupts (/proc/interrupts)")
    parser.add_argument("--piece", type=int, default=30, help="seconds of one run")
    parser.add_argument("--beside", action="store_true", help="copy memory on every other CPU during the held-back runs")
    parser.add_argument("--at-least", default="6s", help="as of `aegisrt profile`")
    arguments = parser.parse_args()

    options = ["--at-least", arguments.at_least]
    print("| model | profiled in s | warm p50 ms | WCET ms | stands on | held-back runs | overruns | in lost supply | "
          "longest ms | outside, share | |\n|---|---:|---:|---:|---|---:|---:|---:|---:|---:|---|", flush=True)
    worst = 0
    with tempfile.TemporaryDirectory(prefix="aegisrt_held_back_") as folder:
        held_back = HeldBack(arguments.aegisrt.resolve(), pathlib.Path(folder), arguments)
        for model in arguments.model or ["mobilenet_v2"]:
            row = held_back.measure((arguments.models / f"{model}.onnx").resolve(), options)
            worst = max(worst, row["share"])
            print(f"| {row['model']} | {row['profile_s']:.1f} | {row['warm_p50_ns'] / 1e6:.2f} | {row['wcet_ns'] / 1e6:.2f} | "
                  f"{row['worst_condition']} | {row['jobs']:,} | {row['overruns']} | {row['in_lost_supply']} | "
                  f"{row['max_ns'] / 1e6:.2f} | {row['share']:.3%} | {'met' if row['share'] <= TARGET else '**missed**'} |",
                  flush=True)
    sys.exit(0 if worst <= TARGET else 1)


if __name__ == "__main__":
    main()
