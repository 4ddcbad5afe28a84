#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run leaves a trace that reconstructs every decision, also when it is killed; a forged one does not pass the audit."""

import csv
import io
import json
import os
import signal
import subprocess
import time
import unittest

from command_line import AEGISRT, CommandLineTest, workload

# Light enough for a loaded machine under a sanitizer: WCETs are ten times the scripted times.
FAST = ("fast", [1], 40, 40)
SLOW = ("slow", [2, 2], 100, 100)


def light(*tasks):
    text = workload(*tasks)
    for name, segments, _, _ in tasks:
        declared = ", ".join(f'"{s}ms"' for s in segments)
        generous = ", ".join(f'"{5 * s}ms"' for s in segments)
        text = text.replace(f"wcet = [{declared}]", f"wcet = [{generous}]")
    return text


class Run(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("w.toml", light(FAST, SLOW))

    def test_run_reports_jobs_and_bounds(self):
        run = self.run_aegisrt("run", "w.toml", "--for", "1s", "--quiet", "--json", "--trace", "t.aegis")
        report = json.loads(run.stdout)
        self.assertTrue(report["admitted"])
        rows = {row["name"]: row for row in report["models"]}
        for row in rows.values():
            ended = row["completed"] + row["failed"] + row["cancelled"] + row["refused"]
            self.assertEqual(row["jobs"], ended, "each job that arrived has one end")
        self.assertIn(rows["fast"]["jobs"], range(20, 28))
        self.assertIn(rows["slow"]["jobs"], range(8, 13))
        self.assertEqual(run.returncode, 1 if sum(row["misses"] for row in rows.values()) else 0)
        clock = report["clock"]
        self.assertEqual(clock["source"] == "CLOCK_MONOTONIC", bool(clock["reason"]), "a fallback has its reason")

    def test_every_decision_is_reconstructed(self):
        self.run_aegisrt("run", "w.toml", "--for", "1s", "--quiet", "--trace", "t.aegis")
        audit = self.expect_json(0, "audit", "t.aegis")
        self.assertEqual(audit["verdict"], "passed")
        self.assertGreater(audit["selections"], 30)
        self.assertEqual(audit["selections_reconstructed"], audit["selections"])
        job = self.expect(0, "explain", "t.aegis", "--job", "slow#3").stdout
        for word in ("slow", "#3", "arrived", "completed", "bound"):
            self.assertIn(word, job)

    def test_a_killed_run_leaves_a_trace_that_audits(self):
        process = subprocess.Popen([AEGISRT, "run", "w.toml", "--for", "30s", "--quiet", "--trace", "t.aegis"],
                                   cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(1.5)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        finally:
            process.kill()
        audit = self.expect_json(0, "audit", "t.aegis")
        self.assertEqual(audit["verdict"], "passed")
        self.assertTrue(audit["truncated"])
        self.assertGreater(audit["selections"], 10)

    def test_a_signal_drains_and_reports(self):
        process = subprocess.Popen([AEGISRT, "run", "w.toml", "--for", "30s", "--quiet", "--json"], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
        report = json.loads(output)
        self.assertLess(report["elapsed_ns"], 20e9)
        self.assertGreater(sum(row["completed"] for row in report["models"]), 5)

    def metrics(self):
        """Name and labels of each sample, with its value."""
        lines = (self.folder / "m.prom").read_text().splitlines()
        return {key: float(value) for key, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def test_metrics_agree_with_the_report(self):
        report = json.loads(self.run_aegisrt("run", "w.toml", "--for", "500ms", "--quiet", "--json", "--metrics",
                                             "m.prom").stdout)
        samples = self.metrics()
        for row in report["models"]:
            key = f'aegis_executor_kind_jobs_total{{kind="{row["name"]}",outcome="completed"}}'
            self.assertEqual(samples[key], row["completed"])
            self.assertLessEqual(row["response_p99_ns"], row["response_p999_ns"])
            self.assertLessEqual(row["response_jitter_ns"], row["response_p99_ns"])
        thread = report["lanes"][0]["thread"]
        self.assertGreater(thread["voluntary_switches"], 0)
        self.assertGreater(thread["sleeping_ns"], 0)
        self.assertGreaterEqual(thread["spin_share"], 0)
        self.assertLessEqual(thread["spin_share"], 1)
        self.assertIn(f'aegis_executor_clock_info{{clock="{report["clock"]["source"]}"}}', samples)

    def test_metrics_are_there_while_it_runs(self):
        process = subprocess.Popen([AEGISRT, "run", "w.toml", "--for", "60s", "--quiet", "--metrics", "m.prom"],
                                   cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not (self.folder / "m.prom").exists():
                time.sleep(0.05)
                self.assertIsNone(process.poll())
            self.assertGreater(self.metrics()["aegis_executor_uptime_seconds"], 0)
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        finally:
            process.kill()

    def test_metrics_that_cannot_be_written_do_not_stop_the_run(self):
        run = self.run_aegisrt("run", "w.toml", "--for", "300ms", "--quiet", "--metrics", "/dev/full")
        self.assertEqual(run.returncode, 4)
        self.assertIn("/dev/full", run.stderr)
        self.assertIn("fast", run.stdout, "the table is printed all the same")

    def test_exports_hold_every_event(self):
        self.run_aegisrt("run", "w.toml", "--for", "500ms", "--quiet", "--trace", "t.aegis")
        for form in ("perfetto", "json", "csv"):
            self.expect(0, "export", "t.aegis", "--format", form, "--output", f"t.{form}")
        rows = list(csv.DictReader(io.StringIO((self.folder / "t.csv").read_text())))
        events = json.loads((self.folder / "t.json").read_text())["events"]
        self.assertEqual(len(rows), len(events))
        self.assertGreater(len(rows), 100)
        self.assertTrue(json.loads((self.folder / "t.perfetto").read_text())["traceEvents"])

    def test_a_refused_set_does_not_run_unless_asked_to(self):
        self.write("w.toml", workload(("x", [30], 40, 40), ("y", [30], 40, 40)))
        report = self.expect_json(1, "run", "w.toml", "--for", "300ms", "--quiet")
        self.assertFalse(report["admitted"])
        self.assertEqual(report["elapsed_ns"], 0)
        self.assertIsNone(report["real_time"], "nothing ran")
        report = self.expect_json(1, "run", "w.toml", "--for", "600ms", "--quiet", "--without-proof", "--trace", "t.aegis")
        self.assertGreater(sum(row["misses"] for row in report["models"]), 0)
        # Late, but lawfully: each miss names that the set was not admitted.
        self.expect(0, "audit", "t.aegis")
        story = self.expect(0, "explain", "t.aegis", "--misses", "--limit", "1").stdout
        self.assertIn("not_admitted", story.replace(" ", "_"))

    def test_plain_threads_run_the_same_models(self):
        report = json.loads(self.run_aegisrt("run", "w.toml", "--for", "500ms", "--quiet", "--plain-threads",
                                             "--json").stdout)
        self.assertEqual(report["mode"], "threads")
        self.assertGreater(sum(row["completed"] for row in report["models"]), 5)


class Forged(CommandLineTest):
    def test_a_trace_with_one_swapped_selection_fails_the_audit(self):
        tool = os.environ.get("AEGISRT_SWAP_SELECTION")
        self.assertTrue(tool, "the test tool that forges a trace")
        # Three synchronous tasks: at time zero there is a choice to swap.
        self.write("w.toml", light(FAST, SLOW, ("third", [1], 50, 50)))
        self.run_aegisrt("run", "w.toml", "--for", "500ms", "--quiet", "--trace", "t.aegis")
        self.expect(0, "audit", "t.aegis")
        subprocess.run([tool, "t.aegis", "forged.aegis"], cwd=self.folder, check=True)
        audit = self.expect_json(1, "audit", "forged.aegis")
        self.assertEqual(audit["verdict"], "failed")
        self.assertTrue(any("select" in json.dumps(finding) for finding in audit["findings"]), audit["findings"])


if __name__ == "__main__":
    unittest.main()
