#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/api_reference.py finds a public symbol without a comment, lets pass what says it all, and renders what is there."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/api_reference.py"

# What lacks a comment here is FOUND, below.
HEADER = """// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace aegis {

// Lengths of all kinds.

// A length, where a < b * c.
//
//  1. It is never negative,
//     whatever is taken from it.
//  2. It has no unit.
//
//   A. Author, "On lengths";
//
// Made so:
//
//   Length l = Length::of(3);
class Length {
 public:
  Length() = default;
  explicit Length(int metres)
      : metres_(metres) {}
  // Of so many metres.
  static Length of(int metres);
  static Length half(int metres);

  int metres() const { return metres_; }
  bool operator==(const Length&) const = default;
  void grow(int by);
  void shrink(int by);  // never below zero

 private:
  void hidden();
  int metres_ = 0;
};

struct Bare {
  int x = 0;
};

enum class Unit { kMetre, kFoot };

enum class Colour {
  kRed,   // danger
  kBlue,  // ice
};

enum class Shape {
  kRound,  // as a ball
  kSquare,
};

// Both are what their names say.
Length sum(Length a, Length b);
Length difference(Length a, Length b);

Length product(Length a, Length b);

inline constexpr int kLimit = 7;  // one for each day

// A remark that belongs to nobody.

using Lengths = Length*;

}  // namespace aegis
"""
FOUND = ["explicit Length(int metres)", "void grow(int by);", "struct Bare {", "enum class Unit", "enum class Shape",
         "Length product(", "using Lengths"]


class ApiReference(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="aegisrt_api_test_"))
        self.addCleanup(shutil.rmtree, self.root)
        self.write("cmake/AegisLayer.cmake", "set(AEGIS_LADDER base theory)\n")
        self.write("src/base/README.md", "# base\n\nLengths and their sums. Uses nothing.\n")
        self.write("docs/API.md", "")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def header(self, text):
        self.write("src/base/include/aegis/base/length.h", text)

    def run_tool(self, *arguments):
        return subprocess.run([sys.executable, TOOL, "--root", self.root, *arguments], capture_output=True, text=True)

    def findings(self):
        """Line numbers of what lacks a comment."""
        ended = self.run_tool("--check")
        self.assertEqual(ended.stderr, "")
        found = [line for line in ended.stdout.splitlines() if "has no comment" in line]
        self.assertTrue(all(line.startswith("src/base/include/aegis/base/length.h:") for line in found), found)
        return [int(line.split(":")[1]) for line in found]

    def page(self):
        self.assertEqual(self.run_tool().returncode, 0)
        return (self.root / "docs/API.md").read_text()

    def test_finds_what_lacks_a_comment_and_nothing_else(self):
        self.header(HEADER)
        lines = HEADER.splitlines()
        self.assertEqual([lines[number - 1].strip() for number in self.findings()],
                         [next(line.strip() for line in lines if text in line) for text in FOUND])

    def test_a_header_without_a_gap_passes(self):
        self.header("#pragma once\nnamespace aegis {\n// Ends.\nvoid end();\n}\n")
        self.page()
        self.assertEqual(self.run_tool("--check").returncode, 0)

    def test_a_stale_page_is_found(self):
        self.header("#pragma once\nnamespace aegis {\n// Ends.\nvoid end();\n}\n")
        self.page()
        self.header("#pragma once\nnamespace aegis {\n// Ends everything.\nvoid end();\n}\n")
        ended = self.run_tool("--check")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("docs/API.md", ended.stdout)

    def test_the_page_holds_text_signatures_and_nothing_private(self):
        self.header(HEADER)
        page = self.page()
        for text in ("Lengths and their sums.", "### aegis/base/length.h\n\nLengths of all kinds.\n\n#### ", "#### `class Length`", r"A length, where a \< b \* c.",
                     "```cpp\nLength l = Length::of(3);\n```",
                     "\n 1. It is never negative,\n    whatever is taken from it.\n 2. It has no unit.\n",
                     '```text\nA. Author, "On lengths";\n```', "  int metres() const;", "  explicit Length(int metres);\n", "  void shrink(int by);  // never below zero",
                     "#### `sum`, `difference`", "inline constexpr int kLimit = 7;  // one for each day"):
            self.assertIn(text, page)
        for text in ("hidden", "metres_", "return", "SPDX-License-Identifier: Apache-2.0\n#pragma", "belongs to nobody"):
            self.assertNotIn(text, page)

    def test_two_runs_agree(self):
        self.header(HEADER)
        self.assertEqual(self.page(), self.page())


if __name__ == "__main__":
    if shutil.which("doxygen") is None:
        print("skipped: doxygen is not installed (tools/bootstrap.sh docs)")
        sys.exit(77)
    unittest.main()
