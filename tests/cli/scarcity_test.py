#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A full disk or exhausted memory costs one clear line and exit code 4, leaves no part of a file, and stops no run."""

import json
import os
import resource
import subprocess
import time
import unittest

from command_line import AEGISRT, NO_OVERHEADS, CommandLineTest, workload

LIGHT = workload(("light", [1], 20, 20), machine=NO_OVERHEADS).replace('wcet = ["1ms"]', 'wcet = ["10ms"]')
UNKNOWN = LIGHT.replace('wcet = ["10ms"]\n', "").replace('segments = "1ms"', 'segments = "100us"')


def limited(kind, limit):
    return lambda: resource.setrlimit(kind, (limit, limit))


class Scarcity(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("w.toml", LIGHT)
        self.write("u.toml", UNKNOWN)

    def run_limited(self, kind, limit, *arguments):
        return subprocess.run([AEGISRT, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, preexec_fn=limited(kind, limit))

    def expect_line(self, ended, *naming):
        self.assertEqual(ended.returncode, 4, ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertTrue(ended.stderr.startswith("aegisrt: "), ended.stderr)
        for word in naming:
            self.assertIn(word, ended.stderr)

    def trace(self):
        ended = self.run_aegisrt("run", "w.toml", "--for", "200ms", "--quiet", "--trace", "t.aegis")
        self.assertIn(ended.returncode, (0, 1), ended.stderr)  # a busy machine may miss

    def files(self):
        return sorted(os.listdir(self.folder))


class FullDisk(Scarcity):
    def test_standard_output_that_takes_nothing(self):
        self.trace()
        self.write("t.csv", "Task,T,D,WCET\nA,100,50,20\n")
        for arguments in (("--help",), ("--version",), ("run", "--help"), ("admit", "w.toml"),
                          ("admit", "w.toml", "--json"), ("run", "w.toml", "--quiet", "--for", "50ms"),
                          ("run", "w.toml", "--quiet", "--for", "50ms", "--json"), ("audit", "t.aegis"),
                          ("audit", "t.aegis", "--json"), ("explain", "t.aegis", "--misses"),
                          ("export", "t.aegis"), ("export", "t.aegis", "--format", "csv"), ("doctor",),
                          ("analyze", "t.csv"), ("profile", "u.toml", "--quiet", "--jobs", "30")):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                ended = subprocess.run([AEGISRT, *arguments], cwd=self.folder, stdout=full, stderr=subprocess.PIPE,
                                       text=True, timeout=60)
                self.expect_line(ended)

    def test_what_is_written_whole_is_not_there_in_part(self):
        self.trace()
        before = self.files()
        for arguments in (("export", "t.aegis", "--output", "out"), ("export", "t.aegis", "--format", "csv", "-o", "out"),
                          ("profile", "u.toml", "--quiet", "--jobs", "30", "--output", "out"),
                          ("profile", "u.toml", "--quiet", "--jobs", "30")):
            with self.subTest(arguments):
                ended = self.run_limited(resource.RLIMIT_FSIZE, 100, *arguments)
                self.expect_line(ended, "out" if "out" in arguments else "u.profile.json")
                self.assertEqual(self.files(), before)

    def test_an_older_file_survives_its_failed_successor(self):
        self.expect(0, "profile", "u.toml", "--quiet", "--jobs", "30")
        older = (self.folder / "u.profile.json").read_bytes()
        self.expect_line(self.run_limited(resource.RLIMIT_FSIZE, 100, "profile", "u.toml", "--quiet", "--jobs", "30"))
        self.assertEqual((self.folder / "u.profile.json").read_bytes(), older)

    def test_a_disk_that_fills_up_stops_the_trace_and_not_the_run(self):
        ended = self.run_limited(resource.RLIMIT_FSIZE, 16384, "run", "w.toml", "--for", "2s", "--json", "--quiet",
                                 "--trace", "t.aegis")
        self.expect_line(ended, "t.aegis", "File too large", "the run went on")
        report = json.loads(ended.stdout)
        self.assertIn("t.aegis", report["trace_failure"])
        self.assertGreater(report["models"][0]["completed"], 50)
        audit = self.expect_json(0, "audit", "t.aegis")
        self.assertTrue(audit["truncated"])
        self.assertGreater(audit["selections"], 5)

    def test_a_live_run_says_that_its_trace_has_failed(self):
        ended = self.run_limited(resource.RLIMIT_FSIZE, 16384, "run", "w.toml", "--for", "3s", "--trace", "t.aegis")
        self.assertEqual(ended.returncode, 4)
        self.assertIn("the trace has failed", ended.stderr)
        self.assertIn("The trace is not whole", ended.stdout)

    def test_a_trace_without_room_for_its_beginning_is_known_before_the_run(self):
        begun = time.monotonic()
        ended = self.run_limited(resource.RLIMIT_FSIZE, 10, "run", "w.toml", "--for", "30s", "--quiet", "--trace", "t")
        self.expect_line(ended, "cannot write trace: t")
        self.assertLess(time.monotonic() - begun, 20)


class OneTraceTwoRuns(Scarcity):
    def test_the_second_is_refused_and_the_first_is_whole(self):
        first = subprocess.Popen([AEGISRT, "run", "w.toml", "--for", "3s", "--quiet", "--trace", "t.aegis"],
                                 cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while "t.aegis" not in self.files() or os.path.getsize(self.folder / "t.aegis") == 0:
            time.sleep(0.01)
        self.expect_one_line(2, "run", "w.toml", "--quiet", "--for", "1s", "--trace", "t.aegis",
                             naming=("t.aegis", "another run"))
        first.wait(30)
        self.assertEqual(self.expect_json(0, "audit", "t.aegis")["truncated"], False)
        self.trace()


class NoMemory(Scarcity):
    """Whatever fails first, it is said in one line; no limit ends in a signal."""

    def setUp(self):
        super().setUp()
        if self.run_limited(resource.RLIMIT_DATA, 1 << 30, "--version").returncode != 0:
            self.skipTest("a sanitizer's shadow needs more than any limit")

    def expect_sober(self, *arguments, answers=(0,)):
        """Under limits from next to nothing to more than enough."""
        codes = set()
        for limit in range(1 << 20, 34 << 20, 1 << 19):
            ended = self.run_limited(resource.RLIMIT_DATA, limit, *arguments)
            codes.add(ended.returncode)
            self.assertIn(ended.returncode, (4, *answers), f"{limit} bytes: {ended.stderr}")
            own = [line for line in ended.stderr.splitlines() if line.startswith("aegisrt: ")]
            self.assertEqual(len(own), 1 if ended.returncode == 4 else 0, f"{limit} bytes: {ended.stderr}")
            self.assertNotIn("terminate", ended.stderr, f"{limit} bytes")
        return codes

    def test_a_run(self):
        self.assertIn(4, self.expect_sober("run", "w.toml", "--quiet", "--for", "20ms", answers=(0, 1)))

    def test_a_traced_run(self):
        self.assertIn(4, self.expect_sober("run", "w.toml", "--quiet", "--for", "20ms", "--trace", "t.aegis",
                                           answers=(0, 1)))

    def test_reading_a_trace(self):
        self.trace()
        self.expect_sober("audit", "t.aegis")
        self.expect_sober("export", "t.aegis", "--output", "out.json")

    def test_a_model_larger_than_the_machine_is_one_line(self):
        self.write("w.toml", LIGHT.replace('segments = "1ms"', 'segments = "1ms", activation_bytes = "1073741824"'))
        ended = self.run_limited(resource.RLIMIT_DATA, 64 << 20, "run", "w.toml", "--quiet", "--for", "20ms")
        self.assertIn(ended.returncode, (1, 4), ended.stderr)
        self.assertIn("light", ended.stdout + ended.stderr)
        self.assertIn("memory", ended.stdout + ended.stderr)


if __name__ == "__main__":
    unittest.main()
