# SPDX-License-Identifier: Apache-2.0
"""What the command-line tests share: running aegisrt in a folder of the test's own, and writing workloads."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

AEGISRT = os.environ["AEGISRT"]
MODELS = pathlib.Path(os.environ.get("AEGISRT_MODELS", "/nonexistent"))
GENERATOR = os.environ.get("AEGISRT_MODEL_GENERATOR", "")

# The running example, milliseconds: name, WCET by segment, period, deadline.
A = ("A", [20], 100, 50)
B = ("B", [15], 80, 40)
C = ("C", [30], 200, 100)
C_IN_TWO = ("C", [15, 15], 200, 100)
C_IN_THREE = ("C", [10, 10, 10], 200, 100)

NO_OVERHEADS = 'overheads = { release = "0us", dispatch = "0us", completion = "0us", clock_error = "0us" }'


def workload(*tasks, machine=""):
    """A workload on the mock backend; each task is (name, segments_ms, period_ms, deadline_ms)."""
    text = f'schema = 1\n[machine]\npolicy = "edf"\nreal_time = false\n{machine}\n'
    for name, segments, period, deadline in tasks:
        times = ",".join(f"{s}ms" for s in segments)
        wcets = ", ".join(f'"{s}ms"' for s in segments)
        text += (f'[[model]]\nname = "{name}"\nbackend = "mock"\nperiod = "{period}ms"\ndeadline = "{deadline}ms"\n'
                 f'wcet = [{wcets}]\noptions = {{ segments = "{times}" }}\n')
    return text


class CommandLineTest(unittest.TestCase):
    """Each test has a folder of its own, which is the working folder of what it runs."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aegisrt_cli_"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_aegisrt(self, *arguments, timeout=60):
        return subprocess.run([AEGISRT, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              timeout=timeout)

    def expect(self, code, *arguments, timeout=60):
        """Runs it and checks the exit code; returns what it printed."""
        ended = self.run_aegisrt(*arguments, timeout=timeout)
        self.assertEqual(ended.returncode, code,
                         f"aegisrt {' '.join(map(str, arguments))}\n{ended.stdout}\n{ended.stderr}")
        return ended

    def expect_json(self, code, *arguments, timeout=60):
        return json.loads(self.expect(code, *arguments, "--json", timeout=timeout).stdout)

    def expect_one_line(self, code, *arguments, naming=()):
        """Bad input: nothing on stdout, one line on stderr that names what it must."""
        ended = self.expect(code, *arguments)
        self.assertEqual(ended.stdout, "")
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertTrue(ended.stderr.startswith("aegisrt: "), ended.stderr)
        for word in naming:
            self.assertIn(word, ended.stderr)
        return ended.stderr
