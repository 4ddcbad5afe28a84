#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the raw results of benchmarks/run.sh into the tables of docs/BENCHMARKS.md.   report.py RESULTS"""

import json
import pathlib
import platform
import statistics
import sys

RESULTS = pathlib.Path(sys.argv[1])


def load(name):
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.is_file() and path.stat().st_size else None


def ms(ns):
    return "-" if ns is None else f"{ns / 1e6:.2f}"


def machine():
    model = next((line.split(": ")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    cpus = sum(1 for line in open("/proc/cpuinfo") if line.startswith("processor"))
    return f"{model}, {cpus} CPUs, Linux {platform.release()}"


def microbenchmarks(layer):
    """One row a benchmark: each counter as its median over the repetitions, with the spread of the repetitions."""
    found = {}
    for run in load(layer)["benchmarks"]:
        if run.get("run_type") == "aggregate":
            continue
        counters = {key: value for key, value in run.items() if key.endswith("_ns")}
        if not counters:
            scale = {"ns": 1, "us": 1e3, "ms": 1e6}[run["time_unit"]]
            counters = {"mean_ns": run["real_time"] * scale}
        for key, value in counters.items():
            found.setdefault(run["run_name"], {}).setdefault(key, []).append(value)
    print(f"\n### {layer}\n\n| measurement | figure | median of repetitions, ns | lowest to highest |\n|---|---|---:|---|")
    for name, counters in found.items():
        for key, values in counters.items():
            print(f"| {name} | {key.removesuffix('_ns')} | {statistics.median(values):.0f} | "
                  f"{min(values):.0f} to {max(values):.0f} |")


def demo_table():
    admit, audit = load("admit"), load("audit")
    lane = admit["lanes"][0]
    utilisation = sum(task["wcet_ns"] / task["period_ns"] for task in lane["tasks"])
    tight = min(task["slack_ns"] / task["deadline_ns"] for task in lane["tasks"])
    print(f"\n### The demo: five models on one lane, U = {utilisation:.2f} by measured WCETs, least slack {tight:.0%} of its "
          "deadline\n")
    print("| run | model | jobs | p50 ms | p99 ms | max ms | bound ms | deadline ms | CV | misses | in lost supply |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in ("edf", "rm", "fifo", "threads"):
        run = load(name)
        for row in run["models"]:
            print(f"| {name} | {row['name']} | {row['jobs']} | {ms(row['response_p50_ns'])} | "
                  f"{ms(row['response_p99_ns'])} | {ms(row['response_max_ns'])} | {ms(row['response_bound_ns'])} | "
                  f"{ms(row['deadline_ns'])} | {row['execution_cv']:.1%} | {row['misses']} | "
                  f"{row['misses_in_lost_supply']} |")
    edf = load("edf")
    print(f"\nReal-time class: {'yes' if edf['real_time'] else 'no: ' + edf['real_time_note']}. "
          f"Lost-supply windows: {edf['lost_windows']}. Overruns: {sum(row['overruns'] for row in edf['models'])}. "
          f"Audit: {audit['verdict']}, {audit['selections_reconstructed']} of {audit['selections']} decisions "
          "reconstructed.")


print(f"Machine: {machine()}.")
for layer_name in ("trace", "executor", "theory"):
    microbenchmarks(layer_name)
if (RESULTS / "executor_table.md").is_file():
    print("\n### The executor beside its peers\n\n" + (RESULTS / "executor_table.md").read_text())
demo_table()
