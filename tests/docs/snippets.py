# SPDX-License-Identifier: Apache-2.0
"""Runs a Markdown page: its files are written, its commands typed, and what they print is compared with what it says.

    ```toml robot.toml     a file of that name is written into the page's folder; so with csv, cpp, cmake and python
    ```console             "$ " begins a command (a backslash at its end goes on), the lines below are what it prints

In what is expected, "..." stands for anything within a line, blanks around it included, and alone on a line for any
number of lines. An HTML comment above a block says what the page cannot promise:

    <!-- measured -->            numbers, units and the width of columns depend on the machine: any will do
    <!-- exit: 0 or 1 -->        commands of the block may end with either
    <!-- attempts: 3 -->         commands of the block may need so many: a machine can be too busy to be measured
    <!-- needs: onnxruntime -->  above a heading: that section is run only where this is there

A picture that the page shows, ![...](pictures/x.svg), is drawn by a command of the page under the same path, and is the
same to the byte as the one that lies beside the page.

A page must not be able to pass by saying nothing: a block of an unknown kind, a file that no command of a later block
names, and a command that ends with another code than 0 without asking for it (`echo $?`) are failures.
"""

import dataclasses
import pathlib
import re
import subprocess

FILES = ("toml", "csv", "cpp", "cmake", "python")
TIMEOUT_S = 120


class Failure(Exception):
    """The page says one thing, and another is true. The message names the page's line."""


@dataclasses.dataclass
class Block:
    line: int
    kind: str
    name: str
    text: list
    marks: list   # the HTML comments directly above
    needs: str = ""


@dataclasses.dataclass
class Command:
    line: int
    text: str
    expected: list


def blocks_of(page):
    """The page's fenced blocks in order."""
    blocks, marks, needs, inside = [], [], "", None
    for number, line in enumerate(page.splitlines(), 1):
        if inside is not None:
            if line == "```":
                blocks.append(inside)
                inside, marks = None, []
            else:
                inside.text.append(line)
        elif match := re.fullmatch(r"```(\w*) ?(\S*)", line):
            inside = Block(number, match.group(1), match.group(2), [], marks, needs)
        elif match := re.fullmatch(r"<!-- (.*) -->", line):
            marks = marks + [match.group(1)]
        elif line.startswith("## "):
            needs = next((mark[len("needs: "):] for mark in marks if mark.startswith("needs: ")), "")
            marks = []
        elif line.strip():
            marks = []
    if inside is not None:
        raise Failure(f"line {inside.line}: the block does not end")
    return blocks


def pictures_of(page):
    """The drawings that the page shows, each with its line."""
    return [(number, target) for number, line in enumerate(page.splitlines(), 1)
            for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+\.svg)\)", line)]


def mark_of(block, name, default):
    """What a comment above the block says: `<!-- name: value -->`."""
    return next((mark[len(name) + 2:] for mark in block.marks if mark.startswith(f"{name}: ")), default)


def commands_of(block):
    commands = []
    for number, line in enumerate(block.text, block.line + 1):
        if commands and commands[-1].text.endswith("\\") and not commands[-1].expected:
            commands[-1].text += "\n" + line
        elif line.startswith("$ "):
            commands.append(Command(number, line[2:], []))
        elif commands:
            commands[-1].expected.append(line)
        else:
            raise Failure(f"line {number}: a console block begins with a command")
    return commands


def normal(line):
    """A line less what depends on the machine: each number with its unit becomes #, runs of blanks and rules one."""
    line = re.sub(r"(?<!\w)[-+]?\d+(\.\d+)?( ?%| ?(ns|us|ms|s|min|[kKMG]i?B)\b)?", "#", line)
    return re.sub(r"─+", "─", re.sub(r"\s+", " ", line)).strip()


def line_matches(expected, printed):
    return re.fullmatch(".*".join(re.escape(part) for part in re.split(r" *\.\.\. *", expected)), printed) is not None


def matches(expected, printed):
    """Whether the lines printed are those expected, where "..." alone is any number of lines."""
    if not expected:
        return not printed
    if expected[0].strip() == "...":
        return any(matches(expected[1:], printed[skip:]) for skip in range(len(printed) + 1))
    return bool(printed) and line_matches(expected[0], printed[0]) and matches(expected[1:], printed[1:])


def trimmed(lines):
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


class Runner:
    """Runs the blocks of one page in order, in one folder, as one reader would. `beside`: where the page and its pictures
    lie."""

    def __init__(self, folder, environment, has=(), beside="."):
        self.folder, self.environment, self.has = pathlib.Path(folder), environment, set(has)
        self.beside = pathlib.Path(beside)
        self.last_code, self.unused, self.ran = 0, {}, 0

    def run(self, page):
        for block in blocks_of(page):
            if block.needs and block.needs not in self.has:
                continue
            self.run_block(block)
        if self.unused:
            name, line = next(iter(self.unused.items()))
            raise Failure(f"line {line}: no command of the page uses {name}")
        if self.ran == 0:
            raise Failure("line 1: the page holds no command")
        for line, target in pictures_of(page):
            self.compare_picture(line, target)
        return self.ran

    def compare_picture(self, line, target):
        if not (self.folder / target).is_file():
            raise Failure(f"line {line}: no command of the page draws {target}")
        kept = self.beside / target
        if not kept.is_file() or kept.read_bytes() != (self.folder / target).read_bytes():
            self.picture_differs(line, target)

    def picture_differs(self, line, target):
        raise Failure(f"line {line}: {target} is not what the page's command draws")

    def run_block(self, block):
        if block.kind in FILES and block.name:
            (self.folder / block.name).write_text("\n".join(block.text) + "\n")
            self.unused[block.name] = block.line
        elif block.kind == "console":
            commands = commands_of(block)
            for command, following in zip(commands, [*commands[1:], None]):
                self.try_command(block, command, asked=following is not None and "$?" in following.text)
        elif block.kind not in ("text", "sh"):
            raise Failure(f"line {block.line}: nobody knows what to do with a block of {block.kind or 'nothing'}"
                          f"{'' if block.kind not in FILES else ' without the name of its file'}")

    def try_command(self, block, command, asked):
        for left in reversed(range(int(mark_of(block, "attempts", "1")))):
            try:
                return self.run_command(block, command, asked)
            except Failure:
                if left == 0:
                    raise

    def run_command(self, block, command, asked):
        for name in [name for name in self.unused if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", command.text)
                     or (name == "CMakeLists.txt" and command.text.startswith("cmake "))]:
            del self.unused[name]
        # A shell of its own for each command; the code of the one before stays, for `echo $?`.
        ended = subprocess.run(["bash", "-c", f"(exit {self.last_code})\n{command.text}"], cwd=self.folder, text=True,
                               env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
        self.last_code, self.ran = ended.returncode, self.ran + 1
        if str(ended.returncode) not in re.findall(r"\d+", mark_of(block, "exit", "0")) and not asked:
            raise Failure(f"line {command.line}: $ {command.text}\nended with {ended.returncode}, and the page does not say "
                          f"so\nprinted:\n{ended.stdout}")
        expected, printed = trimmed(command.expected), trimmed(ended.stdout.splitlines())
        if "measured" in block.marks:
            expected = [line if line.strip() == "..." else normal(line) for line in expected]
            printed = [normal(line) for line in printed]
        if not matches(expected, printed):
            self.output_differs(command, expected, printed, trimmed(ended.stdout.splitlines()))

    def output_differs(self, command, expected, printed, as_printed):
        raise Failure(f"line {command.line}: $ {command.text}\nexpected:\n" + "\n".join(expected) + "\nprinted:\n" +
                      "\n".join(printed))
