#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aegisrt analyze as a researcher uses it: every option, what it writes, what it refuses, and how it ends."""

import copy
import json
import os
import subprocess
import unittest
import xml.etree.ElementTree

from command_line import AEGISRT, CommandLineTest

# The running example: A and B are admitted, C makes B miss, C in two segments fits without slack.
AB = "Task,T,D,WCET\nA,100,50,20\nB,80,40,15\n"
ABC = AB + "C,200,100,30\n"
SEGMENTED = "Task,T,D,WCET,Segments\nA,100,50,20,\nB,80,40,15,\nC,200,100,30,10+10+10\n"
SANITIZED = bool(os.environ.get("AEGISRT_SANITIZED"))
MS = 1_000_000


def svg_text(path):
    """All text of an SVG that a browser would take."""
    return " ".join(xml.etree.ElementTree.fromstring(path.read_text()).itertext())


class AnalyzeTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("ab.csv", AB)
        self.write("abc.csv", ABC)
        self.write("segmented.csv", SEGMENTED)

    def path(self, name):
        return self.folder / name

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())


class Witness(AnalyzeTest):
    def test_the_picture_shows_the_tasks_and_the_miss(self):
        report = self.expect_json(1, "analyze", "abc.csv", "--witness", "miss.svg")
        self.assertEqual(report["witness"]["task"], "B")
        self.assertEqual(report["witness"]["due_after_ns"], 40 * MS)
        self.assertEqual(report["witness"]["done_after_ns"], 45 * MS - 1)  # C began a nanosecond earlier
        self.assertEqual(report["witness"]["late_by_ns"], 5 * MS - 1)
        self.assertEqual(report["notes"], ["witness: miss.svg"])
        text = svg_text(self.path("miss.svg"))
        for part in ("B", "C", "45 ms > 40 ms", "edf", "unschedulable"):
            self.assertIn(part, text)

    def test_the_trace_explains_itself(self):
        self.expect(1, "analyze", "abc.csv", "--witness", "miss.aegis")
        story = self.expect(0, "explain", "miss.aegis", "--misses").stdout
        for part in ("B #0", "30.000 ms for C #0", "MISSED its deadline by 5.000 ms", "not_admitted"):
            self.assertIn(part, story)
        audit = self.expect_json(0, "audit", "miss.aegis")
        self.assertEqual(audit["verdict"], "passed")
        rows = self.expect(0, "export", "miss.aegis", "--format", "csv").stdout
        self.assertIn("C", rows)
        json.loads(self.expect(0, "export", "miss.aegis", "--format", "perfetto").stdout)

    def test_a_schedulable_set_has_none(self):
        report = self.expect_json(0, "analyze", "ab.csv", "--witness", "miss.svg")
        self.assertEqual(report["notes"], ["no witness: the set is schedulable"])
        self.assertNotIn("witness", report)
        self.assertFalse(self.path("miss.svg").exists())

    def test_a_preemptive_schedule_is_no_trace(self):
        self.write("late.csv", "Task,T,D,WCET\nA,10,5,4\nB,10,6,4\n")
        line = self.expect_one_line(2, "analyze", "late.csv", "--preemptive", "--witness", "w.aegis",
                                    naming=("--witness", "*.svg"))
        self.assertNotIn("w.aegis\n", line)
        self.expect_one_line(2, "analyze", "ab.csv", "--preemptive", "--simulate", "1s", "--trace", "t.aegis",
                             naming=("--trace",))
        self.expect(1, "analyze", "late.csv", "--preemptive", "--witness", "w.svg")
        self.assertIn("preemptive", svg_text(self.path("w.svg")))

    def test_best_effort_and_lost_supply_are_in_it(self):
        report = self.expect_json(1, "analyze", "ab.csv", "--best-effort", "16ms", "--witness", "be.svg")
        self.assertEqual(report["failure"]["blocking_ns"], 20 * MS if report["failure"]["blocker"] else 16 * MS)
        self.assertIn("best effort", svg_text(self.path("be.svg")))
        report = self.expect_json(1, "analyze", "ab.csv", "--lost", "6ms", "--window", "50ms", "--witness", "lost.svg")
        self.assertEqual(report["failure"]["lost_ns"], 6 * MS)
        self.assertGreaterEqual(report["witness"]["outages"], 1)
        self.assertGreater(report["witness"]["late_by_ns"], 0)


class Demand(AnalyzeTest):
    def test_the_picture_carries_the_numbers(self):
        for name, code, sentence in (("ab", 0, "schedulable"), ("abc", 1, "45 ms > 40 ms")):
            report = self.expect_json(code, "analyze", f"{name}.csv", "--demand", "d.svg")
            self.assertEqual(report["notes"], ["demand: d.svg"])
            text = svg_text(self.path("d.svg"))
            for part in (sentence, "edf", "40 ms"):
                self.assertIn(part, text)

    def test_where_there_is_none_a_note_says_why(self):
        report = self.expect_json(1, "analyze", "ab.csv", "--policy", "fifo", "--demand", "d.svg", "--best-effort", "40ms")
        self.assertEqual(len(report["notes"]), 1)
        self.assertEqual(self.path("d.svg").exists(), report["notes"] == ["demand: d.svg"])


class Advice(AnalyzeTest):
    def test_a_refused_set_hears_what_would_help(self):
        report = self.expect_json(1, "analyze", "abc.csv", "--advice")
        self.assertIn("C: 2 segments of at most 15 ms each (now 1)", report["advice"])
        self.assertIn("2 lanes would do: A, B | C", report["advice"])
        by_name = {task["id"]: task for task in report["sensitivity"]["tasks"]}
        self.assertEqual(by_name["C"]["largest_wcet_ns"], 15 * MS)
        self.assertIsNone(by_name["A"]["largest_wcet_ns"])
        text = self.expect(1, "analyze", "abc.csv", "--advice").stdout
        self.assertIn("what would help", text)
        self.assertIn("2 lanes would do", text)

    def test_the_advice_is_true(self):
        """C with the longest WCET, and B with the deadline named, are accepted; a nanosecond beyond is not."""
        tasks = {t["id"]: t for t in self.expect_json(1, "analyze", "abc.csv", "--advice")["sensitivity"]["tasks"]}
        wcet, deadline = tasks["C"]["largest_wcet_ns"], tasks["B"]["smallest_deadline_ns"]
        row = "Task,T,D,WCET\nA,100000000,50000000,20000000\nB,80000000,{},15000000\nC,200000000,100000000,{}\n"
        for b, c, code in ((40 * MS, wcet, 0), (40 * MS, wcet + 1, 1), (deadline, 30 * MS, 0), (deadline - 1, 30 * MS, 1)):
            self.write("moved.csv", row.format(b, c))
            self.expect(code, "analyze", "moved.csv", "--unit", "ns")

    def test_a_schedulable_set_hears_how_far_it_may_move(self):
        report = self.expect_json(0, "analyze", "ab.csv", "--advice")
        self.assertEqual(report["advice"], [])
        self.assertEqual(report["sensitivity"]["longest_best_effort_ns"], 15 * MS)
        self.expect(0, "analyze", "ab.csv", "--best-effort", "15ms")
        self.expect(1, "analyze", "ab.csv", "--best-effort", "15000001ns")
        text = self.expect(0, "analyze", "ab.csv", "--advice").stdout
        self.assertIn("how far each number may move alone", text)
        self.assertIn("(-: no limit was found", text)
        self.assertNotIn("what would help", text)

    def test_too_many_tasks_get_a_note(self):
        self.write("many.csv", "Task,T,D,WCET\n" + "".join(f"t{i},10000,10000,1\n" for i in range(257)))
        report = self.expect_json(0, "analyze", "many.csv", "--advice")
        self.assertIn("at most 256 tasks", report["notes"][0])
        self.assertNotIn("sensitivity", report)


def leaves(value, path=()):
    """Every place of a JSON document that holds no list and no object."""
    if isinstance(value, dict) and value:
        for key in value:
            yield from leaves(value[key], path + (key,))
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            yield from leaves(item, path + (i,))
    else:
        yield path


def changed(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1:] != "0" else "1")
    return 1


class Certificate(AnalyzeTest):
    def certify(self, *options, name="segmented.csv"):
        self.expect(0, "analyze", name, "--certificate", "c.json", *options)
        return json.loads(self.path("c.json").read_text())

    def test_it_is_believed_of_its_set_only(self):
        for policy in ("edf", "rm", "dm", "static", "fifo"):
            for more in ((), ("--preemptive",), ("--lost", "100us", "--window", "10ms", "--best-effort", "1ms")):
                if policy == "fifo" and more == ("--preemptive",):
                    continue
                with self.subTest(policy=policy, more=more):
                    self.write("two.csv", "Task,T,D,WCET\nA,100,80,20\nB,80,60,15\n")
                    self.certify("--policy", policy, *more, name="two.csv")
                    report = self.expect_json(0, "analyze", "two.csv", "--check", "c.json")
                    self.assertEqual((report["believed"], report["doubt"]), (True, ""))
                    self.assertEqual((report["policy"], report["tasks"]), (policy, 2))
                    self.assertFalse(self.expect_json(1, "analyze", "ab.csv", "--check", "c.json")["believed"])
        text = self.expect(0, "analyze", "two.csv", "--check", "c.json").stdout
        self.assertTrue(text.startswith("believed: schedulable by fifo, non-preemptive: 2 tasks, "), text)
        self.assertIn("  if no segment executes longer than its WCET", text)
        text = self.expect(1, "analyze", "ab.csv", "--check", "c.json").stdout
        self.assertTrue(text.startswith("not believed: "), text)
        self.assertEqual(text.count("\n"), 1)

    def test_changed_anywhere_it_is_not_believed(self):
        """Members are the evidence: only a `length_ns` or a step may be widened and still be true."""
        for policy in ("edf", "dm"):
            good = self.certify("--policy", policy)
            for path in leaves(good):
                with self.subTest(policy=policy, path=path):
                    document = copy.deepcopy(good)
                    at = document
                    for key in path[:-1]:
                        at = at[key]
                    at[path[-1]] = changed(at[path[-1]])
                    self.write("bad.json", json.dumps(document))
                    ended = self.run_aegisrt("analyze", "segmented.csv", "--check", "bad.json")
                    lines = ended.stdout.count("\n") + ended.stderr.count("\n")
                    self.assertTrue(ended.returncode in (1, 2) and lines == 1 or self.is_evidence(path),
                                    f"{ended.returncode}: {ended.stdout}{ended.stderr}")

    @staticmethod
    def is_evidence(path):
        return "steps" in path or "stretches" in path or path[-1] == "length_ns"

    def test_a_member_that_is_missing_or_new_is_named(self):
        good = self.certify()
        for key in good:
            document = {k: v for k, v in good.items() if k != key}
            self.write("bad.json", json.dumps(document))
            self.expect_one_line(2, "analyze", "segmented.csv", "--check", "bad.json", naming=("bad.json", key))
        self.write("bad.json", json.dumps({**good, "knob": 1}))
        self.expect_one_line(2, "analyze", "segmented.csv", "--check", "bad.json", naming=("knob", "unknown"))

    def test_what_is_none(self):
        whole = json.dumps(self.certify())
        for text in ("", "{", "[]", "null", "7", whole[:len(whole) // 2], "[" * 100_000, "\x00\xff", whole + whole,
                     whole.replace('"schema": 1', '"schema": 2'), whole.replace("_ns\": ", "_ns\": -"),
                     whole.replace("_ns\": ", "_ns\": 1e3"), whole.replace('"tasks": [', '"tasks": [7, ')):
            self.write("bad.json", text)
            self.expect_one_line(2, "analyze", "segmented.csv", "--check", "bad.json", naming=("bad.json",))
        line = self.expect_one_line(2, "analyze", "segmented.csv", "--check", "absent.json", naming=("No such file",))
        self.assertEqual(line.count("absent.json"), 1)

    def test_a_refused_set_gets_none(self):
        report = self.expect_json(1, "analyze", "abc.csv", "--certificate", "c.json")
        self.assertEqual(report["notes"], ["no certificate: only a schedulable set gets one"])
        self.assertFalse(self.path("c.json").exists())

    def test_a_check_stands_alone(self):
        self.certify()
        for option in (("--policy", "rm"), ("--advice",), ("--certificate", "d.json"), ("--simulate", "1s"), ("--tick", "1ms")):
            self.expect_one_line(2, "analyze", "segmented.csv", "--check", "c.json", *option, naming=(option[0], "--check"))

    def test_the_unit_of_the_file_matters(self):
        self.certify()
        self.expect(1, "analyze", "segmented.csv", "--check", "c.json", "--unit", "us")


class Simulation(AnalyzeTest):
    def test_it_stays_within_what_is_proved(self):
        report = self.expect_json(0, "analyze", "segmented.csv", "--simulate", "20s")
        simulation = report["simulation"]
        self.assertEqual((simulation["length_ns"], simulation["seed"]), (20_000 * MS, 1))
        self.assertEqual((simulation["missed"], simulation["contradictions"]), (0, []))
        self.assertGreater(simulation["jobs"], 300)
        for task, longest in zip(report["tasks"], simulation["longest_response_ns"], strict=True):
            self.assertLessEqual(longest, task["wcrt_ns"])

    def test_the_same_seed_is_the_same_to_the_byte(self):
        outputs = {}
        for name, seed in (("one", 7), ("again", 7), ("other", 8)):
            text = self.expect(0, "analyze", "ab.csv", "--simulate", "5s", "--seed", seed, "--trace", "t.aegis").stdout
            outputs[name] = (text, self.path("t.aegis").read_bytes())
        self.assertEqual(outputs["one"], outputs["again"])
        self.assertNotEqual(outputs["one"][0], outputs["other"][0])
        self.assertNotEqual(outputs["one"][1], outputs["other"][1])

    def test_pictures_and_certificates_are_the_same_to_the_byte(self):
        for name in ("one", "two"):
            self.expect(1, "analyze", "abc.csv", "--witness", f"{name}w.svg", "--demand", f"{name}d.svg")
            self.expect(1, "analyze", "abc.csv", "--witness", f"{name}.aegis")
            self.expect(0, "analyze", "ab.csv", "--certificate", f"{name}.json")
        for end in ("w.svg", "d.svg", ".aegis", ".json"):
            self.assertEqual(self.path("one" + end).read_bytes(), self.path("two" + end).read_bytes(), end)

    def test_its_trace_passes_the_audit(self):
        self.expect(0, "analyze", "segmented.csv", "--simulate", "5s", "--trace", "t.aegis", "--lost", "100us",
                    "--window", "10ms")
        self.assertEqual(self.expect_json(0, "audit", "t.aegis")["verdict"], "passed")

    def test_a_refused_set_is_simulated_too(self):
        self.write("over.csv", "Task,T,D,WCET,BCET\nA,10,10,6,6\nB,10,10,6,6\n")
        report = self.expect_json(1, "analyze", "over.csv", "--simulate", "2s")
        self.assertGreater(report["simulation"]["missed"], 0)
        self.assertEqual(report["simulation"]["contradictions"], [])

    def test_one_job_is_one_job(self):
        self.write("rare.csv", "Task,T,D,WCET\nA,100000,50,20\n")
        self.assertIn(", seed 1: 1 job, 0 missed", self.expect(0, "analyze", "rare.csv", "--simulate", "100s").stdout)

    def test_what_is_no_length(self):
        for length in ("0s", "0", "-1s", "1", "ms", "1e3ms", "nan", "inf", ""):
            self.expect_one_line(2, "analyze", "ab.csv", "--simulate", length)
        self.expect_one_line(2, "analyze", "ab.csv", "--simulate", "30000000min", naming=("--simulate", "5000000 jobs"))
        self.expect_one_line(2, "analyze", "ab.csv", "--trace", "t.aegis", naming=("--trace needs --simulate",))
        for seed in ("-1", "x", "1.5", "99999999999999999999999"):
            self.expect_one_line(2, "analyze", "ab.csv", "--simulate", "1s", "--seed", seed, naming=("--seed",))
        self.write("rare.csv", "Task,T,D,WCET\nA,8640000000,50,20\n")
        self.expect_one_line(2, "analyze", "rare.csv", "--simulate", "100000min", "--lost", "1us", "--window", "1ms",
                             naming=("--simulate", "--window"))
        self.assertFalse(self.path("t.aegis").exists())


class Lanes(AnalyzeTest):
    def test_two_lanes_take_what_one_refuses(self):
        report = self.expect_json(0, "analyze", "abc.csv", "--lanes", "2")
        self.assertEqual([lane["tasks"] for lane in report["lanes"]], [["A", "B"], ["C"]])
        self.assertEqual(report["global"], "schedulable")
        text = self.expect(0, "analyze", "abc.csv", "--lanes", "2").stdout
        self.assertTrue(text.startswith("schedulable on 2 lanes by edf"), text)

    def test_refused_and_impossible(self):
        self.write("three.csv", "Task,T,D,WCET\n" + "".join(f"{n},10,10,6\n" for n in "PQR"))
        text = self.expect(1, "analyze", "three.csv", "--lanes", "2").stdout
        self.assertTrue(text.startswith("unschedulable on 2 lanes"), text)
        self.expect(0, "analyze", "three.csv", "--lanes", "3")
        self.write("alone.csv", "Task,T,D,WCET\nA,10,5,6\nB,10,10,1\n")
        self.expect(1, "analyze", "alone.csv", "--lanes", "9")

    def test_more_tasks_than_every_partition_can_be_tried_for(self):
        self.write("many.csv", "Task,T,D,WCET\n" + "".join(f"t{i},100,50,7\n" for i in range(65)))
        report = self.expect_json(0, "analyze", "many.csv", "--lanes", "10")
        self.assertEqual(sum(len(lane["tasks"]) for lane in report["lanes"]), 65)
        self.expect(1, "analyze", "many.csv", "--lanes", "2")
        text = self.expect(3, "analyze", "many.csv", "--lanes", "5").stdout
        self.assertTrue(text.startswith("unknown on 5 lanes"), text)

    def test_what_is_no_number_of_lanes(self):
        for lanes in ("0", "-1", "1000000000", "10001", "99999999999999999999999", "two", "1.5", ""):
            self.expect_one_line(2, "analyze", "ab.csv", "--lanes", lanes, naming=("--lanes",))
        for option in (("--advice",), ("--witness", "x.svg"), ("--demand", "x.svg"), ("--certificate", "x.json"),
                       ("--simulate", "1s")):
            self.expect_one_line(2, "analyze", "ab.csv", "--lanes", "2", *option, naming=("--lanes",))
        self.write("many.csv", "Task,T,D,WCET\n" + "".join(f"t{i},10000,5000,1\n" for i in range(1001)))
        self.expect_one_line(2, "analyze", "many.csv", "--lanes", "2", naming=("--lanes", "1001"))


class Undecided(AnalyzeTest):
    """Where the theorem cannot tell, a search may find the miss."""

    def test_equal_priorities_and_a_miss_found(self):
        self.write("eq.csv", "Task,T,D,WCET,Priority\nA,100,50,20,1\nB,80,40,25,1\nC,200,40,10,1\n")
        report = self.expect_json(1, "analyze", "eq.csv", "--policy", "static")
        self.assertIn("a behaviour was found in which", report["reason"])
        self.assertIn("equal priorities", report["reason"])
        self.assertGreater(report["witness"]["late_by_ns"], 0)
        self.expect(1, "analyze", "eq.csv", "--policy", "static", "--witness", "w.aegis")
        self.assertIn("MISSED", self.expect(0, "explain", "w.aegis", "--misses").stdout)

    def test_nothing_is_dropped_where_deadlines_exceed_periods(self):
        """Lehoczky 1990: the fifth job of the busy period responds last, after 118."""
        self.write("l.csv", "Task,T,D,WCET\na,70,70,26\nb,100,118,62\n")
        report = self.expect_json(0, "analyze", "l.csv", "--policy", "static", "--preemptive")
        self.assertEqual(report["tasks"][1]["wcrt_ns"], 118_000_000)
        self.write("l.csv", "Task,T,D,WCET\na,70,70,26\nb,100,117,62\n")
        self.expect(1, "analyze", "l.csv", "--policy", "static", "--preemptive")

    def test_nothing_found_stays_undecided(self):
        # With 5 ms of jitter the analysis lets every equal job go first, whatever their order of arrival.
        self.write("eq.csv", "Task,T,D,WCET,Jitter,Priority\nA,10,7,2,5,1\nB,15,8,2,0,1\nC,11,9,2,0,1\n")
        report = self.expect_json(3, "analyze", "eq.csv", "--policy", "static", "--preemptive", "--witness", "w.svg")
        self.assertEqual(report["verdict"], "unknown")
        self.assertIn("equal priorities", report["reason"])
        self.assertEqual(report["notes"], ["no witness: none was found within the limits"])
        self.assertFalse(self.path("w.svg").exists())

    def test_a_search_that_would_not_fit_is_not_begun(self):
        self.write("long.csv", "Task,T,D,WCET,Jitter\nA,100,8640000000,20,8640000000\nB,80,40,15,0\n")
        report = self.expect_json(3, "analyze", "long.csv", "--policy", "fifo")
        self.assertEqual(report["notes"], ["no search for a miss: a job may wait for over 1000000 others"])


class Outputs(AnalyzeTest):
    OPTIONS = (("--witness", "abc.csv", 1), ("--demand", "ab.csv", 0), ("--certificate", "ab.csv", 0),
               ("--trace", "ab.csv", 0))

    def options(self, option, output):
        return (option, output) + (("--simulate", "1s") if option == "--trace" else ())

    def test_an_output_that_is_an_input(self):
        os.link(self.path("ab.csv"), self.path("link.csv"))
        os.symlink("ab.csv", self.path("symbolic.csv"))
        for option, _, _ in self.OPTIONS:
            for name in ("ab.csv", "./ab.csv", "link.csv", "symbolic.csv"):
                self.expect_one_line(2, "analyze", "ab.csv", *self.options(option, name), naming=(name,))
        self.assertEqual(self.path("ab.csv").read_text(), AB)

    def test_one_file_for_two_outputs(self):
        self.expect_one_line(2, "analyze", "ab.csv", "--demand", "x", "--certificate", "./x", naming=("two outputs",))
        self.assertFalse(self.path("x").exists())

    def test_a_place_that_cannot_be_written(self):
        self.path("folder").mkdir()
        for option, name, _ in self.OPTIONS:
            for output in ("absent/x", "folder", "/dev/full"):
                self.expect_one_line(4, "analyze", name, *self.options(option, output), naming=(output,))

    def test_a_failure_leaves_what_was_there(self):
        before = {}
        for name in ("w.svg", "d.svg", "c.json", "t.aegis"):
            before[name] = self.write(name, "old " + name).read_bytes()
        common = ("--witness", "w.svg", "--demand", "d.svg", "--certificate", "c.json", "--trace", "t.aegis", "--simulate")
        self.expect(2, "analyze", "ab.csv", *common, "0s")
        self.expect(2, "analyze", "ab.csv", *common, "30000000min")
        self.expect(2, "analyze", "ab.csv", *common, "1s", "--lost", "5ms", "--window", "5ms")
        self.expect(4, "analyze", "ab.csv", *common[:-2], "absent/t.aegis", "--simulate", "1s")
        self.write("bad.csv", AB + "D,0,1,1\n")
        self.expect(2, "analyze", "bad.csv", *common, "1s")
        for name, content in before.items():
            self.assertEqual(self.path(name).read_bytes(), content, name)
        self.assertEqual(self.files(), sorted(["ab.csv", "abc.csv", "segmented.csv", "bad.csv", *before]))

    def test_nothing_temporary_is_left(self):
        self.expect(1, "analyze", "abc.csv", "--witness", "w.svg", "--demand", "d.svg", "--certificate", "c.json",
                    "--simulate", "1s", "--trace", "t.aegis")
        self.assertEqual(self.files(), ["ab.csv", "abc.csv", "d.svg", "segmented.csv", "t.aegis", "w.svg"])


class LaneOptions(AnalyzeTest):
    def test_supply(self):
        for lost, window in (("5ms", "5ms"), ("6ms", "5ms"), ("5ms", None), ("1ms", "0s")):
            more = ("--window", window) if window else ()
            self.expect_one_line(2, "analyze", "ab.csv", "--lost", lost, *more, naming=("--lost", "--window"))
        self.expect_one_line(2, "analyze", "ab.csv", "--lost", "1ms", "--window", "30000000min", naming=("36 years",))
        self.expect(0, "analyze", "ab.csv", "--lost", "1ms", "--window", "50ms")

    def test_ticks(self):
        self.expect_one_line(2, "analyze", "ab.csv", "--tick", "0s", naming=("--tick",))
        self.expect_one_line(2, "analyze", "ab.csv", "--tick", "3ms", naming=("ab.csv", "A", "3 ms", "100 ms"))
        for option in ("--dispatch-overhead", "--best-effort"):
            self.expect_one_line(2, "analyze", "ab.csv", "--tick", "1ms", option, "100us", naming=("--tick", "100 us"))
        self.expect_one_line(2, "analyze", "ab.csv", "--tick", "1ms", "--lost", "100us", "--window", "10ms",
                             naming=("--tick", "100 us"))
        # C − 1 tick: with 25 ms a segment of A blocks B for 24 ms.
        self.write("edge.csv", "Task,T,D,WCET\nA,100,50,20\nB,80,40,15\nC,200,100,26\n")
        self.expect(1, "analyze", "edge.csv")
        self.write("edge.csv", "Task,T,D,WCET\nA,100,90,26\nB,80,40,15\n")
        self.expect(1, "analyze", "edge.csv")
        self.expect(0, "analyze", "edge.csv", "--tick", "1ms")

    def test_overheads_that_overflow_are_an_error(self):
        for option in ("--release-overhead", "--dispatch-overhead", "--completion-overhead"):
            self.expect_one_line(2, "analyze", "ab.csv", option, "50000000min", naming=("36 years",))
        self.expect_one_line(2, "analyze", "ab.csv", "--best-effort", "50000000min", naming=("--best-effort",))


class BadSets(AnalyzeTest):
    """One clear line, exit 2, bounded memory. Overflow is an error, never a verdict."""

    def test_a_cell_that_is_no_time(self):
        for cell in ("0", "-5", "-0.1", "nan", "NaN", "inf", "-inf", "20ms", "1e3", "1,5", "0x10", "+5", "5 5", "", "five",
                     "1/2", "½", "0.0000001", "8640000001", "9" * 30, "1." + "0" * 40 + "1"):
            for column, at in (("T", 1), ("D", 2), ("WCET", 3)):
                cells = ["A", "100", "50", "20"]
                cells[at] = cell
                self.write("bad.csv", "Task,T,D,WCET\nok,100,50,20\n" + ",".join(cells) + "\n")
                line = self.expect_one_line(2, "analyze", "bad.csv", naming=("bad.csv:3:",))
                self.assertIn("cells" if cell == "1,5" else f" {column}: ", line)

    def test_zero_is_a_time_where_it_means_something(self):
        self.write("zero.csv", "Task,T,D,WCET,BCET,Jitter\nA,100,50,20,0,0\n")
        self.expect(0, "analyze", "zero.csv")
        for cells in ("-1,0", "0,-1", "nan,0", "0,inf", "21,0", "0,1ms"):
            self.write("zero.csv", f"Task,T,D,WCET,BCET,Jitter\nA,100,50,20,{cells}\n")
            self.expect_one_line(2, "analyze", "zero.csv", naming=("zero.csv:2:",))

    def test_sums_that_overflow(self):
        """Each time is allowed, the sum is not: an error with its line, whatever is asked."""
        rows = "".join(f"t{i},8640000000,8640000000,1\n" for i in range(10_000))
        self.write("sum.csv", "Task,T,D,WCET\n" + rows)
        for options in ((), ("--advice",), ("--lanes", "4"), ("--policy", "fifo"), ("--simulate", "1s"),
                        ("--check", "absent.json"), ("--witness", "w.svg")):
            self.expect_one_line(2, "analyze", "sum.csv", *options, naming=("sum.csv:68:", "36 years"))
        self.write("segments.csv", "Task,T,D,WCET,Segments\nA,1,1,8640000000," + "+".join(["8640000000"] * 256) + "\n")
        self.expect_one_line(2, "analyze", "segments.csv", naming=("segments.csv:2: Segments",))

    def test_just_below_the_limit_there_is_a_verdict(self):
        rows = "".join(f"t{i},8640000000,8640000000,1\n" for i in range(66))
        self.write("sum.csv", "Task,T,D,WCET\n" + rows)
        for policy in ("edf", "rm", "dm", "static", "fifo"):
            for more in ((), ("--preemptive",)):
                self.expect(0, "analyze", "sum.csv", "--policy", policy, *more)

    def peak_kib(self, *arguments):
        """Runs it; its exit code, what it said on stderr, and the most memory it held."""
        with subprocess.Popen([AEGISRT, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as child:
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode, said, usage.ru_maxrss

    def test_a_million_rows(self):
        long = "Task,T,D,WCET\n" + "".join(f"t{i},100,50,1\n" for i in range(1_000_000))
        short = "Task,T,D,WCET\n" + "".join(f"{i:x},9,9,1\n" for i in range(1_000_000))
        for text, why in ((long, "16 MiB"), (short, "10000 tasks")):
            self.write("million.csv", text)
            code, said, kib = self.peak_kib("analyze", "million.csv")
            self.assertEqual((code, said.count("\n")), (2, 1), said)
            self.assertTrue(said.startswith("aegisrt: million.csv"), said)
            self.assertIn(why, said)
            if not SANITIZED:
                self.assertLess(kib, 300 << 10)

    @unittest.skipIf(SANITIZED, "a sanitizer's memory would be measured")
    def test_the_largest_file_keeps_within_300_mib(self):
        rows = "".join(f"t{i},{10 ** 6 + i},{5 * 10 ** 5 + i},7\n" for i in range(10_000))
        self.write("full.csv", "Task,T,D,WCET\n" + rows)
        for options in ((), ("--certificate", "c.json")):
            code, said, kib = self.peak_kib("analyze", "full.csv", "--json", *options)
            self.assertEqual((code, said), (0, ""))
            self.assertLess(kib, 300 << 10, options)

    def test_periods_without_a_common_multiple_in_64_bits(self):
        primes = [p for p in range(1000, 1400) if all(p % q for q in range(2, 40))]
        self.write("primes.csv", "Task,T,D,WCET\n" + "".join(f"t{p},{p}.000001,{p},1\n" for p in primes))
        for policy in ("edf", "rm", "fifo"):
            for more in ((), ("--preemptive",)):
                self.expect(0, "analyze", "primes.csv", "--policy", policy, *more)
        # No slack in the load: every point up to the common multiple would need a look.
        self.write("full.csv", "Task,T,D,WCET\nA,3.000001,3.000001,1.500001\nB,7.000003,7.000003,3.4\n")
        ended = self.run_aegisrt("analyze", "full.csv", "--preemptive", "--json")
        self.assertEqual(ended.returncode, {"schedulable": 0, "unschedulable": 1, "unknown": 3}[json.loads(ended.stdout)["verdict"]])

    def test_a_jitter_beyond_the_period(self):
        """Several jobs ready at once, one after the other."""
        for jitter, deadline in ((150, 5000), (1000, 5000), (8_640_000_000, 8_640_000_000)):
            self.write("jitter.csv", f"Task,T,D,WCET,Jitter\nA,100,{deadline},20,{jitter}\nB,80,40,15,0\n")
            for policy in ("edf", "rm", "dm", "static", "fifo"):
                for more in ((), ("--preemptive",)):
                    ended = self.run_aegisrt("analyze", "jitter.csv", "--policy", policy, *more, "--json")
                    self.assertIn(ended.returncode, (0, 1, 3), ended.stderr)
                    report = json.loads(ended.stdout)
                    self.assertNotEqual(report["reason"], "")


class Text(AnalyzeTest):
    def test_long_and_foreign_names_stand_in_line(self):
        name = "détecteur-" + "é" * 60
        self.write("names.csv", f"Task,T,D,WCET\n{name},100,50,20\n日本,80,40,15\n")
        lines = self.expect(0, "analyze", "names.csv").stdout.splitlines()
        table = [line for line in lines if line.endswith(("blocking", "0 ns", "20 ms"))]
        self.assertEqual(len(table), 3)
        self.assertEqual(len({len(line) for line in table[:2]}), 1)
        self.assertIn(name, "\n".join(lines))

    def test_a_name_cannot_break_the_picture(self):
        self.write("names.csv", 'Task,T,D,WCET\n<A&">,100,50,20\nB\',80,40,15\n]]>,200,100,30\n')
        self.expect(1, "analyze", "names.csv", "--witness", "w.svg", "--demand", "d.svg")
        self.assertIn("]]>", svg_text(self.path("w.svg")))
        svg_text(self.path("d.svg"))

    def test_thirty_tasks(self):
        self.write("thirty.csv", "Task,T,D,WCET\n" + "".join(f"task_{i},{100 << i % 3},{90 << i % 3},2\n" for i in range(30)))
        self.expect(0, "analyze", "thirty.csv", "--advice", "--demand", "d.svg", "--certificate", "c.json")
        svg_text(self.path("d.svg"))
        self.expect(0, "analyze", "thirty.csv", "--check", "c.json")


if __name__ == "__main__":
    unittest.main()
