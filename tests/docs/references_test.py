#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the documentation points at is there: links, files it names, and the code of CONTRIBUTING's first change."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOP = {"app", "src", "tests", "benchmarks", "examples", "models", "docs", "cmake", "tools"}
LAYERS = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
PATTERN = re.compile(r"[*<>$()\s]|\.\.\.|…")  # not one file


def pages():
    return [*ROOT.glob("*.md"), *(page for folder in sorted(TOP) for page in (ROOT / folder).rglob("*.md"))]


def named_files(page):
    """What stands in `code` outside of blocks and could be one file of ours."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    words = re.findall(r"`([^`\n]+)`", text)
    return [word for word in words if "/" in word and word.partition("/")[0] in TOP | LAYERS and not PATTERN.search(word)]


def exists(name):
    """A file by its path from the root, from src/, as it is included, or below a layer's folder."""
    layer, _, rest = name.partition("/")
    places = [ROOT / name, ROOT / "src" / name, ROOT / "src" / layer / "include/aegis" / name, ROOT / "docs" / name]
    return any(path.exists() for path in places) or (layer in LAYERS and any((ROOT / "src" / layer).rglob(rest)))


class References(unittest.TestCase):
    def test_relative_links_lead_somewhere(self):
        for page in pages():
            for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
                if re.match(r"[a-z]+:|#", target) or "](" in target or "/" not in target and "." not in target:
                    continue
                with self.subTest(page=str(page.relative_to(ROOT)), target=target):
                    self.assertTrue((page.parent / target.split("#")[0]).exists())

    def test_links_within_the_reference_lead_to_a_heading(self):
        page = (ROOT / "docs/API.md").read_text(encoding="utf-8")
        anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", page, re.M)}
        links = re.findall(r"\]\(#([^)]+)\)", page)
        self.assertGreater(len(links), 90)
        self.assertEqual([link for link in links if link not in anchors], [])

    def test_every_picture_is_shown_by_a_page(self):
        shown = {(page.parent / target).resolve() for page in pages()
                 for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))}
        pictures = {picture.resolve() for picture in (ROOT / "docs").rglob("*.svg")}
        self.assertGreater(len(pictures), 4)
        self.assertEqual(pictures - shown, set())

    def test_links_within_the_analyses_lead_to_a_heading(self):
        page = (ROOT / "docs/ANALYSIS.md").read_text(encoding="utf-8")
        anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", page, re.M)}
        links = re.findall(r"\]\(#([^)]+)\)", page)
        self.assertGreaterEqual(len(links), 13)
        self.assertEqual([link for link in links if link not in anchors], [])

    def test_files_that_are_named_exist(self):
        named = 0
        for name in ("CONTRIBUTING.md", "docs/ANALYSIS.md", "docs/ARCHITECTURE.md"):
            for word in named_files(ROOT / name):
                named += 1
                with self.subTest(page=name, file=word):
                    self.assertTrue(exists(word))
        self.assertGreater(named, 60)

    def test_the_first_change_still_applies(self):
        guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
        blocks = ["".join(line[4:] for line in block.splitlines(keepends=True))
                  for block in re.findall(r"(?:^    .*\n)+", guide, re.M)]
        old = next(block for block in blocks if block.startswith("return text"))
        source = (ROOT / "src/theory/answers.cc").read_text()
        self.assertIn("".join("  " + line for line in old.splitlines(keepends=True)), source)
        expected = re.search(r"that test expects `(.*?)`", guide).group(1)
        self.assertIn(expected, (ROOT / "src/theory/np_edf_demand_test.cc").read_text())


if __name__ == "__main__":
    unittest.main()
