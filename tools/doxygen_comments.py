#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Doxygen's input filter: the house's plain // comments, as Doxygen wants them. Line for line, so that positions stay.

    // above a declaration                 becomes  /// \\verbatim above a declaration \\endverbatim
    int n;  // after one                   becomes  int n;  ///< \\verbatim after one \\endverbatim

A block counts as "above" when code follows it without an empty line. The text is passed verbatim: formulas, drawings and
<angle brackets> reach the XML as they were written. Licence lines, namespace ends and NOLINT remarks are nobody's
documentation.
"""

import re
import sys

COMMENT_LINE = re.compile(r"^(\s*)//(?!/)\s?(.*?)\s*$")
TRAILING = re.compile(r"^(\s*[^\s/].*?[;,{})\w])(\s+)//(?!/)\s?(.*?)\s*$")
REMARK = re.compile(r"^(NOLINT\w*(\(.*?\))?|SPDX-License-Identifier.*|clang-format (on|off))$")
NOBODYS = re.compile(r"^\s*(#|public:|private:|protected:|namespace\b|}\s*(;|//.*)?\s*$)")


def comment_text(line):
    """The text of a line that holds nothing but a comment, or None."""
    match = COMMENT_LINE.match(line)
    return None if match is None else match.group(2)


def is_remark(text):
    return REMARK.match(text.strip()) is not None


def trailing_comment(line):
    """(code, column, text) of a line of code that ends in a comment, or None. A // inside a string is code."""
    match = TRAILING.match(line)
    if match is None or match.group(1).count('"') % 2 == 1 or NOBODYS.match(line) or is_remark(match.group(3)):
        return None
    return match.group(1), match.end(2), match.group(3)


def continues_trailing(line, column):
    """Whether a comment line goes on with the comment after the code above, that is, stands below it."""
    match = COMMENT_LINE.match(line)
    return match is not None and len(match.group(1)) == column and column > 0


def marked(prefixes, texts):
    """The comment's lines with Doxygen's marks, its text protected from Doxygen's own markup."""
    lines = [f"{prefix} {text}".rstrip() for prefix, text in zip(prefixes, texts)]
    first_prefix = prefixes[0]
    lines[0] = f"{first_prefix} \\verbatim {texts[0]}".rstrip()
    lines[-1] += " \\endverbatim"
    return lines


def convert(lines):
    out, at = [], 0
    while at < len(lines):
        trailing = trailing_comment(lines[at])
        if trailing:
            code, column, _ = trailing
            end = at + 1
            while end < len(lines) and continues_trailing(lines[end], column):
                end += 1
            texts = [trailing[2]] + [comment_text(line) for line in lines[at + 1:end]]
            prefixes = [f"{code}  ///<"] + [" " * column + "///<"] * (end - at - 1)
            out += marked(prefixes, texts)
            at = end
        elif comment_text(lines[at]) is not None:
            end = at
            while end < len(lines) and comment_text(lines[end]) is not None:
                end += 1
            out += above(lines[at:end], lines[end] if end < len(lines) else "")
            at = end
        else:
            out.append(lines[at])
            at += 1
    return out


def above(block, code):
    """A block of comment lines and the line below it. Remarks become empty lines, which Doxygen overlooks."""
    if not code.strip() or NOBODYS.match(code):
        return block
    said = [index for index, line in enumerate(block) if not is_remark(comment_text(line))]
    if not said:
        return block
    texts = [comment_text(block[index]) for index in said]
    prefixes = [COMMENT_LINE.match(block[index]).group(1) + "///" for index in said]
    out = [""] * len(block)
    for index, line in zip(said, marked(prefixes, texts)):
        out[index] = line
    return out


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        print("\n".join(convert(source.read().splitlines())))
