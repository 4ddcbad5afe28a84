#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wrong input costs one clear line and the right exit code, and leaves nothing behind."""

import os
import subprocess
import unittest

from command_line import A, B, GENERATOR, NO_OVERHEADS, CommandLineTest, workload

GOOD = workload(A, B, machine=NO_OVERHEADS)


def onnx_workload(path):
    return (f'schema = 1\n[machine]\nreal_time = false\n[[model]]\nname = "m"\npath = "{path}"\nperiod = "50ms"\n'
            'wcet = "1ms"\n')


class BadWorkload(CommandLineTest):
    def expect_line(self, text, where, *naming):
        """`where`: what stands in the line to be named."""
        line = text[:text.rindex(where)].count("\n") + 1
        self.write("w.toml", text)
        for command in ("profile", "admit", "run"):
            self.expect_one_line(2, command, "w.toml", naming=(f"w.toml:{line}:", *naming))

    def test_missing_file(self):
        for command in ("profile", "admit", "run"):
            self.expect_one_line(2, command, "absent.toml", naming=("absent.toml", "No such file"))

    def test_malformed_toml(self):
        self.expect_line('schema = 1\n[machine\n', "[machine")

    def test_unknown_key_with_the_nearest_known_one(self):
        self.expect_line(GOOD + 'perriod = "5ms"\n', "perriod", "perriod", "period")

    def test_zero_period(self):
        self.expect_line(GOOD.replace('period = "100ms"', 'period = "0ms"'), '"0ms"', "period")

    def test_negative_duration(self):
        self.expect_line(GOOD.replace('deadline = "50ms"', 'deadline = "-50ms"'), '"-50ms"', "deadline")

    def test_duration_without_a_unit(self):
        self.expect_line(GOOD.replace('"100ms"', '100'), "period = 100", "period")

    def test_duplicate_name(self):
        self.expect_line(GOOD.replace('name = "B"', 'name = "A"'), 'name = "A"', "name", "A")

    def test_deadline_below_wcet_is_a_refusal_not_an_error(self):
        self.write("w.toml", GOOD.replace('deadline = "50ms"', 'deadline = "5ms"'))
        report = self.expect_json(1, "admit", "w.toml")
        self.assertIn("A", report["lanes"][0]["rationale"])
        self.expect(1, "run", "w.toml", "--for", "100ms")

    def test_a_budget_too_small_is_a_refusal_with_its_numbers(self):
        self.write("w.toml", GOOD + 'budget = { memory = "1B" }\n')
        self.assertEqual(self.run_aegisrt("admit", "w.toml").returncode, 1)
        self.write("w.toml", GOOD + 'budget = { compute = "1ms" }\n')
        self.assertIn("1 ms", self.expect(1, "admit", "w.toml").stdout)

    def test_a_lane_on_a_processor_that_does_not_exist(self):
        self.expect_line(GOOD + '[[machine.lane]]\nname = "x"\ncpu = 900\n', "[[machine.lane]]", "cpu", "900")

    def test_a_crash_while_loading_costs_one_line(self):
        text = GOOD.replace('options = { segments = "15ms" }', 'options = { faults = "crash at load" }')
        self.write("w.toml", text)
        self.expect_one_line(2, "admit", "w.toml", naming=("B", "crashes its runtime"))

    def test_no_wcet_and_no_profile(self):
        text = GOOD.replace('wcet = ["15ms"]\n', "")
        self.write("w.toml", text)
        self.expect_one_line(2, "admit", "w.toml", naming=("B", "aegisrt profile"))


class BadProfile(CommandLineTest):
    def setUp(self):
        super().setUp()
        # Short segments: on a busy machine most of them are over before anybody else gets the processor.
        text = GOOD.replace('wcet = ["15ms"]\n', "").replace('segments = "15ms"', 'segments = "100us"')
        self.write("w.toml", text.replace('segments = "20ms"', 'segments = "100us"'))
        self.expect(0, "profile", "w.toml", "--jobs", "60", "--at-least", "0s")

    def test_a_fresh_profile_is_used(self):
        self.expect(0, "admit", "w.toml")

    def test_a_stale_profile_is_refused_with_what_differs(self):
        profile = self.folder / "w.profile.json"
        profile.write_text(profile.read_text().replace('"backend": "mock"', '"backend": "another"'))
        self.expect_one_line(2, "admit", "w.toml", naming=("stale", "backend: another, now mock", "aegisrt profile"))

    def test_a_changed_model_makes_its_profile_stale(self):
        text = (self.folder / "w.toml").read_text()
        self.write("w.toml", text.replace('segments = "100us"', 'segments = "200us"'))
        self.expect_one_line(2, "admit", "w.toml", naming=("stale", "content"))

    def test_other_co_runners_make_a_profile_stale(self):
        text = (self.folder / "w.toml").read_text()
        self.write("w.toml", text.replace("[machine]\n", '[machine]\nco_runners = "lane"\n'))
        self.expect_one_line(2, "admit", "w.toml", naming=("stale", "co_runners", "any, now lane"))

    def test_a_profile_of_the_first_schema_is_measured_anew(self):
        self.write("w.profile.json", '{"schema": 1, "models": []}')
        self.expect_one_line(2, "admit", "w.toml", naming=("w.profile.json: schema: 1", "aegisrt profile"))
        self.expect(0, "profile", "w.toml", "--jobs", "20", "--at-least", "0s")
        self.expect(0, "admit", "w.toml")

    def test_a_wcet_edited_by_hand_is_refused(self):
        profile = self.folder / "w.profile.json"
        text = profile.read_text()
        at = text.index('"wcet_ns": ') + len('"wcet_ns": ')
        profile.write_text(text[:at] + "1" + text[at:])
        self.expect_one_line(2, "admit", "w.toml", naming=("w.profile.json", "segments[0].wcet_ns", "samples"))

    def test_more_samples_than_a_profile_may_hold_are_refused_before_they_are_measured(self):
        many = ("C", [10] * 8, 200, 100)
        self.write("many.toml", workload(many, machine=NO_OVERHEADS))
        self.expect_one_line(2, "profile", "many.toml", "--jobs", "1000000", naming=("--jobs", "8 segments", "at most"))

    def test_a_margin_that_is_no_number(self):
        for margin in ("nan", "-nan", "inf", "0.9", "11", "much"):
            self.expect(2, "profile", "w.toml", "--margin", margin)

    def test_truncated_and_hostile_profiles(self):
        profile = self.folder / "w.profile.json"
        whole = profile.read_text()
        for text in ("", "{", whole[:len(whole) // 2], "[]", "null", '{"schema": 2, "models": []}',
                     '{"schema": 2, "models": {}}', whole.replace('"wcet_ns": ', '"wcet_ns": -'),
                     whole.replace('"samples": ', '"samples": "many", "x": '), whole.replace('"raw": "', '"raw": "A'),
                     "\x00\xff"):
            profile.write_text(text)
            self.expect_one_line(2, "admit", "w.toml", naming=("w.profile.json",))


class OwnInput(CommandLineTest):
    """An output never destroys what the command reads, nor a device."""

    def setUp(self):
        super().setUp()
        self.write("w.toml", GOOD)

    def test_an_output_that_is_an_input_is_refused(self):
        self.expect_one_line(2, "run", "w.toml", "--quiet", "--trace", "./w.toml", naming=("w.toml",))
        self.expect_one_line(2, "profile", "w.toml", "--output", "w.toml", naming=("w.toml",))
        self.run_aegisrt("run", "w.toml", "--quiet", "--for", "100ms", "--trace", "t.aegis")
        self.expect_one_line(2, "export", "t.aegis", "--output", "t.aegis", naming=("t.aegis",))
        self.assertEqual((self.folder / "w.toml").read_text(), GOOD)
        self.expect(0, "audit", "t.aegis")

    def test_a_device_is_written_to_not_replaced(self):
        self.run_aegisrt("run", "w.toml", "--quiet", "--for", "100ms", "--trace", "t.aegis")
        self.expect(0, "export", "t.aegis", "--format", "csv", "--output", "/dev/null")
        self.expect_one_line(4, "export", "t.aegis", "--format", "csv", "--output", "/dev/full", naming=("/dev/full",))
        for device in ("/dev/null", "/dev/full"):
            self.assertFalse(os.path.isfile(device))

    def test_a_pipe_is_not_waited_for(self):
        os.mkfifo(self.folder / "pipe")
        for command in ("admit", "run", "audit", "analyze"):
            self.expect_one_line(2, command, "pipe", naming=("pipe", "regular file"))


class BadTrace(CommandLineTest):
    def test_unwritable_trace(self):
        self.write("w.toml", GOOD)
        self.expect_one_line(4, "run", "w.toml", "--quiet", "--for", "100ms", "--trace", "absent/run.aegis",
                             naming=("absent/run.aegis",))

    def test_unwritable_metrics(self):
        self.write("w.toml", GOOD)
        for path, code in (("absent/m.prom", 4), (".", 4), ("./w.toml", 2), ("./run.aegis", 2)):
            self.expect_one_line(code, "run", "w.toml", "--quiet", "--for", "100ms", "--trace", "run.aegis", "--metrics",
                                 path, naming=(path.removeprefix("./") or ".",))
        self.assertFalse((self.folder / "run.aegis").exists(), "refused before anything ran")

    def test_reading_what_is_not_a_trace(self):
        self.write("empty.aegis", b"")
        self.write("random.aegis", os.urandom(4096))
        for command in (("audit",), ("explain", "--misses"), ("export", "--format", "csv")):
            for name in ("empty.aegis", "random.aegis", "absent.aegis"):
                self.expect_one_line(2, command[0], name, *command[1:], naming=(name,))


class BadCommand(CommandLineTest):
    def test_a_command_that_is_none_is_named(self):
        self.expect_one_line(2, "bogus", naming=("'bogus'", "--help"))
        self.expect_one_line(2, "bogus", "w.toml", "--json", naming=("'bogus'",))
        self.expect_one_line(2, "run", "--bogus", "w.toml", naming=("--bogus",))
        self.expect_one_line(2, naming=("subcommand",))


class BadTaskSet(CommandLineTest):
    def test_times_that_are_no_whole_ticks(self):
        self.write("t.csv", "Task,T,D,WCET\nA,10,5,1\nB,10,10,3\n")
        self.expect_one_line(2, "analyze", "t.csv", "--tick", "5ms", naming=("t.csv", "5 ms"))
        self.expect(0, "analyze", "t.csv", "--tick", "1ms")


class BadUsage(CommandLineTest):
    def test_unknown_command_option_and_value(self):
        self.expect(2)
        self.expect(2, "fly")
        self.expect(2, "admit")
        self.write("w.toml", GOOD)
        self.expect(2, "admit", "w.toml", "--fast")
        self.expect(2, "admit", "w.toml", "--policy", "random")
        self.expect(2, "run", "w.toml", "--for", "5")

    def test_every_command_has_help_with_an_example(self):
        for command in ("doctor", "profile", "admit", "run", "explain", "audit", "export", "analyze"):
            self.assertIn("Example", self.expect(0, command, "--help").stdout)

    def test_a_full_disk_is_an_environment_failure(self):
        self.write("w.toml", GOOD)
        with open("/dev/full", "w") as full:
            ended = subprocess.run([os.environ["AEGISRT"], "admit", "w.toml"], cwd=self.folder, stdout=full,
                                   stderr=subprocess.PIPE, text=True, timeout=30)
        self.assertEqual(ended.returncode, 4)
        self.assertEqual(ended.stderr.count("\n"), 1)


@unittest.skipUnless(GENERATOR, "the models' generator is not there")
class HostileOnnx(CommandLineTest):
    def test_each_is_refused_in_one_line_naming_it(self):
        subprocess.run(["/usr/bin/python3", GENERATOR, "--hostile", str(self.folder / "hostile")], check=True,
                       capture_output=True)
        files = sorted((self.folder / "hostile").glob("*.onnx"))
        self.assertGreater(len(files), 5)
        for file in files:
            with self.subTest(file.name):
                self.write("w.toml", onnx_workload(file))
                self.expect_one_line(2, "admit", "w.toml", naming=('"m"', "w.toml:4:"))

    def test_a_missing_model(self):
        self.write("w.toml", onnx_workload("absent.onnx"))
        self.expect_one_line(2, "admit", "w.toml", naming=("absent.onnx",))


if __name__ == "__main__":
    unittest.main()
