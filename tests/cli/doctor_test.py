#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`aegisrt doctor` on the machine that runs the tests, whatever it lacks: as the user at hand and as one without rights."""

import json
import os
import shutil
import subprocess
import unittest

from command_line import A, AEGISRT, CommandLineTest, workload

ANSWERS = {0: "ready", 1: "not_ready", 3: "undecided"}
STATUSES = {"ok", "warning", "lacking", "not_known", "not_applicable"}


class Doctor(CommandLineTest):
    def examine(self, *arguments, prefix=()):
        ended = subprocess.run([*prefix, AEGISRT, "doctor", *arguments, "--json"], cwd=self.folder, capture_output=True,
                               text=True, timeout=60)
        self.assertIn(ended.returncode, ANSWERS, ended.stderr)
        report = json.loads(ended.stdout)
        self.assertEqual(report["verdict"], ANSWERS[ended.returncode])
        return report

    def by_id(self, report):
        return {finding["id"]: finding for finding in report["findings"]}

    def test_every_finding_is_whole(self):
        report = self.examine()
        self.assertEqual(report["schema"], 1)
        self.assertEqual(report["fifo_priority"], 80)
        self.assertEqual(len(report["lane_cpus"]), 1)
        for finding in report["findings"]:
            with self.subTest(finding["id"]):
                self.assertIn(finding["status"], STATUSES)
                self.assertTrue(finding["title"] and finding["found"])
                if finding["status"] in ("lacking", "warning"):
                    self.assertTrue(finding["why"] and finding["without"])
        self.assertEqual(sum(report["counts"].values()), len(report["findings"]))

    def test_the_text_begins_with_the_verdict_and_stays_narrow(self):
        ended = self.run_aegisrt("doctor")
        self.assertIn(ended.returncode, ANSWERS)
        lines = ended.stdout.splitlines()
        self.assertTrue(lines[0].startswith(("READY: ", "NOT READY: ", "UNDECIDED: ")), lines[0])
        for line in lines:
            if not line.startswith(("    mend ", "    or ")) and "/" not in line:
                self.assertLessEqual(len(line), 96, line)

    def test_it_examines_what_the_workload_asks_for(self):
        cpu = min(os.sched_getaffinity(0))
        self.write("w.toml", workload(A, machine=f'[[machine.lane]]\nname = "x"\ncpu = {cpu}'))
        report = self.examine("w.toml")
        self.assertEqual(report["lane_cpus"], [cpu])
        self.assertIsNone(report["fifo_priority"])  # real_time = false
        findings = self.by_id(report)
        self.assertEqual(findings["fifo"]["status"], "not_applicable")
        self.assertEqual((findings["backends"]["status"], findings["backends"]["found"]), ("ok", "mock 1"))

    def test_a_cpu_that_does_not_exist_is_lacking(self):
        self.assertEqual(self.by_id(self.examine("--cpu", "8000"))["pinning"]["status"], "lacking")

    def test_bad_input(self):
        self.expect_one_line(2, "doctor", "absent.toml", naming=("absent.toml",))
        self.write("w.toml", workload(A).replace("policy", "fifo_priority = 100\npolicy"))
        self.expect_one_line(2, "doctor", "w.toml", naming=("w.toml:3:", "fifo_priority"))
        self.expect_one_line(2, "doctor", "")
        self.expect(2, "doctor", "--cpu", "-1")
        self.expect(2, "doctor", "--cpu", "last")

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "only root can give its rights up")
    def test_without_rights_it_says_so(self):
        prefix = ("prlimit", "--rtprio=0", "--memlock=65536", "setpriv", "--bounding-set=-all", "--inh-caps=-all")
        report = self.examine(prefix=prefix)
        self.assertEqual(report["verdict"], "not_ready")
        findings = self.by_id(report)
        for name, cure in (("fifo", "cap_sys_nice"), ("memlock", "memlock")):
            self.assertEqual(findings[name]["status"], "lacking")
            self.assertIn(cure, " ".join(mend["command"] for mend in findings[name]["mend"]))
        self.assertIn("Operation not permitted", findings["fifo"]["found"])


if __name__ == "__main__":
    unittest.main()
