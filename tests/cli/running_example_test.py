#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A + B admitted, A + B + C refused with its interval and numbers, C in segments admitted: through the command line.

    t = 0        15        40              C, started just before t = 0, holds the lane for 30 ms;
    |             |         |              B arrives at 0 and is due at 40, so 30 + 15 = 45 > 40.
    CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCBBBBBBBBBBBBBBB
"""

import unittest

from command_line import A, B, C, C_IN_THREE, C_IN_TWO, NO_OVERHEADS, CommandLineTest, workload

MS = 1_000_000


class RunningExample(CommandLineTest):
    def admit(self, code, *tasks, machine=NO_OVERHEADS):
        self.write("w.toml", workload(*tasks, machine=machine))
        return self.expect_json(code, "admit", "w.toml")["lanes"][0]

    def test_a_and_b_are_admitted(self):
        lane = self.admit(0, A, B)
        self.assertTrue(lane["admitted"])
        for task in lane["tasks"]:
            self.assertLessEqual(task["response_bound_ns"], task["deadline_ns"])
            self.assertEqual(task["slack_ns"], task["deadline_ns"] - task["response_bound_ns"])

    def test_a_b_and_c_are_refused_with_interval_and_numbers(self):
        lane = self.admit(1, A, B, C)
        self.assertFalse(lane["admitted"])
        self.assertEqual(lane["verdict"], "unschedulable")
        failure = lane["failure"]
        self.assertEqual((failure["interval_ns"], failure["demand_ns"], failure["blocking_ns"], failure["blocker"]),
                         (40 * MS, 15 * MS, 30 * MS, "C"))
        for number in ("40 ms", "15 ms", "30 ms", "45 ms"):
            self.assertIn(number, lane["rationale"])

    def test_c_in_two_segments_is_admitted_without_overheads(self):
        self.assertTrue(self.admit(0, A, B, C_IN_TWO)["admitted"])

    def test_c_in_two_segments_has_no_room_for_overheads(self):
        self.admit(1, A, B, C_IN_TWO,
                   machine='overheads = { release = "0us", dispatch = "1us", completion = "0us", clock_error = "0us" }')

    def test_c_in_three_segments_is_admitted_with_real_overheads(self):
        self.assertTrue(self.admit(0, A, B, C_IN_THREE, machine="")["admitted"])

    def test_the_same_through_analyze(self):
        rows = "Task,T,D,BCET,WCET,Jitter\nA,100,50,0,20,0\nB,80,40,0,15,0\n"
        self.write("ab.csv", rows)
        self.write("abc.csv", rows + "C,200,100,0,30,0\n")
        two = self.expect_json(0, "analyze", "ab.csv", "--policy", "edf", "--unit", "ms")
        self.assertEqual(two["verdict"], "schedulable")
        self.assertEqual([task["id"] for task in two["tasks"]], ["A", "B"])
        three = self.expect_json(1, "analyze", "abc.csv", "--policy", "edf", "--unit", "ms")
        self.assertEqual(three["verdict"], "unschedulable")
        preemptive = self.expect_json(0, "analyze", "abc.csv", "--policy", "edf", "--unit", "ms", "--preemptive")
        self.assertEqual(preemptive["verdict"], "schedulable")

    def test_davis_2007_through_analyze(self):
        self.write("d.csv", "Task,T,D,WCET\nA,2.5,2.5,1\nB,3.5,3.25,1\nC,3.5,3.25,1\n")
        report = self.expect_json(1, "analyze", "d.csv", "--policy", "fp", "--unit", "ms")
        self.assertEqual([task["wcrt_ns"] for task in report["tasks"]], [2 * MS, 3 * MS, 3.5 * MS])


if __name__ == "__main__":
    unittest.main()
