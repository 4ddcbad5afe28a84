# SPDX-License-Identifier: Apache-2.0
"""Writes into a page what its commands print today, and draws its pictures again. What is said around them is left to a
person, who reads the difference before it is kept."""

import difflib
import shutil

import snippets


def groups_of(expected):
    """The runs of lines between those that are "..." alone."""
    groups = [[]]
    for line in expected:
        if line.strip() == "...":
            groups.append([])
        else:
            groups[-1].append(line)
    return groups


def most_like(wanted, lines, begin):
    """Where, from `begin` on, the lines are most like those wanted."""
    last = max(begin, len(lines) - len(wanted))
    text = "\n".join(wanted)
    return max(range(begin, last + 1), key=lambda at: difflib.SequenceMatcher(
        None, text, "\n".join(lines[at:at + len(wanted)]), autojunk=False).ratio())


def abridged(expected, printed):
    """What was printed, left out of it about what was left out before."""
    groups = groups_of(expected)
    kept, at = [], 0
    for number, group in enumerate(groups):
        if number > 0:
            kept.append("...")
        if len(groups) == 1:
            new, at = printed, len(printed)
        elif number == len(groups) - 1:
            at = max(at, len(printed) - len(group))
            new = printed[at:] if group else []
        else:
            at = 0 if number == 0 else most_like(group, printed, at)
            new = printed[at:at + len(group)]
            at += len(group)
        same_length = len(new) == len(group)
        kept += [old if same_length and snippets.line_matches(old, line) else line
                 for old, line in zip(group if same_length else new, new)]
    return kept if snippets.matches(kept, printed) else printed


class Refresher(snippets.Runner):
    """Runs a page and remembers what is printed where it says otherwise."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.changes, self.drawn = [], []

    def output_differs(self, command, expected, printed, as_printed):
        first = command.line + command.text.count("\n")  # of the lines below, counted from 0
        self.changes.append((first, len(command.expected), abridged(command.expected, as_printed)))

    def picture_differs(self, line, target):
        (self.beside / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.folder / target, self.beside / target)
        self.drawn.append(target)

    def refreshed(self, page):
        lines = page.splitlines()
        for first, length, new in reversed(self.changes):
            lines[first:first + length] = new
        return "\n".join(lines) + "\n"
