#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The runner of pages fails where a page is wrong. A page that cannot fail would show nothing."""

import os
import pathlib
import shutil
import tempfile
import unittest

import refreshing
import snippets

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def console(*lines):
    return "\n".join(["```console", *lines, "```", ""])


class Snippets(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aegisrt_snippets_"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_page(self, page, has=()):
        return snippets.Runner(self.folder, dict(os.environ), has).run(page)

    def refuse(self, page, *words):
        with self.assertRaises(snippets.Failure) as caught:
            self.run_page(page)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_what_is_printed_must_be_what_is_said(self):
        self.assertEqual(self.run_page(console("$ echo one; echo two", "one", "two", "$ true")), 2)
        self.refuse(console("$ echo 45 ms", "46 ms"), "line 2", "45 ms", "46 ms")
        self.refuse(console("$ echo one; echo two", "one"), "two")
        self.refuse(console("$ echo one", "one", "two"), "two")
        self.refuse(console("$ echo one"), "one")
        self.refuse(console("$ true", "one"), "one")

    def test_dots_stand_for_anything_but_not_for_the_rest(self):
        self.run_page(console("$ printf 'a 17 c\\nx\\ny\\nend\\n'", "a ... c", "...", "end"))
        self.refuse(console("$ printf 'a 17 c\\nend\\n'", "a ... d", "end"))
        self.refuse(console("$ printf 'a\\nb\\n'", "...", "c"))

    def test_measured_blocks_compare_all_but_the_numbers(self):
        measured = "<!-- measured -->\n"
        self.run_page(measured + console("$ echo 'A   21  20.16 ms  9 %  0 missed'", "A 3 15.1 us 11 % 7 missed"))
        self.refuse(measured + console("$ echo 'A 20.16 ms 0 missed'", "A 20.16 ms 0 met"))
        self.refuse(measured + console("$ echo 'B 20.16 ms'", "A 20.16 ms"))
        self.refuse(measured + console("$ echo 'lane0: 3'", "lane1: 3"))
        self.refuse(console("$ echo 'A 20.16 ms'", "A 20.17 ms"))

    def test_a_failure_must_be_asked_for(self):
        self.refuse(console("$ exit 3"), "ended with 3")
        self.run_page(console("$ exit 3", "$ echo $?", "3"))
        self.refuse(console("$ exit 3", "$ echo $?", "1"))
        self.run_page("<!-- exit: 0 or 1 -->\n" + console("$ exit 1"))
        self.refuse("<!-- exit: 0 or 1 -->\n" + console("$ exit 2"))

    def test_attempts_help_what_is_unlucky_and_not_what_is_wrong(self):
        unlucky = console("$ echo x >> tries; test $(wc -l < tries) = 3")
        self.run_page("<!-- attempts: 3 -->\n" + unlucky)
        (self.folder / "tries").unlink()
        self.refuse("<!-- attempts: 2 -->\n" + unlucky, "ended with 1")

    def test_files_are_written_and_must_be_used(self):
        page = "```toml robot.toml\nschema = 1\n```\n"
        self.run_page(page + console("$ cat robot.toml", "schema = 1"))
        self.refuse(page + console("$ true"), "robot.toml")
        self.refuse(console("$ cat other.toml", "schema = 1"))

    def test_blocks_that_nobody_runs_are_refused(self):
        self.refuse("```yaml\na: 1\n```\n" + console("$ true"), "yaml")
        self.refuse("```\nplain\n```\n" + console("$ true"))
        self.refuse("```toml\nschema = 1\n```\n" + console("$ true"), "name of its file")
        self.refuse("no block at all\n", "no command")
        self.refuse("```console\n$ true\n", "does not end")

    def test_a_section_runs_only_with_what_it_needs(self):
        page = console("$ true") + "<!-- needs: wings -->\n## Flying\n" + console("$ false") + "## Walking\n" + console("$ true")
        self.assertEqual(self.run_page(page), 2)
        with self.assertRaises(snippets.Failure):
            self.run_page(page, has=["wings"])

    def test_a_picture_is_drawn_by_the_page_and_is_the_one_beside_it(self):
        beside = self.folder / "docs"
        beside.mkdir()
        shown = "![what it shows](x.svg)\n"
        runner = snippets.Runner(self.folder, dict(os.environ), beside=beside)
        with self.assertRaisesRegex(snippets.Failure, "line 1: no command .* draws x.svg"):
            runner.run(shown + console("$ true"))
        with self.assertRaisesRegex(snippets.Failure, "line 1: x.svg is not what"):
            runner.run(shown + console("$ echo new > x.svg"))
        (beside / "x.svg").write_text("old\n")
        with self.assertRaisesRegex(snippets.Failure, "line 1: x.svg is not what"):
            runner.run(shown + console("$ echo new > x.svg"))
        runner.run(shown + console("$ echo old > x.svg"))

    def test_a_page_is_refreshed_where_it_is_wrong_only(self):
        beside = self.folder / "docs"
        page = ("Text.\n" + console("$ echo one", "one", "$ printf 'a\\nb\\n'; \\", "printf 'c\\n'", "b", "", "$ true")
                + "![picture](x.svg)\n" + console("$ echo new > x.svg"))
        refresher = refreshing.Refresher(self.folder, dict(os.environ), beside=beside)
        refresher.run(page)
        fresh = refresher.refreshed(page)
        self.assertEqual(fresh, page.replace("\nb\n\n$", "\na\nb\nc\n$"))
        self.assertEqual(refresher.drawn, ["x.svg"])
        snippets.Runner(self.folder, dict(os.environ), beside=beside).run(fresh)

    def test_what_was_left_out_stays_left_out(self):
        printed = ["head 2", "x", "y", "sum 45 ms by hand", "z", "tail"]
        self.assertEqual(refreshing.abridged(["head 1", "...", "sum 44 ms by hand", "..."], printed),
                         ["head 2", "...", "sum 45 ms by hand", "..."])
        self.assertEqual(refreshing.abridged(["...", "toil"], printed), ["...", "tail"])
        self.assertEqual(refreshing.abridged(["h...", "...", "toil"], printed), ["h...", "...", "tail"])
        self.assertEqual(refreshing.abridged(["one", "two"], printed), printed)

    def test_the_pages_have_something_to_run(self):
        for name, least, pictures in (("TUTORIAL.md", 20, 0), ("ANALYSIS.md", 20, 4)):
            page = (DOCS / name).read_text(encoding="utf-8")
            blocks = snippets.blocks_of(page)
            commands = [command for block in blocks if block.kind == "console" for command in snippets.commands_of(block)]
            with self.subTest(page=name):
                self.assertGreaterEqual(len(commands), least)
                self.assertGreaterEqual(len(snippets.pictures_of(page)), pictures)

    def test_most_of_the_tutorial_is_run(self):
        blocks = snippets.blocks_of((DOCS / "TUTORIAL.md").read_text(encoding="utf-8"))
        self.assertLessEqual(sum(block.kind in ("sh", "text") for block in blocks), 4)


if __name__ == "__main__":
    unittest.main()
