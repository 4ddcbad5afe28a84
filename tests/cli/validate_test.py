#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aegisrt validate, the short way: every scenario runs, every criterion says what it is and how to read it."""

import json
import unittest

from command_line import CommandLineTest, workload, A, B

IDS = ["overhead", "determinism", "admission", "memory", "explainability", "edf"]


class Validate(CommandLineTest):
    def validate(self, *arguments):
        ended = self.run_aegisrt("validate", "--jobs", "10", "--quiet", "--json", *arguments, timeout=200)
        self.assertIn(ended.returncode, (0, 1, 3), ended.stderr)
        return ended.returncode, json.loads(ended.stdout)

    def test_with_mock_models(self):
        code, report = self.validate("--keep", "kept")
        self.assertEqual(report["schema"], 1)
        criteria = {c["id"]: c for c in report["criteria"]}
        self.assertEqual(list(criteria), IDS)
        for criterion in criteria.values():
            self.assertTrue(criterion["target"] and criterion["how_to_read"], criterion["id"])
        # Neither depends on how busy this machine is.
        self.assertEqual(criteria["explainability"]["status"], "met")
        self.assertIn("100.00 %", criteria["explainability"]["measured"])
        for without_models in ("determinism", "memory"):
            self.assertEqual(criteria[without_models]["status"], "not_measured")
            self.assertIn("--models", criteria[without_models]["obstacle"])
        missed = any(c["status"] == "missed" for c in criteria.values())
        self.assertEqual(code, 1 if missed else 3)
        scenarios = {s["name"]: s for s in report["scenarios"]}
        self.assertEqual(len(scenarios), 7)
        self.assertIn("C whole: refused; C in three segments: admitted", scenarios["1 running example"]["note"])
        self.assertGreaterEqual(scenarios["1 running example"]["jobs"], 20)
        for scenario in scenarios.values():
            self.assertEqual(scenario["audit"], "passed", scenario)
            self.assertEqual(scenario["decisions"], scenario["reconstructed"], scenario)
        self.assertTrue((self.folder / "kept" / "4_any_workload.json").exists())

    def test_with_a_workload_of_the_users(self):
        self.write("robot.toml", workload(A, B, machine=""))
        _, report = self.validate("robot.toml")
        own = next(s for s in report["scenarios"] if s["name"] == "4 any workload")
        self.assertTrue(own["admitted"])
        self.assertIn("robot.toml", own["note"])

    def test_what_cannot_be_used_is_one_line(self):
        def refused(code, word, *arguments):
            self.expect_one_line(code, "validate", "--jobs", "10", "--quiet", *arguments, naming=[word])
        refused(2, "nowhere", "--models", "nowhere")
        (self.folder / "empty").mkdir()
        refused(2, "at least three ONNX models", "--models", "empty")
        refused(2, "robot.toml", "robot.toml")
        self.write("file", "")
        refused(4, "file", "--keep", "file/below")


if __name__ == "__main__":
    unittest.main()
