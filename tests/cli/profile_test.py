#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profiling: refused before it is measured for nothing, told while it goes on, ended when asked."""

import os
import signal
import subprocess
import unittest

from command_line import AEGISRT, NO_OVERHEADS, CommandLineTest, workload

UNKNOWN = workload(("light", [1], 20, 20), machine=NO_OVERHEADS).replace('wcet = ["1ms"]\n', "").replace("1ms", "100us")
FOR_LONG = ("--jobs", "100000")  # longer than any of these tests waits: minutes of idle gaps alone
BRIEFLY = ("--jobs", "20", "--at-least", "0s")


class Profile(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("u.toml", UNKNOWN)

    def start(self, *arguments):
        process = subprocess.Popen([AEGISRT, "profile", "u.toml", *arguments], cwd=self.folder, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        return process

    def files(self):
        return sorted(os.listdir(self.folder))

    def test_an_output_that_cannot_be_written_is_known_before_the_measurement(self):
        (self.folder / "taken").mkdir()
        for output, why in (("absent/p.json", "No such file"), ("taken", "directory"), ("/proc/p.json", "")):
            with self.subTest(output):
                self.expect_one_line(4, "profile", "u.toml", *FOR_LONG, "--output", output,
                                     naming=("cannot write", output, why))
        self.assertEqual(self.files(), ["taken", "u.toml"])

    def test_a_workload_that_cannot_be_read_comes_first(self):
        self.expect_one_line(2, "profile", "absent/u.toml", naming=("absent/u.toml",))

    def test_says_where_it_stands_and_ends_when_asked(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                process = self.start(*FOR_LONG)
                self.assertRegex(process.stderr.readline(), r"^ +\d+ s  lane0: round \d+, [a-z_]+\n$")
                process.send_signal(number)
                out, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 4, err)
                self.assertEqual(err.splitlines()[-1], "aegisrt: interrupted: no profile was written")
                self.assertEqual(out, "")
                self.assertEqual(self.files(), ["u.toml"])

    def test_an_interrupted_measurement_leaves_the_older_profile(self):
        self.expect(0, "profile", "u.toml", *BRIEFLY)
        older = (self.folder / "u.profile.json").read_bytes()
        process = self.start(*FOR_LONG)
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual((self.folder / "u.profile.json").read_bytes(), older)

    def test_quiet_says_nothing_meanwhile(self):
        ended = self.expect(0, "profile", "u.toml", "--jobs", "20", "--at-least", "2500ms", "--quiet")
        self.assertEqual(ended.stderr, "")
        self.assertNotEqual(self.expect(0, "profile", "u.toml", "--jobs", "20", "--at-least", "2500ms").stderr, "")

    def test_json_names_a_path_that_is_not_utf8(self):
        name = b"p\xff.json"
        ended = subprocess.run([AEGISRT, "profile", "u.toml", *BRIEFLY, "--json", "-o", name], cwd=self.folder,
                               capture_output=True, timeout=60)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn('"written_to": "p\ufffd.json"', ended.stdout.decode())
        self.assertTrue(os.path.exists(os.path.join(os.fsencode(self.folder), name)))


if __name__ == "__main__":
    unittest.main()
